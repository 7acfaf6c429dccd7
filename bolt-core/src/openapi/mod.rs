//! The OpenAPI document: what each stream takes and gives, in the terms of OpenAPI 3.2.
//!
//! Streams describe themselves: [`App::openapi`](crate::App::openapi) has all that were mounted. An extractor of
//! your own says what it asks of a request by [`OperationInput`].

#[doc(hidden)]
pub mod about;
mod alike;
mod check;
mod document;
mod given;
mod ids;
mod input;
mod item;
mod mend;
mod named;
mod operation;
mod parameters;
mod path_tuple;
mod paths;
#[doc(hidden)]
pub mod probes;
mod refusals;
mod responses;
mod schema;
mod security;

mod type_name;
mod walk;
mod wrapping;

pub use input::OperationInput;
pub use operation::Operation;
pub use security::Security;

pub(crate) use document::{Described, Document};
pub(crate) use item::Item;
pub(crate) use paths::below;
pub(crate) use schema::{Documented, Schemas};
