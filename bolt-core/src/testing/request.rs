//! `TestRequest`: a request, to be completed and sent.

use std::fmt;
use std::panic::Location;

use axum::http::header::{ACCEPT, CACHE_CONTROL, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method};
use bytes::Bytes;
use serde::Serialize;
use tokio_stream::Stream;

use super::events::TestEvents;
use super::item::TestItem;
use super::link::Link;
use super::outgoing::{LAST_EVENT_ID, Outgoing};
use super::patience::within;
use super::response::TestResponse;
use super::stream_body::StreamBody;

/// A request that has not been sent yet; [`send`](Self::send) sends it, or [`events`](Self::events) for a stream.
///
/// It can be cloned and sent again.
#[derive(Clone)]
#[must_use = "a request does nothing until `send` or `events`"]
pub struct TestRequest(Outgoing);

impl TestRequest {
    #[track_caller]
    pub(super) fn new(link: Link, method: Method, path: &str) -> Self {
        assert!(path.starts_with('/'), "the path of a request begins with `/`: {path:?}");
        assert!(!path.contains('#'), "a fragment is never sent: write `#` as %23 in {path:?}");
        let target = path.parse().unwrap_or_else(|error| {
            panic!("{path:?} is no path ({error}): percent-encode it, or use `query`")
        });
        Self(Outgoing {
            link,
            method,
            target,
            headers: HeaderMap::new(),
            body: Bytes::new(),
            pieces: None,
        })
    }

    /// Adds a header; one that is added twice is sent twice.
    ///
    /// # Panics
    /// When the name or the value is not valid in a header.
    #[track_caller]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        let name: HeaderName =
            name.parse().unwrap_or_else(|error| panic!("{name:?} names no header: {error}"));
        let value = header_value(&name, value);
        self.0.headers.append(name, value);
        self
    }

    /// Adds to the query: pairs, or a struct with the fields that a [`Query`](axum::extract::Query) reads.
    ///
    /// # Panics
    /// When the value cannot be serialised as a query.
    #[track_caller]
    pub fn query(mut self, query: &(impl Serialize + ?Sized)) -> Self {
        let more = serde_urlencoded::to_string(query)
            .unwrap_or_else(|error| panic!("this cannot be a query: {error}"));
        let separator = if self.0.target.query().is_some() { '&' } else { '?' };
        let target = format!("{}{separator}{more}", self.0.target);
        self.0.target = target.parse().unwrap_or_else(|error| panic!("{target:?}: {error}"));
        self
    }

    /// Sets the body.
    pub fn body(mut self, body: impl Into<Bytes>) -> Self {
        (self.0.body, self.0.pieces) = (body.into(), None);
        self
    }

    /// Sets the body to the pieces of a stream: each is sent when it is there, and the answer can be read before the
    /// last.
    ///
    /// It can be sent once; a clone of the request, or a [reconnect](TestEvents::reconnect), has no body any more and
    /// panics when it is sent.
    ///
    /// ```
    /// use bolt::prelude::*;
    /// use bolt::testing::TestClient;
    /// use tokio_stream::StreamExt as _;
    ///
    /// /// The double of each number.
    /// #[stream(post, "/doubles")]
    /// async fn doubles(mut numbers: JsonLines<u64>) -> Result<u64, Problem> {
    ///     while let Some(number) = numbers.next().await {
    ///         emit!(2 * number?);
    ///     }
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let client = TestClient::new(App::new().config(Config::defaults()).mount::<doubles>());
    /// let endless = tokio_stream::iter(["1\n2", "1\n"]).chain(tokio_stream::pending());
    /// let request = client.post("/doubles").header("content-type", "application/jsonl");
    /// let mut events = request.body_stream(endless).events::<u64>().await;
    /// assert_eq!(events.next().await.data, 2);
    /// assert_eq!(events.next().await.data, 42);
    /// # }
    /// ```
    pub fn body_stream<B: Into<Bytes>>(
        mut self,
        pieces: impl Stream<Item = B> + Send + 'static,
    ) -> Self {
        self.0.pieces = Some(StreamBody::new(pieces));
        self
    }

    /// Sets the body to a value's JSON, and the `content-type` to say so.
    ///
    /// # Panics
    /// When the value cannot be serialised as JSON.
    #[track_caller]
    pub fn json(self, value: &(impl Serialize + ?Sized)) -> Self {
        let body = serde_json::to_vec(value)
            .unwrap_or_else(|error| panic!("this cannot be JSON: {error}"));
        self.or_header(CONTENT_TYPE, "application/json").body(body)
    }

    /// Sends the headers of a browser's EventSource, which reconnects by itself: one that is over a limit, or whose stream
    /// is cut off, is told by a `retry:` alone.
    pub fn event_source(self) -> Self {
        self.or_header(ACCEPT, "text/event-stream").or_header(CACHE_CONTROL, "no-cache")
    }

    /// Sets the last event that this client has received (`last-event-id`); an empty id removes the header.
    ///
    /// # Panics
    /// When the id is not valid in a header.
    #[track_caller]
    pub fn last_event_id(mut self, id: &str) -> Self {
        match id {
            "" => self.0.headers.remove(LAST_EVENT_ID),
            id => self.0.headers.insert(LAST_EVENT_ID, header_value(&LAST_EVENT_ID, id)),
        };
        self
    }

    fn or_header(mut self, name: HeaderName, value: &'static str) -> Self {
        self.0.headers.entry(name).or_insert(HeaderValue::from_static(value));
        self
    }

    /// Sends the request and reads the response: all of it, or of a stream the head.
    ///
    /// # Panics
    /// When no response comes in time, or it is cut off.
    #[track_caller]
    pub fn send(self) -> impl Future<Output = TestResponse> + Send {
        let place = Location::caller();
        self.send_from(place)
    }

    /// Sends the request, whose response must be a stream of events.
    ///
    /// # Panics
    /// As [`send`](Self::send), and when the response is anything else.
    #[track_caller]
    pub fn events<T: TestItem>(self) -> impl Future<Output = TestEvents<T>> + Send {
        let place = Location::caller();
        let sent = self.or_header(ACCEPT, "text/event-stream").send_from(place);
        async move { sent.await.into_events(place) }
    }

    async fn send_from(self, place: &'static Location<'static>) -> TestResponse {
        let request = self.0;
        let limit = request.link.limit;
        match within(limit, request.begin()).await {
            Some(Ok((head, exchange))) => TestResponse::read(request, head, exchange, place).await,
            Some(Err(why)) => panic!("{request}: no answer: {why}\n  asked at {place}"),
            None => panic!("{request}: no answer within {limit:?}\n  asked at {place}"),
        }
    }
}

impl<T: TestItem> TestEvents<T> {
    /// Leaves, and returns the request with which the client would reconnect: the same, with the last id if there is
    /// one.
    ///
    /// # Panics
    /// When the id cannot be the value of a header.
    #[track_caller]
    pub fn reconnect(self) -> TestRequest {
        TestRequest(self.request.clone()).last_event_id(self.last_event_id())
    }
}

/// As bytes: what is not ASCII goes as UTF-8, as a browser sends an id.
#[track_caller]
fn header_value(name: &HeaderName, value: &str) -> HeaderValue {
    HeaderValue::from_bytes(value.as_bytes())
        .unwrap_or_else(|error| panic!("{name}: {value:?}: {error}"))
}

impl fmt::Debug for TestRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TestRequest")
            .field("method", &self.0.method)
            .field("target", &self.0.target)
            .field("headers", &self.0.headers)
            .field("body", &self.0.body)
            .finish_non_exhaustive()
    }
}
