//! `TestResponse`: a response, read to its end unless it is a stream.

use std::future::poll_fn;
use std::panic::Location;

use axum::http::{HeaderMap, StatusCode, header, response};
use bytes::{Bytes, BytesMut};
use serde::de::DeserializeOwned;

use super::events::TestEvents;
use super::exchange::Exchange;
use super::item::TestItem;
use super::outgoing::Outgoing;
use super::patience::within;
use super::problem::TestProblem;
use super::shown;

/// Bodies that are streams: they come piece by piece, and may never end.
const STREAMS: [&str; 5] = [
    "text/event-stream",
    "application/jsonl",
    "application/x-ndjson",
    "application/ndjson",
    "application/json-seq",
];

/// A response. Its body has been read already, unless it is a stream.
#[derive(Debug)]
pub struct TestResponse {
    request: Outgoing,
    head: response::Parts,
    body: Content,
}

#[derive(Debug)]
enum Content {
    Whole(Bytes),
    Stream(Exchange),
}

impl TestResponse {
    pub(super) async fn read(
        request: Outgoing,
        head: response::Parts,
        mut exchange: Exchange,
        place: &'static Location<'static>,
    ) -> Self {
        let streams = STREAMS.iter().any(|stream| is_of(&head.headers, stream));
        let body = match head.status.is_success() && streams {
            true => Content::Stream(exchange),
            false => Content::Whole(to_end(&request, &mut exchange, place).await),
        };
        Self { request, head, body }
    }

    /// The status; compares with numbers.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.head.status
    }

    /// All headers.
    #[must_use]
    pub fn headers(&self) -> &HeaderMap {
        &self.head.headers
    }

    /// A header, if it is there and is text.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.head.headers.get(name)?.to_str().ok()
    }

    /// Panics if the status is another, and shows the whole response.
    ///
    /// # Panics
    /// When the status is another.
    #[track_caller]
    pub fn assert_status(&self, expected: u16) -> &Self {
        assert!(self.status() == expected, "not {expected}: {}", self.shown());
        self
    }

    /// The body.
    ///
    /// # Panics
    /// When the response is a stream.
    #[must_use]
    #[track_caller]
    pub fn bytes(&self) -> &Bytes {
        match &self.body {
            Content::Whole(body) => body,
            Content::Stream(_) => {
                panic!("a stream, to be read with `events` or `into_text`: {}", self.shown())
            }
        }
    }

    /// The body as text.
    ///
    /// # Panics
    /// When the response is a stream, or is not UTF-8.
    #[must_use]
    #[track_caller]
    pub fn text(&self) -> &str {
        std::str::from_utf8(self.bytes())
            .unwrap_or_else(|error| panic!("{error}: {}", self.shown()))
    }

    /// The body as a value, from its JSON, whatever the status is.
    ///
    /// # Panics
    /// When the response is a stream, or not that JSON.
    #[must_use]
    #[track_caller]
    pub fn json<T: DeserializeOwned>(&self) -> T {
        serde_json::from_slice(self.bytes()).unwrap_or_else(|error| {
            panic!("not the JSON of {}: {error}\n{}", std::any::type_name::<T>(), self.shown())
        })
    }

    /// The body as a problem (RFC 9457).
    ///
    /// # Panics
    /// When the response is anything but a problem.
    #[must_use]
    #[track_caller]
    pub fn problem(&self) -> TestProblem {
        let is_one = is_of(self.headers(), "application/problem+json");
        assert!(is_one, "not a problem: {}", self.shown());
        self.json()
    }

    /// The body as events.
    ///
    /// # Panics
    /// When the response is not a stream of events.
    #[must_use]
    #[track_caller]
    pub fn events<T: TestItem>(self) -> TestEvents<T> {
        self.into_events(Location::caller())
    }

    pub(super) fn into_events<T: TestItem>(
        self,
        place: &'static Location<'static>,
    ) -> TestEvents<T> {
        match self.body {
            Content::Stream(exchange) if is_of(&self.head.headers, STREAMS[0]) => {
                TestEvents::new(self.request, self.head.headers, exchange)
            }
            _ => panic!("not a stream of events: {}\n  asked at {place}", self.shown()),
        }
    }

    /// The body as text; of a stream everything up to its end, as it came.
    ///
    /// # Panics
    /// When the stream does not end in time or is cut off, or is not UTF-8.
    #[track_caller]
    pub fn into_text(self) -> impl Future<Output = String> + Send {
        let place = Location::caller();
        async move {
            let body = match self.body {
                Content::Whole(body) => body,
                Content::Stream(mut exchange) => to_end(&self.request, &mut exchange, place).await,
            };
            String::from_utf8(body.into()).unwrap_or_else(|error| {
                panic!("{}: the body is not text: {error}\n  asked at {place}", self.request)
            })
        }
    }

    /// All of the answer, for people.
    fn shown(&self) -> String {
        let body = match &self.body {
            Content::Whole(body) => shown::body(self.headers(), body),
            Content::Stream(_) => shown::body(self.headers(), b"(a stream)"),
        };
        format!("{}: {}{body}", self.request, shown::status(self.status()))
    }
}

/// Whether the body has this media type, in any case (RFC 9110, section 8.3.1) and with any parameters.
fn is_of(headers: &HeaderMap, media_type: &str) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let kind = kind.and_then(|kind| kind.split(';').next());
    kind.is_some_and(|kind| kind.trim().eq_ignore_ascii_case(media_type))
}

/// A body that ends in time.
async fn to_end(
    request: &Outgoing,
    exchange: &mut Exchange,
    place: &'static Location<'static>,
) -> Bytes {
    let limit = request.link.limit;
    let mut body = BytesMut::new();
    let read = async {
        while let Some(data) = poll_fn(|cx| exchange.poll_data(cx)).await {
            body.extend_from_slice(&data?);
        }
        Ok::<(), hyper::Error>(())
    };
    let fault = match within(limit, read).await {
        Some(Ok(())) => return body.freeze(),
        Some(Err(error)) => format!("the body was cut off: {error}"),
        None => format!("the body did not end within {limit:?}"),
    };
    let come = shown::text(&String::from_utf8_lossy(&body));
    panic!("{request}: {fault}\n  asked at {place}\n  so far: {come}")
}
