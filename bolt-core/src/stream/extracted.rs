//! `Extracted`: what a stream's function gets of its request.

use std::fmt;

use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::response::{IntoResponse, Response};

use super::call::Call;
use super::rejection::as_problem;
use super::response_head::collect;

/// What the extractors of a function have made of a request: all of them in one, so that it is known what belongs to
/// whom when one rejects the request or asks for the [`ResponseHead`](super::ResponseHead).
pub struct Extracted<First, Last> {
    /// What bolt needs to know of the request.
    pub call: Call,
    /// A tuple of all but the last.
    pub first: First,
    /// The one that may take the body; `()` where there is none at all.
    pub last: Last,
}

impl<S, M, First, Last> FromRequest<S, (M,)> for Extracted<First, Last>
where
    S: Send + Sync,
    M: 'static,
    First: FromRequestParts<S> + Send,
    Last: FromRequest<S, M> + Send,
{
    type Rejection = Response;

    async fn from_request(request: Request, state: &S) -> Result<Self, Response> {
        let (mut parts, body) = request.into_parts();
        let mut call = Call::of(&parts);
        let extract = async move {
            let first = First::from_request_parts(&mut parts, state).await;
            let first = first.map_err(IntoResponse::into_response)?;
            let last = Last::from_request(Request::from_parts(parts, body), state).await;
            Ok((first, last.map_err(IntoResponse::into_response)?))
        };
        let (extracted, head) = collect(extract).await;
        match extracted {
            Ok((first, last)) => {
                call.own_head = head;
                Ok(Self { call, first, last })
            }
            Err(rejection) if call.shared.problems.keeps_rejections => Err(rejection),
            Err(rejection) => Err(as_problem(rejection).await),
        }
    }
}

impl<First, Last> fmt::Debug for Extracted<First, Last> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Extracted")
    }
}
