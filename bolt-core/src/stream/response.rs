//! The response of a stream: its status, and when its head is sent.

use std::convert::Infallible;
use std::future::poll_fn;
use std::pin::Pin;
use std::time::Duration;

use axum::body::Body;
use axum::http::StatusCode;
use axum::response::Response;
use tokio::time::timeout;
use tokio_stream::Stream;

use super::blocking::{self, BlockingEmitter};
use super::body::EventBody;
use super::call::{Call, Chosen};
use super::generator::{Emitter, generator};
use super::head::{head, instead, not_acceptable};
use super::info::Info;
use super::items::items;
use super::iterator;
use super::overload::start_thread;
use super::pipe::Running;
use super::source::Source;
use crate::config::Overload;
use crate::event::{Encoders, Form, JsonForm};
use crate::observe::{End, FormLabel, Refusal, StreamRecord, StreamSpan, drop_with_reason};
use crate::problem::Problem;
use crate::trace::within;

/// What a `#[stream]` function returns to axum.
///
/// Boxed, so that a compile error inside a generator is reported once, where it is, and not again at every use of the
/// handler.
pub type StreamFuture = Pin<Box<dyn Future<Output = Response> + Send>>;

/// `async fn` with `emit!`.
pub fn respond_generator<T, F>(
    call: Call,
    info: Info,
    encoders: Encoders<T>,
    start: impl FnOnce(Emitter<T>) -> F + Send + 'static,
    finish: impl FnMut(F::Output) -> Result<(), Problem> + Send + 'static,
) -> StreamFuture
where
    T: Send + 'static,
    F: Future + Send + 'static,
{
    reply(call, info, move |call, chosen| async move {
        let (encode, limit) = (encoders.of(chosen.offer.form), call.shared.settings.buffer);
        open(&call, chosen, info, generator(encode, limit, start, finish)).await
    })
}

/// `fn` or `async fn` that returns a `Stream`.
pub fn respond_items<T, F, S>(
    call: Call,
    info: Info,
    encoders: Encoders<T>,
    function: F,
    begin: impl FnMut(F::Output) -> Result<S, Problem> + Send + 'static,
    take: impl FnMut(S::Item) -> Result<T, Problem> + Send + 'static,
) -> StreamFuture
where
    T: 'static,
    F: Future + Send + 'static,
    S: Stream + Send + 'static,
{
    reply(call, info, move |call, chosen| async move {
        let (encode, limit) = (encoders.of(chosen.offer.form), call.shared.settings.buffer);
        open(&call, chosen, info, items(encode, limit, function, begin, take)).await
    })
}

/// `fn` with `emit!`.
pub fn respond_blocking<T, R>(
    call: Call,
    info: Info,
    encoders: Encoders<T>,
    run: impl FnOnce(&BlockingEmitter<T>) -> R + Send + 'static,
    finish: impl FnOnce(R) -> Result<(), Problem> + Send + 'static,
) -> StreamFuture
where
    T: 'static,
{
    respond_on_thread(call, info, move |running: Running, form| {
        blocking::run(&running, encoders.of(form), |emitter| finish(run(emitter)));
    })
}

/// `fn` that returns an `Iterator`.
pub fn respond_iterator<T, R, I>(
    call: Call,
    info: Info,
    encoders: Encoders<T>,
    function: impl FnOnce() -> R + Send + 'static,
    begin: impl FnOnce(R) -> Result<I, Problem> + Send + 'static,
    take: impl FnMut(I::Item) -> Result<T, Problem> + Send + 'static,
) -> StreamFuture
where
    T: 'static,
    I: Iterator + Send + 'static,
{
    respond_on_thread(call, info, move |running, form| {
        iterator::run(running, encoders.of(form), function, begin, take);
    })
}

fn respond_on_thread(
    call: Call,
    info: Info,
    work: impl FnOnce(Running, Form) + Send + 'static,
) -> StreamFuture {
    reply(call, info, move |call, chosen| async move {
        let form = chosen.offer.form;
        match start_thread(&call, &chosen, info, move |running| work(running, form)).await {
            Ok(thread) => open(&call, chosen, info, thread).await,
            Err(refusal) => refusal,
        }
    })
}

/// Responds to a request, with its id.
fn reply<F>(
    call: Call,
    info: Info,
    run: impl FnOnce(Call, Chosen) -> F + Send + 'static,
) -> StreamFuture
where
    F: Future<Output = Response> + Send + 'static,
{
    Box::pin(async move {
        let request_context = call.request.clone();
        let answer = async {
            match choose(&call, info) {
                Ok(chosen) => run(call, chosen).await,
                Err(answer) => *answer,
            }
        };
        let mut response = within(&request_context.id, answer).await;
        request_context.answer(response.headers_mut());
        response
    })
}

/// What to send; or the response for which no generator is needed: the client accepts none of the forms, the stream is
/// finished, or only the head was requested.
fn choose(call: &Call, info: Info) -> Result<Chosen, Box<Response>> {
    let stats = call.stats(info);
    let Some(offer) = call.offer else {
        stats.refuse(Refusal::NotAcceptable);
        return Err(Box::new(not_acceptable()));
    };
    if call.finished && !info.restart {
        return Err(Box::new(instead(StatusCode::NO_CONTENT)));
    }
    if call.head_only {
        // Not `Body::empty()`, whose length of 0 would become the `content-length`.
        let nothing = tokio_stream::empty::<Result<bytes::Bytes, Infallible>>();
        return Err(Box::new(head(offer, Body::from_stream(nothing))));
    }
    let span = StreamSpan::new(&stats, label(offer.form), info.name, &call.request);
    Ok(Chosen { offer, stats, span })
}

fn label(form: Form) -> FormLabel {
    match form {
        Form::Events => FormLabel::Events,
        Form::Json(JsonForm::Lines) => FormLabel::Lines,
        Form::Json(JsonForm::Sequence) => FormLabel::Sequence,
        Form::Json(JsonForm::Array) => FormLabel::Array,
    }
}

/// Runs the generator to its first event, so that a failure before it gets a status of its own. A quiet stream sends
/// its head after `stream.head_deadline`, and one that cannot fail sends it at once.
async fn open<S: Source>(call: &Call, chosen: Chosen, info: Info, source: S) -> Response {
    let settings = &call.shared.settings;
    let Chosen { offer, stats, span } = chosen;
    let id = call.request.id.clone();
    let record = StreamRecord::begin(stats, label(offer.form), call.asked_at, id, span);
    let mut body = Box::pin(EventBody::new(info, call, offer.form, record, source));
    if let (Some(run), Some(last)) = (&call.run, &call.last) {
        let written = body.as_mut().put_first(|out| run.write_gap(last, offer.form, out));
        if let Err(error) = written {
            drop_with_reason(End::Error, body);
            return instead(Problem::internal(error));
        }
    }
    let first = poll_fn(|cx| body.as_mut().poll_first(cx));
    let wait = if info.fallible { settings.head_deadline } else { Duration::ZERO };
    if let Ok(Some(problem)) = timeout(wait, first).await {
        return instead(problem);
    }
    if info.blocking && call.event_source && settings.overload != Overload::Reject {
        body.as_mut().reset_retry();
    }
    head(offer, Body::new(body))
}
