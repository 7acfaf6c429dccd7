//! `TestEvents`: a stream, read event by event.

use std::fmt;
use std::future::poll_fn;
use std::marker::PhantomData;
use std::panic::Location;
use std::time::{Duration, Instant};

use axum::http::{HeaderMap, HeaderValue};
use serde::de::DeserializeOwned;

use super::exchange::Exchange;
use super::item::TestItem;
use super::outgoing::{LAST_EVENT_ID, Outgoing};
use super::patience::within;
use super::problem::TestProblem;
use super::shown::{self, Ordinal};
use crate::event::{Decoded, Decoder, ERROR, TERMINAL_ID};
use crate::replay::is_notice;

/// Bytes of one event; one that is longer fails its test.
const MAX_EVENT: usize = 64 * 1024 * 1024;

/// One event.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct TestEvent<T> {
    /// The data, as what it was read as.
    pub data: T,
    /// The name: `message` when the event has none.
    pub name: String,
    /// The last id that was sent, with this event or before it, or that the request named; empty when there is none.
    pub id: String,
    /// How long the client should wait before it reconnects, if that was sent since the event before.
    pub retry: Option<Duration>,
    /// The data as it came.
    pub text: String,
}

/// An open stream of events. When it is dropped, the client leaves.
///
/// If an expected event does not come, it panics and says what came before. It also panics on the `error` event with
/// which a failed stream ends, unless that is expected with [`problem`](Self::problem), or `T` is an enum without
/// serde's `tag` that has a variant of that name: then it is an event of the app.
///
/// # Cancellation
/// No event is lost if a wait is dropped.
pub struct TestEvents<T> {
    pub(super) request: Outgoing,
    headers: HeaderMap,
    exchange: Exchange,
    decoder: Decoder,
    ended: bool,
    /// Events that were given out.
    count: usize,
    /// The last of them, for people.
    last: String,
    item: PhantomData<fn() -> T>,
}

/// What comes next.
enum Next {
    Event(Decoded),
    Problem(TestProblem, Decoded),
    End,
}

impl<T: TestItem> TestEvents<T> {
    pub(super) fn new(request: Outgoing, headers: HeaderMap, exchange: Exchange) -> Self {
        let last_id = request.headers.get(LAST_EVENT_ID).map_or(&[][..], HeaderValue::as_bytes);
        let decoder = Decoder::since(MAX_EVENT, &String::from_utf8_lossy(last_id));
        Self {
            request,
            headers,
            exchange,
            decoder,
            ended: false,
            count: 0,
            last: String::new(),
            item: PhantomData,
        }
    }

    /// The next event.
    ///
    /// # Panics
    /// When none comes in time, when the stream has ended or failed, or when the data is not a `T`.
    #[track_caller]
    #[expect(clippy::should_implement_trait, reason = "as a stream's `next` is called")]
    pub fn next(&mut self) -> impl Future<Output = TestEvent<T>> {
        let place = Location::caller();
        async move {
            match self.event_or_end(place).await {
                Some(event) => event,
                None => self.fail(place, "the stream has ended"),
            }
        }
    }

    /// The next event, or `None` at the end of the stream.
    ///
    /// # Panics
    /// When neither comes in time, when the stream fails, or when the data is not a `T`.
    #[track_caller]
    pub fn next_or_end(&mut self) -> impl Future<Output = Option<TestEvent<T>>> {
        self.event_or_end(Location::caller())
    }

    /// The next event of a name, whatever comes before it.
    ///
    /// # Panics
    /// When the stream ends or fails before, when nothing comes in time, when no such event comes in the client's time
    /// limit, or when its data is not a `T`.
    #[track_caller]
    pub fn next_named(&mut self, name: &str) -> impl Future<Output = TestEvent<T>> {
        let place = Location::caller();
        async move {
            let limit = self.request.link.limit;
            let begun = Instant::now();
            loop {
                match self.advance(place).await {
                    Next::Event(event) if event.name == name => return self.read(event, place),
                    Next::Event(event) => self.saw(&event),
                    Next::End => {
                        self.fail(place, &format!("the stream has ended, without a `{name}`"))
                    }
                    Next::Problem(problem, _) => {
                        self.fail(place, &format!("the stream failed: {problem}"))
                    }
                }
                if begun.elapsed() > limit {
                    self.fail(place, &format!("no `{name}` within {limit:?}, but other events"));
                }
            }
        }
    }

    /// The next `count` events.
    ///
    /// # Panics
    /// As [`next`](Self::next).
    #[track_caller]
    pub fn take(&mut self, count: usize) -> impl Future<Output = Vec<TestEvent<T>>> {
        let place = Location::caller();
        async move {
            let mut events = Vec::new();
            while events.len() < count {
                match self.event_or_end(place).await {
                    Some(event) => events.push(event),
                    None => self.fail(place, "the stream has ended"),
                }
            }
            events
        }
    }

    /// All events up to the end of the stream.
    ///
    /// # Panics
    /// As [`next_or_end`](Self::next_or_end), and when the end does not come in the client's time limit: for a stream
    /// without end there is [`take`](Self::take).
    #[track_caller]
    pub fn rest(&mut self) -> impl Future<Output = Vec<TestEvent<T>>> {
        let place = Location::caller();
        async move {
            let limit = self.request.link.limit;
            let begun = Instant::now();
            let mut events = Vec::new();
            while let Some(event) = self.event_or_end(place).await {
                events.push(event);
                if begun.elapsed() > limit {
                    let come = events.len();
                    self.fail(place, &format!("no end within {limit:?}, but {come} events"));
                }
            }
            events
        }
    }

