//! `Call`: what a stream needs to know about its request.

use std::fmt;
use std::sync::Arc;

use axum::extract::MatchedPath;
use axum::http::header::{ACCEPT, CACHE_CONTROL};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, Method};

use tokio::time::Instant;

use super::accept::Accept;
use super::response_head::OwnHead;
use super::shared::Shared;
use crate::event::{Form, Offer};
use crate::info::Info;
use crate::observe::{RouteStats, StreamSpan};
use crate::replay::{self, LastEventId, Run};
use crate::trace::RequestContext;

/// A request extension, through which the streams of a router find what they share.
#[derive(Clone, Debug)]
pub(crate) struct AppStreams {
    pub(crate) shared: Arc<Shared>,
    /// Of a request that bolt's server has read; it adds the id to the response.
    pub(crate) request: Option<RequestContext>,
}

/// What a stream needs to know about its request.
pub struct Call {
    /// Of the app that the route belongs to.
    pub(super) shared: Arc<Shared>,
    /// The template of the route; none for a fallback handler.
    route: Option<MatchedPath>,
    method: &'static str,
    pub(super) request: RequestContext,
    /// Whether bolt's server has entered the request, and adds its id to the response.
    pub(super) entered: bool,
    pub(super) asked_at: Instant,
    pub(super) accept: Accept,
    /// A HEAD request: only the head is sent, and the generator never runs.
    pub(super) head_only: bool,
    /// The client is an EventSource, which reconnects after every end, if it is sent events.
    event_source: bool,
    /// It says so, and is not known by the id alone that it brings back.
    no_cache: bool,
    /// The client returns with the id that marks the stream as finished.
    pub(super) finished: bool,
    /// The last event that a returning client has received.
    pub(super) last: Option<LastEventId>,
    /// Of a function whose items are numbered.
    pub(super) run: Option<Run>,
    /// Of a function that sets headers itself.
    pub(super) own_head: Option<OwnHead>,
}

/// What was decided about a request that gets a stream.
pub(super) struct Chosen {
    /// The form to send.
    pub(super) offer: &'static Offer,
    /// The client is an EventSource, which reconnects after every end.
    pub(super) event_source: bool,
    /// The counters of its route.
    pub(super) stats: Arc<RouteStats>,
    pub(super) span: StreamSpan,
}

impl Call {
    pub(super) fn of(parts: &Parts) -> Self {
        let (shared, request) = match parts.extensions.get::<AppStreams>() {
            Some(AppStreams { shared, request }) => (Arc::clone(shared), request.clone()),
            None => (Shared::without_app(), None),
        };
        let (finished, last) = replay::returning(parts);
        Self {
            entered: request.is_some(),
            request: request.unwrap_or_else(|| shared.request_context(&parts.headers)),
            asked_at: Instant::now(),
            shared,
            route: parts.extensions.get::<MatchedPath>().cloned(),
            method: name_of(&parts.method),
            accept: Accept::read(&parts.headers),
            head_only: parts.method == Method::HEAD,
            event_source: parts.method == Method::GET && is_event_source(&parts.headers),
            no_cache: says(&parts.headers, CACHE_CONTROL, "no-cache"),
            finished,
            last,
            run: None,
            own_head: None,
        }
    }

    /// Numbers the items of this call.
    #[must_use]
    pub fn numbered(mut self) -> (Self, Run) {
        let run = Run::new();
        self.run = Some(run.clone());
        (self, run)
    }

    /// The context of a request whose id bolt's server does not add to the response.
    pub(super) fn unidentified(&self) -> Option<RequestContext> {
        (!self.entered).then(|| self.request.clone())
    }

    /// Whether the client is an EventSource, when this is what it is sent.
    pub(super) fn is_event_source(&self, offer: &Offer) -> bool {
        self.event_source && offer.form == Form::Events
    }

    /// Whether a client of events is told that its stream is cut off. An EventSource is not: its page would take that for
    /// a failure. Code that reads by hand is, for which a clean end would be the end; it too may bring back an id.
    pub(super) fn is_told_of_cuts(&self) -> bool {
        !(self.event_source && self.no_cache)
    }

    /// The counters of the route.
    pub(super) fn stats(&self, info: &Info) -> Arc<RouteStats> {
        let route = self.route.as_ref().map_or(info.name, MatchedPath::as_str);
        self.shared.stats.of(route, self.method, info.blocking)
    }
}

/// The name of a known method. Clients may send any other word, which must not become a label.
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
/// It asks for the media type by name, and says `cache-control: no-cache`, which the Fetch Standard adds to a request with
/// an EventSource's cache mode. Some libraries leave that out, and are known by the id that they bring back. What has a
/// `sec-fetch-mode` as well but no `no-cache` is a `fetch` (of a browser, of Node.js, of Deno), which does not reconnect by
/// itself: to code around it a clean end is the whole answer.
fn is_event_source(headers: &HeaderMap) -> bool {
    let returns = || headers.contains_key(replay::HEADER) && !headers.contains_key(SEC_FETCH_MODE);
    says(headers, ACCEPT, "text/event-stream")
        && (says(headers, CACHE_CONTROL, "no-cache") || returns())
}

fn says(headers: &HeaderMap, name: HeaderName, what: &str) -> bool {
    headers
        .get_all(name)
        .iter()
        .flat_map(|value| value.as_bytes().windows(what.len()))
        .any(|part| part.eq_ignore_ascii_case(what.as_bytes()))
}

impl fmt::Debug for Call {
    // Kept short, since `#[tracing::instrument]` records it as a field.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Call")
    }
}
