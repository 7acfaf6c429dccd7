//! The identity of a request: its id, and the trace that it belongs to.

mod context;
mod current;
mod id;
mod parent;

pub(crate) use context::RequestContext;
pub(crate) use current::{current, enter, within};
pub(crate) use id::RequestId;
