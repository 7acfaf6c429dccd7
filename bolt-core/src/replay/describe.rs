//! What generated code asks of `Replayed<T>`: its encoders, and how it is documented.
//!
//! The traits are looked up as those of other items (see [`Probe`]), in front of them.

use super::gap::Gap;
use super::replayed::{Replayed, encode_replayed_named, encode_replayed_named_event};
use crate::event::{Encoders, Event, StreamEvent, StreamItem, Text};
use crate::openapi::{Documented, Item, Operation, Schemas};
use crate::probe::Probe;

/// Items of a log with names of their own.
pub trait ReplayedNamedEncoder<T> {
    fn encoder(&self) -> Encoders<Replayed<T>>;
}

impl<T: StreamEvent> ReplayedNamedEncoder<T> for Probe<Replayed<T>> {
    fn encoder(&self) -> Encoders<Replayed<T>> {
        Encoders::new(encode_replayed_named)
    }
}

/// The same inside an `Event`.
pub trait ReplayedNamedEventEncoder<T> {
    fn encoder(&self) -> Encoders<Replayed<Event<T>>>;
}

impl<T: StreamEvent> ReplayedNamedEventEncoder<T> for Probe<Replayed<Event<T>>> {
    fn encoder(&self) -> Encoders<Replayed<Event<T>>> {
        Encoders::new(encode_replayed_named_event)
    }
}

/// What is numbered by `ids` and has an id already, under the name of an alias.
pub trait NumberedReplayedEncoder<T> {
    fn encoder(&self) -> Encoders<Replayed<Replayed<T>>>
    where
        Replayed<T>: NoReplayed;
}

impl<T> NumberedReplayedEncoder<T> for Probe<Replayed<Replayed<T>>> {
    fn encoder(&self) -> Encoders<Replayed<Replayed<T>>>
    where
        Replayed<T>: NoReplayed,
    {
        unreachable!("no `Replayed` implements `NoReplayed`")
    }
}

/// Implemented for nothing.
#[diagnostic::on_unimplemented(
    message = "this stream emits a `Replayed`, which has an id already",
    label = "an alias of a `Replayed`",
    note = "help: leave `ids` out: it numbers the events of a function that makes its own"
)]
pub trait NoReplayed {}

/// The names of the events of a log, where they are known before the app runs.
impl<T: StreamEvent> Probe<Replayed<T>> {
    pub const NAMES: &'static [&'static str] = T::NAMES;
}

impl<T: StreamEvent> Probe<Replayed<Event<T>>> {
    pub const NAMES: &'static [&'static str] = T::NAMES;
}

/// Of any other item none is.
pub trait NamesOfReplayed {
    const NAMES: &'static [&'static str] = &[];
}

impl<T> NamesOfReplayed for Probe<T> {}

/// Ends the compilation where a variant has the name by which bolt tells of a gap: no client could tell them apart.
///
/// # Panics
/// When there is such a variant.
#[track_caller]
pub const fn check_names(names: &[&str]) {
    let mut rest = names;
    while let [name, others @ ..] = rest {
        assert!(
            !matches!(name.as_bytes(), b"gap"),
            "a variant is named `gap`, as the event by which clients are told that some are missing\n\
             help: rename it"
        );
        rest = others;
    }
}

fn document(operation: &mut Operation, item: impl FnOnce(&mut Schemas) -> Item) {
    operation.set_item(|schemas| item(schemas).with_gap(schemas.of::<Gap>()));
}

pub trait ReplayedTextItem {
    fn item(&self, operation: &mut Operation);
}

impl ReplayedTextItem for &&&Probe<Replayed<Text>> {
    fn item(&self, operation: &mut Operation) {
        document(operation, |_| Item::text());
    }
}

pub trait ReplayedTextEventItem {
    fn item(&self, operation: &mut Operation);
}

impl ReplayedTextEventItem for &&&Probe<Replayed<Event<Text>>> {
    fn item(&self, operation: &mut Operation) {
        document(operation, |_| Item::text());
    }
}

pub trait ReplayedNamedItem<T> {
    fn item(&self, operation: &mut Operation)
    where
        T: Documented;
}

impl<T: StreamEvent> ReplayedNamedItem<T> for &&&Probe<Replayed<T>> {
    fn item(&self, operation: &mut Operation)
    where
        T: Documented,
    {
        document(operation, Item::named::<T>);
    }
}

pub trait ReplayedNamedEventItem<T> {
    fn item(&self, operation: &mut Operation)
    where
        T: Documented;
}

impl<T: StreamEvent> ReplayedNamedEventItem<T> for &&&Probe<Replayed<Event<T>>> {
    fn item(&self, operation: &mut Operation)
    where
        T: Documented,
    {
        document(operation, Item::named::<T>);
    }
}

/// Any other value in an `Event`.
pub trait ReplayedEventItem<T> {
    fn item(&self, operation: &mut Operation)
    where
        T: Documented;
}

impl<T> ReplayedEventItem<T> for &&&&Probe<Replayed<Event<T>>>
where
    Event<T>: StreamItem,
{
    fn item(&self, operation: &mut Operation)
    where
        T: Documented,
    {
        document(operation, Item::json::<T>);
    }
}

/// Any other value.
pub trait ReplayedJsonItem<T> {
    fn item(&self, operation: &mut Operation)
    where
        T: Documented;
}

impl<T: StreamItem> ReplayedJsonItem<T> for &&Probe<Replayed<T>> {
    fn item(&self, operation: &mut Operation)
    where
        T: Documented,
    {
        document(operation, Item::json::<T>);
    }
}

/// What must not be numbered is told where it is encoded.
pub trait NumberedReplayedItem {
    fn item(&self, operation: &mut Operation);
}

impl<T> NumberedReplayedItem for &&&Probe<Replayed<Replayed<T>>> {
    fn item(&self, _operation: &mut Operation) {}
}
