//! `Call`: what a stream must know of the request that asks for it.

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use axum::http::Method;
use axum::http::request::Parts;

use crate::event::TERMINAL_ID;

/// Taken from the request in front of the user's own extractors.
#[derive(Clone, Copy, Debug)]
pub struct Call {
    /// A HEAD request: the head is answered and the generator never runs.
    pub(super) head_only: bool,
    /// The client has seen this stream end, and its EventSource reconnected as it must.
    pub(super) finished: bool,
}

impl<S: Sync> FromRequestParts<S> for Call {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Infallible> {
        let last_id = parts.headers.get("last-event-id");
        Ok(Self {
            head_only: parts.method == Method::HEAD,
            finished: last_id.is_some_and(|id| id.as_bytes() == TERMINAL_ID.as_bytes()),
        })
    }
}
