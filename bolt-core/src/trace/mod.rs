//! How one request is told from all others: its id, and the trace that it is part of.

mod context;
mod current;
mod id;
mod parent;

pub(crate) use context::RequestContext;
pub(crate) use current::{current, enter, within};
pub(crate) use id::RequestId;
