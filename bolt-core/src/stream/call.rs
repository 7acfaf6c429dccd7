//! `Call`: what a stream must know of the request that asks for it.

use std::convert::Infallible;
use std::fmt;
use std::sync::Arc;

use axum::extract::{FromRequestParts, MatchedPath};
use axum::http::header::{ACCEPT, CACHE_CONTROL};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, Method};

use tokio::time::Instant;

use super::accept::negotiate;
use super::info::Info;
use super::shared::Shared;
use crate::event::{Form, Offer};
use crate::observe::{RouteStats, StreamSpan};
use crate::replay::{self, LastEventId, Run};
use crate::trace::RequestContext;

/// How the streams of a router find what they share: an extension of each request.
#[derive(Clone, Debug)]
pub(crate) struct AppStreams(pub(crate) Arc<Shared>);

/// Taken from the request in front of the user's own extractors.
#[derive(Clone)]
pub struct Call {
    /// Of the app that the route belongs to.
    pub(super) shared: Arc<Shared>,
    /// The template of the route; none of a handler that is a fallback.
    route: Option<MatchedPath>,
    method: &'static str,
    pub(super) request: RequestContext,
    pub(super) asked_at: Instant,
    /// What the client is to be sent; none when it accepts nothing that a stream can be.
    pub(super) offer: Option<&'static Offer>,
    /// A HEAD request: the head is answered and the generator never runs.
    pub(super) head_only: bool,
    /// The client reads events and is an EventSource, which comes back after every end.
    pub(super) event_source: bool,
    /// The client has seen this stream end, and its EventSource reconnected as it must.
    pub(super) finished: bool,
    /// The last event that a returning client has had.
    pub(super) last: Option<LastEventId>,
    /// Of a function whose items are numbered.
    pub(super) run: Option<Run>,
}

/// What a request has come to, when there is to be a stream.
pub(super) struct Chosen {
    /// What is to be sent.
    pub(super) offer: &'static Offer,
    /// Where it is counted.
    pub(super) stats: Arc<RouteStats>,
    pub(super) span: StreamSpan,
}

impl Call {
    /// Numbers the items of this call.
    #[must_use]
    pub fn numbered(mut self) -> (Self, Run) {
        let run = Run::new();
        self.run = Some(run.clone());
        (self, run)
    }

    /// Where this is counted.
    pub(super) fn stats(&self, info: Info) -> Arc<RouteStats> {
        let route = self.route.as_ref().map_or(info.name, MatchedPath::as_str);
        self.shared.stats.of(route, self.method, info.blocking)
    }
}

impl<S: Sync> FromRequestParts<S> for Call {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Infallible> {
        let offer = negotiate(&parts.headers);
        let events = offer.is_some_and(|offer| offer.form == Form::Events);
        let reads = parts.method == Method::GET || parts.method == Method::HEAD;
        let shared = parts.extensions.get::<AppStreams>().map(|streams| Arc::clone(&streams.0));
        let shared = shared.unwrap_or_else(Shared::without_app);
        // Of a request to bolt's own server it is known already.
        let request_context = parts.extensions.get::<RequestContext>().cloned();
        Ok(Self {
            request: request_context.unwrap_or_else(|| shared.request_context(&parts.headers)),
            asked_at: Instant::now(),
            shared,
            route: parts.extensions.get::<MatchedPath>().cloned(),
            method: name_of(&parts.method),
            offer,
            head_only: parts.method == Method::HEAD,
            event_source: events && parts.method == Method::GET && is_event_source(&parts.headers),
            finished: events && reads && replay::is_terminal(parts),
            last: replay::last_event_id(parts),
            run: None,
        })
    }
}

/// The name of a method that there is; a client may send any other word too.
fn name_of(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        Method::CONNECT => "CONNECT",
        Method::TRACE => "TRACE",
        _ => "other",
    }
}

const SEC_FETCH_MODE: HeaderName = HeaderName::from_static("sec-fetch-mode");

/// Whether a GET comes from an EventSource, of a browser or of a library that follows the standard.
///
/// It asks for the media type by name, and has one of these marks: a browser's `sec-fetch-mode`, which is
/// not sent to plain `http` hosts; the `cache-control: no-cache` that the Fetch Standard adds to a request
/// with an EventSource's cache mode; an id that it was given before.
fn is_event_source(headers: &HeaderMap) -> bool {
    let says = |name, what: &str| {
        headers
            .get_all(name)
            .iter()
            .flat_map(|value| value.as_bytes().windows(what.len()))
            .any(|part| part.eq_ignore_ascii_case(what.as_bytes()))
    };
    says(ACCEPT, "text/event-stream")
        && (headers.contains_key(SEC_FETCH_MODE)
            || headers.contains_key(replay::HEADER)
            || says(CACHE_CONTROL, "no-cache"))
}

impl fmt::Debug for Call {
    // In the fields of `#[tracing::instrument]` it says nothing to anybody.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Call")
    }
}
