//! What generated code asks of the types in a function's signature.
//!
//! Each method stands in several traits, and a call takes the first whose bounds hold (see [`Probe`]): those of
//! `&&&Probe`, then of `&&Probe`, `&Probe`, `Probe`. A type that has to have a schema and has none is then one error.

use axum::Json;
use axum::extract::{Form, Path, Query};
use utoipa::{IntoParams, ToSchema};

use super::input::{
    OperationInput, form_fields, form_pairs, path_fields, path_pairs, path_params, query_fields,
    query_pairs, query_params,
};
use super::item::Item;
use super::operation::Operation;
use super::path_tuple::{PathTuple, Tuple};
use super::schema::Documented;
use crate::event::{Event, StreamEvent, StreamItem, Text};
use crate::probe::Probe;

pub use super::wrapping::{BareInput, OptionalInput, UnrefusedInput};

/// The JSON value that may be the answer in place of a stream.
pub fn answer<T: Documented>(operation: &mut Operation) {
    operation.answer = Some(operation.schema::<T>());
}

/// Text is data as it is.
pub trait TextItem {
    fn item(&self, operation: &mut Operation);
}

impl TextItem for &&&Probe<Text> {
    fn item(&self, operation: &mut Operation) {
        operation.item = Some(Item::text());
    }
}

pub trait TextEventItem {
    fn item(&self, operation: &mut Operation);
}

impl TextEventItem for &&&Probe<Event<Text>> {
    fn item(&self, operation: &mut Operation) {
        operation.item = Some(Item::text().with_fields());
    }
}

/// An enum whose variants are events.
pub trait NamedItem<T> {
    fn item(&self, operation: &mut Operation)
    where
        T: Documented;
}

impl<T: StreamEvent> NamedItem<T> for &&&Probe<T> {
    fn item(&self, operation: &mut Operation)
    where
        T: Documented,
    {
        operation.item = Some(Item::named::<T>(&mut operation.schemas));
    }
}

pub trait NamedEventItem<T> {
    fn item(&self, operation: &mut Operation)
    where
        T: Documented;
}

impl<T: StreamEvent> NamedEventItem<T> for &&&Probe<Event<T>> {
    fn item(&self, operation: &mut Operation)
    where
        T: Documented,
    {
        operation.item = Some(Item::named::<T>(&mut operation.schemas).with_fields());
    }
}

/// Any other value in an `Event`.
pub trait EventItem<T> {
    fn item(&self, operation: &mut Operation)
    where
        T: Documented;
}

impl<T> EventItem<T> for &&Probe<Event<T>>
where
    Event<T>: StreamItem,
{
    fn item(&self, operation: &mut Operation)
    where
        T: Documented,
    {
        operation.item = Some(Item::json::<T>(&mut operation.schemas).with_fields());
    }
}

/// A `Result` under the name of an alias is no item; that is told where it is encoded.
pub trait ResultItem {
    fn item(&self, operation: &mut Operation);
}

impl<T, E> ResultItem for &&Probe<Result<T, E>> {
    fn item(&self, _operation: &mut Operation) {}
}

/// Any other value.
pub trait JsonItem<T> {
    fn item(&self, operation: &mut Operation)
    where
        T: Documented;
}

impl<T: StreamItem> JsonItem<T> for &Probe<T> {
    fn item(&self, operation: &mut Operation)
    where
        T: Documented,
    {
        operation.item = Some(Item::json::<T>(&mut operation.schemas));
    }
}

/// What is no item at all: that is told where it is encoded.
pub trait SilentItem {
    fn item(&self, operation: &mut Operation);
}

impl<T> SilentItem for Probe<T> {
    fn item(&self, _operation: &mut Operation) {}
}

/// An extractor that describes itself.
pub trait KnownInput {
    fn input(&self, operation: &mut Operation);
}

impl<E: OperationInput> KnownInput for &&&Probe<E> {
    fn input(&self, operation: &mut Operation) {
        E::describe(operation);
    }
}

/// One whose type is `IntoParams`.
pub trait InputWithParams {
    fn input(&self, operation: &mut Operation);
}

impl<T: IntoParams> InputWithParams for &&Probe<Query<T>> {
    fn input(&self, operation: &mut Operation) {
        query_params::<T>(operation);
    }
}

impl<T: IntoParams> InputWithParams for &&Probe<Path<T>> {
    fn input(&self, operation: &mut Operation) {
        path_params::<T>(operation);
    }
}

/// Several parameters of a path, in their order.
pub trait TupleInput<T> {
    fn input(&self, operation: &mut Operation)
    where
        T: PathTuple;
}

impl<T> TupleInput<T> for &&Probe<Path<T>>
where
    T: Tuple,
{
    fn input(&self, operation: &mut Operation)
    where
        T: PathTuple,
    {
        T::describe(operation);
    }
}

/// Pairs: any parameters, of whatever names.
pub trait PairsInput {
    fn input(&self, operation: &mut Operation);
}

macro_rules! of_pairs {
    ($($extractor:ident => $describe:ident;)*) => {
        $(impl<K, V> PairsInput for &&Probe<$extractor<Vec<(K, V)>>> {
            fn input(&self, operation: &mut Operation) {
                $describe(operation);
            }
        })*
    };
}

of_pairs! {
    Query => query_pairs;
    Path => path_pairs;
    Form => form_pairs;
}

/// One of axum's whose type has to have a schema.
pub trait UnknownInput<T> {
    fn input(&self, operation: &mut Operation)
    where
        T: Documented;
}

macro_rules! with_schema {
    ($($extractor:ident => $describe:path;)*) => {
        $(impl<T> UnknownInput<T> for &Probe<$extractor<T>> {
            fn input(&self, operation: &mut Operation)
            where
                T: Documented,
            {
                $describe(operation);
            }
        })*
    };
}

with_schema! {
    Query => query_fields::<T>;
    Path => path_fields::<T>;
    Form => form_fields::<T>;
    Json => Json::<T>::describe;
}

/// Any other: it may ask for something, but does not say what.
pub trait AnyInput {
    fn input(&self, operation: &mut Operation);
}

impl<E> AnyInput for Probe<E> {
    fn input(&self, _operation: &mut Operation) {}
}

/// A type inside the angle brackets of another.
pub trait KnownArgument {
    fn argument(&self, operation: &mut Operation);
}

impl<T: ToSchema> KnownArgument for &Probe<T> {
    fn argument(&self, operation: &mut Operation) {
        operation.schemas.add_argument::<T>();
    }
}

pub trait AnyArgument {
    fn argument(&self, operation: &mut Operation);
}

impl<T: ?Sized> AnyArgument for Probe<T> {
    fn argument(&self, _operation: &mut Operation) {}
}
