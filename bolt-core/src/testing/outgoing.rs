//! `Outgoing`: a request as it is sent, which all that comes of it keeps.

use std::fmt;

use axum::body::Body;
use axum::http::header::HOST;
use axum::http::{HeaderMap, HeaderName, Method, Request, Uri, response};
use bytes::Bytes;

use super::exchange::Exchange;
use super::link::Link;
use super::stream_body::StreamBody;

/// The header of a client that comes back.
pub(super) const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");

#[derive(Clone, Debug)]
pub(super) struct Outgoing {
    pub(super) link: Link,
    pub(super) method: Method,
    pub(super) target: Uri,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
    /// The body, when it is not known from the beginning.
    pub(super) pieces: Option<StreamBody>,
}

impl Outgoing {
    /// Sends it and waits for the head of the answer.
    ///
    /// # Errors
    /// Why there is no answer, in words.
    pub(super) async fn begin(&self) -> Result<(response::Parts, Exchange), String> {
        let body = match &self.pieces {
            None => Body::from(self.body.clone()),
            Some(pieces) => pieces.take().ok_or("its body is a stream, which can be sent once")?,
        };
        let mut request = Request::new(body);
        request.method_mut().clone_from(&self.method);
        request.uri_mut().clone_from(&self.target);
        request.headers_mut().clone_from(&self.headers);
        if let Ok(host) = self.link.host().parse() {
            request.headers_mut().entry(HOST).or_insert(host);
        }
        self.link.begin(request).await
    }
}

impl fmt::Display for Outgoing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.method, self.target)
    }
}
