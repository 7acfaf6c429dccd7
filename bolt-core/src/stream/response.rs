//! The response of a stream: its status, its head, and when the head is sent.

use std::future::poll_fn;
use std::pin::Pin;
use std::time::Duration;

use axum::body::Body;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use tokio::time::timeout;
use tokio_stream::Stream;

use super::blocking::{BlockingEmitter, thread};
use super::body::EventBody;
use super::call::Call;
use super::generator::{Emitter, generator};
use super::info::Info;
use super::items::items;
use super::limits::HEAD_DEADLINE;
use super::source::Source;
use crate::event::Encoder;
use crate::problem::Problem;

/// What a `#[stream]` function returns to axum.
///
/// Boxed, so that what is wrong inside a generator is told once, where it is, and not again at every place
/// that uses the handler.
pub type StreamFuture = Pin<Box<dyn Future<Output = Response> + Send>>;

/// `async fn` with `emit!`.
pub fn respond_generator<T, F>(
    call: Call,
    info: Info,
    encode: Encoder<T>,
    start: impl FnOnce(Emitter<T>) -> F + Send + 'static,
    finish: impl FnMut(F::Output) -> Result<(), Problem> + Send + 'static,
) -> StreamFuture
where
    T: Send + 'static,
    F: Future + Send + 'static,
{
    respond(call, info, move || Ok(generator(encode, start, finish)))
}

/// `fn` or `async fn` that returns a `Stream`.
pub fn respond_items<T, F, S>(
    call: Call,
    info: Info,
    encode: Encoder<T>,
    function: F,
    begin: impl FnMut(F::Output) -> Result<S, Problem> + Send + 'static,
    take: impl FnMut(S::Item) -> Result<T, Problem> + Send + 'static,
) -> StreamFuture
where
    T: 'static,
    F: Future + Send + 'static,
    S: Stream + Send + 'static,
{
    respond(call, info, move || Ok(items(encode, function, begin, take)))
}

/// `fn` with `emit!`.
pub fn respond_blocking<T, R>(
    call: Call,
    info: Info,
    encode: Encoder<T>,
    run: impl FnOnce(&BlockingEmitter<T>) -> R + Send + 'static,
    finish: impl FnOnce(R) -> Result<(), Problem> + Send + 'static,
) -> StreamFuture
where
    T: 'static,
{
    respond(call, info, move || thread(encode, move |emitter| finish(run(emitter))))
}

/// `fn` that returns an `Iterator`.
pub fn respond_iterator<T, R, I>(
    call: Call,
    info: Info,
    encode: Encoder<T>,
    function: impl FnOnce() -> R + Send + 'static,
    begin: impl FnOnce(R) -> Result<I, Problem> + Send + 'static,
    mut take: impl FnMut(I::Item) -> Result<T, Problem> + Send + 'static,
) -> StreamFuture
where
    T: 'static,
    I: Iterator + Send + 'static,
{
    let run = move |emitter: &BlockingEmitter<T>| {
        for item in begin(function())? {
            if emitter.emit(take(item)?).is_err() {
                break;
            }
        }
        Ok(())
    };
    respond(call, info, move || thread(encode, run))
}

fn respond<S: Source>(
    call: Call,
    info: Info,
    start: impl FnOnce() -> Result<S, Problem> + Send + 'static,
) -> StreamFuture {
    Box::pin(async move {
        if call.finished && !info.restart {
            return StatusCode::NO_CONTENT.into_response();
        }
        if call.head_only {
            return head(Body::empty());
        }
        match start() {
            Ok(source) => open(EventBody::new(info, call.event_source, source), info).await,
            Err(problem) => problem.into_response(),
        }
    })
}

/// Runs the generator to its first event, so that a failure before it is a status of its own. A quiet stream
/// opens after [`HEAD_DEADLINE`], one that cannot fail at once.
async fn open<S: Source>(body: EventBody<S>, info: Info) -> Response {
    let mut body = Box::pin(body);
    let first = poll_fn(|cx| body.as_mut().poll_first(cx));
    let wait = if info.fallible { HEAD_DEADLINE } else { Duration::ZERO };
    match timeout(wait, first).await {
        Ok(Some(problem)) => problem.into_response(),
        Ok(None) | Err(_) => head(Body::new(body)),
    }
}

fn head(body: Body) -> Response {
    const HEADERS: [(HeaderName, HeaderValue); 3] = [
        (header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream")),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-cache")),
        // nginx and its kin hold a response back without it.
        (HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no")),
    ];
    (HEADERS, body).into_response()
}
