//! What the code made by the macros may name. Not for others: it changes without notice.

use axum::extract::FromRequest;
pub use axum::extract::{FromRef, FromRequestParts};
pub use axum::routing::{MethodFilter, MethodRouter};
pub use serde::Serialize;

pub use crate::event::{Encoders, Event, Form, LastBlock, StreamEvent};
use crate::event::{StreamItem, encode_named, encode_named_event};
pub use crate::info::Info;
pub use crate::openapi::Operation;
pub use crate::openapi::about::About;
pub use crate::openapi::probes::*;
pub use crate::probe::Probe;
use crate::problem::{BoxError, Problem};
pub use crate::replay::Replayed;
pub use crate::replay::describe::*;
pub use crate::stream::{
    BlockingEmitter, Emitter, Extracted, StreamFuture, respond_blocking, respond_generator,
    respond_items, respond_iterator, stopped,
};

/// Items with names of their own.
pub trait NamedEncoder<T> {
    fn encoder(&self) -> Encoders<T>;
}

impl<T: StreamEvent> NamedEncoder<T> for Probe<T> {
    fn encoder(&self) -> Encoders<T> {
        Encoders::new(encode_named)
    }
}

/// The same inside an `Event`.
pub trait NamedEventEncoder<T> {
    fn encoder(&self) -> Encoders<Event<T>>;
}

impl<T: StreamEvent> NamedEventEncoder<T> for Probe<Event<T>> {
    fn encoder(&self) -> Encoders<Event<T>> {
        Encoders::new(encode_named_event)
    }
}

/// A `Result` under the name of an alias, which the attribute cannot see through: it would be sent as data.
pub trait ResultEncoder<T, E> {
    fn encoder(&self) -> Encoders<Result<T, E>>
    where
        Result<T, E>: NoResult;
}

impl<T, E> ResultEncoder<T, E> for Probe<Result<T, E>> {
    fn encoder(&self) -> Encoders<Result<T, E>>
    where
        Result<T, E>: NoResult,
    {
        unreachable!("no `Result` implements `NoResult`")
    }
}

/// Implemented for nothing.
#[diagnostic::on_unimplemented(
    message = "this stream emits a `Result`, which is named as something else",
    label = "an alias of a `Result`",
    note = "help: write `Result<T, E>`, or give the alias the name `Result`; then an `Err` ends the stream"
)]
pub trait NoResult {}

/// All other items.
pub trait ItemEncoder<T> {
    fn encoder(&self) -> Encoders<T>
    where
        T: StreamItem;
}

impl<T> ItemEncoder<T> for &Probe<T> {
    fn encoder(&self) -> Encoders<T>
    where
        T: StreamItem,
    {
        Encoders::new(T::encode)
    }
}

/// Errors that know their problem.
pub trait KnownProblem<E> {
    fn problem(&self) -> fn(E) -> Problem;
}

impl<E: Into<Problem>> KnownProblem<E> for Probe<E> {
    fn problem(&self) -> fn(E) -> Problem {
        Into::into
    }
}

/// All other errors: the server is at fault.
pub trait ServerFault<E> {
    fn problem(&self) -> fn(E) -> Problem
    where
        E: StreamError;
}

impl<E> ServerFault<E> for &Probe<E> {
    fn problem(&self) -> fn(E) -> Problem
    where
        E: StreamError,
    {
        |error| Problem::internal(error)
    }
}

/// What can end a stream as an error.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot end a stream",
    label = "not an error",
    note = "help: implement `std::error::Error` for it, or `From<{Self}> for bolt::Problem` to choose its status"
)]
pub trait StreamError: Into<BoxError> {}

impl<E: Into<BoxError>> StreamError for E {}

/// A declared `Result`, also of an alias with that name such as `io::Result`.
pub trait Fallible {
    type Item;
    type Error;
}

impl<T, E> Fallible for Result<T, E> {
    type Item = T;
    type Error = E;
}

/// The route of a stream, whose last extractor may take the body.
pub fn route<S, M, First, Last>(
    method: MethodFilter,
    handler: fn(Extracted<First, Last>) -> StreamFuture,
) -> MethodRouter<S>
where
    S: Clone + Send + Sync + 'static,
    M: 'static,
    First: FromRequestParts<S> + Send + 'static,
    Last: FromRequest<S, M> + Send + 'static,
{
    axum::routing::on(method, handler)
}

/// For a function, item or stream that cannot fail.
pub fn unfailing<T>(value: T) -> Result<T, Problem> {
    Ok(value)
}

/// For one that returns a `Result`.
pub fn failing<T, E>(problem: fn(E) -> Problem) -> impl Fn(Result<T, E>) -> Result<T, Problem> {
    move |result| result.map_err(problem)
}