    /// The data of all events up to the end of the stream.
    ///
    /// # Panics
    /// As [`next_or_end`](Self::next_or_end).
    #[track_caller]
    pub fn rest_data(&mut self) -> impl Future<Output = Vec<T>> {
        let rest = self.rest();
        async move { rest.await.into_iter().map(|event| event.data).collect() }
    }

    /// The problem with which the stream ends: an event named `error` with a problem (RFC 9457) as its data.
    ///
    /// # Panics
    /// When anything else comes, or nothing in time.
    #[track_caller]
    pub fn problem(&mut self) -> impl Future<Output = TestProblem> {
        self.failure(Location::caller())
    }

    /// The data of the event named `error` with which the stream ends, of an app that has another body than a problem
    /// ([`App::problem_format`](crate::App::problem_format)).
    ///
    /// # Panics
    /// When anything else comes, or nothing in time, or when the data is not a `B`.
    #[track_caller]
    pub fn error<B: DeserializeOwned>(&mut self) -> impl Future<Output = B> {
        self.failure(Location::caller())
    }

    /// What the client would send as `last-event-id` to go on with the stream.
    #[must_use]
    pub fn last_event_id(&self) -> &str {
        self.decoder.last_id()
    }

    /// Whether the stream has said that it is finished, by its last event (`end`, which is not given out). Asked again
    /// with its last id, it answers 204.
    #[must_use]
    pub fn is_finished(&self) -> bool {
        self.ended && self.last_event_id() == TERMINAL_ID
    }

    /// The headers of the response.
    #[must_use]
    pub fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// Leaves: drops the connection.
    pub fn close(self) {}

    async fn failure<B: DeserializeOwned>(&mut self, place: &'static Location<'static>) -> B {
        let event = match self.advance(place).await {
            Next::Event(event) | Next::Problem(_, event) => event,
            Next::End => self.fail(place, "the stream has ended, without an error"),
        };
        let body = (event.name == ERROR).then(|| serde_json::from_str(&event.data).ok()).flatten();
        let body = body
            .unwrap_or_else(|| self.fail(place, &format!("not an error: {}", shown_event(&event))));
        match self.advance(place).await {
            Next::End => body,
            _ => self.fail(place, "the stream goes on after its error"),
        }
    }

    async fn event_or_end(&mut self, place: &'static Location<'static>) -> Option<TestEvent<T>> {
        match self.advance(place).await {
            Next::Event(event) => Some(self.read(event, place)),
            Next::End => None,
            Next::Problem(problem, _) => self.fail(place, &format!("the stream failed: {problem}")),
        }
    }

    fn read(&mut self, event: Decoded, place: &'static Location<'static>) -> TestEvent<T> {
        let data = T::read(&event.name, &event.data).unwrap_or_else(|error| {
            let what = std::any::type_name::<T>();
            self.fail(
                place,
                &format!("{} came, which is not a {what}: {error}", shown_event(&event)),
            )
        });
        self.saw(&event);
        let Decoded { name, data: text, id, retry } = event;
        TestEvent { data, name, id: id.to_string(), retry, text }
    }

    fn saw(&mut self, event: &Decoded) {
        self.count += 1;
        self.last = shown_event(event);
    }

    async fn advance(&mut self, place: &'static Location<'static>) -> Next {
        let limit = self.request.link.limit;
        let come = within(limit, async {
            loop {
                match self.decoder.next() {
                    // The end, or a position: no event of the function's.
                    Ok(Some(event)) if is_notice(&event) || is_end(&event) => {}
                    Ok(Some(event)) => return Ok(Some(event)),
                    Ok(None) if self.ended => return Ok(None),
                    Ok(None) => {}
                    Err(error) => return Err(error.to_string()),
                }
                match poll_fn(|cx| self.exchange.poll_data(cx)).await {
                    Some(Ok(bytes)) => self.decoder.push(&bytes),
                    Some(Err(error)) => return Err(format!("the stream was cut off: {error}")),
                    None => self.ended = true,
                }
            }
        });
        match come.await {
            Some(Ok(Some(event))) => match problem_of::<T>(&event) {
                Some(problem) => Next::Problem(problem, event),
                None => Next::Event(event),
            },
            Some(Ok(None)) => Next::End,
            Some(Err(error)) => match self.request.link.end_of_app().await {
                Some(why) => self.fail(place, &format!("{error} ({why})")),
                None => self.fail(place, &error),
            },
            None => self.fail(place, &format!("nothing came within {limit:?}; the stream is open")),
        }
    }

    fn fail(&self, place: &'static Location<'static>, why: &str) -> ! {
        let (request, next) = (&self.request, Ordinal(self.count + 1));
        let before = match self.count {
            0 => String::new(),
            count => format!("\n  the {} was {}", Ordinal(count), self.last),
        };
        panic!("no {next} event from {request}: {why}{before}\n  asked at {place}")
    }
}

impl<T> fmt::Debug for TestEvents<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TestEvents")
            .field("request", &format_args!("{}", self.request))
            .field("count", &self.count)
            .field("ended", &self.ended)
            .finish_non_exhaustive()
    }
}

/// The problem that ends a stream. An app's own event named `error` is an event like any other, also when it looks like
/// one.
fn problem_of<T: TestItem>(event: &Decoded) -> Option<TestProblem> {
    let own = T::has_variant(ERROR) && T::read(&event.name, &event.data).is_ok();
    if own { None } else { as_problem(event) }
}

/// Whether it is the end of the stream, in whatever form the function has it.
fn is_end(event: &Decoded) -> bool {
    *event.id == *TERMINAL_ID && event.name != ERROR
}

fn as_problem(event: &Decoded) -> Option<TestProblem> {
    (event.name == ERROR).then(|| serde_json::from_str(&event.data).ok()).flatten()
}

fn shown_event(event: &Decoded) -> String {
    format!("`{}` {}", event.name, shown::text(&event.data))
}
