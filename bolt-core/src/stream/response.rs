//! The response of a stream: its status, and when its head is sent.

use std::convert::Infallible;
use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::Body;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::Response;
use tokio::time::timeout;
use tokio_stream::Stream;

use super::blocking::{self, BlockingEmitter};
use super::body::EventBody;
use super::call::{Call, Chosen};
use super::generator::{Emitter, generator};
use super::head::{head, instead, not_acceptable};
use super::items::items;
use super::iterator;
use super::overload::start_thread;
use super::pipe::Running;
use super::response_head::OwnHead;
use super::source::Source;
use crate::config::Overload;
use crate::event::{Encoders, Form, JsonForm};
use crate::info::Info;
use crate::observe::{End, FormLabel, Refusal, StreamRecord, StreamSpan, drop_with_reason};
use crate::problem::Problem;
use crate::trace::{RequestContext, within};

const JSON: (HeaderName, HeaderValue) =
    (header::CONTENT_TYPE, HeaderValue::from_static("application/json"));

/// What a `#[stream]` function returns to axum.
///
/// Boxed, so that a compile error inside a generator is reported once, where it is, and not again at every use of the
/// handler.
pub type StreamFuture = Pin<Box<dyn Future<Output = Response> + Send>>;

/// `async fn` with `emit!`.
pub fn respond_generator<T, F>(
    call: Call,
    info: &'static Info,
    encoders: Encoders<T>,
    start: impl FnOnce(Emitter<T>) -> F + Send + 'static,
    finish: impl FnMut(F::Output) -> Result<(), Problem> + Send + 'static,
) -> StreamFuture
where
    T: Send + 'static,
    F: Future + Send + 'static,
{
    respond_async(call, info, move |form, limit| generator(encoders.of(form), limit, start, finish))
}

/// `fn` or `async fn` that returns a `Stream`.
pub fn respond_items<T, F, S>(
    call: Call,
    info: &'static Info,
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
    respond_async(call, info, move |form, limit| {
        items(encoders.of(form), limit, function, begin, take)
    })
}

/// `fn` with `emit!`.
pub fn respond_blocking<T, R>(
    call: Call,
    info: &'static Info,
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
    info: &'static Info,
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

/// `source` is made for a form and `stream.buffer`.
fn respond_async<S: Source>(
    mut call: Call,
    info: &'static Info,
    source: impl FnOnce(Form, usize) -> S + Send + 'static,
) -> StreamFuture {
    identified(call.unidentified(), async move {
        match choose(&mut call, info) {
            Ok(chosen) => {
                let source = source(chosen.offer.form, call.shared.settings.buffer);
                open(call, chosen, info, source).await
            }
            Err(answer) => *answer,
        }
    })
}

fn respond_on_thread(
    mut call: Call,
    info: &'static Info,
    work: impl FnOnce(Running, Form) + Send + 'static,
) -> StreamFuture {
    identified(call.unidentified(), async move {
        let chosen = match choose(&mut call, info) {
            Ok(chosen) => chosen,
            Err(answer) => return *answer,
        };
        let form = chosen.offer.form;
        match start_thread(&call, &chosen, info, move |running| work(running, form)).await {
            Ok(thread) => open(call, chosen, info, thread).await,
            Err(refusal) => refusal,
        }
    })
}

/// The answer with the request's id, of a request whose id bolt's server does not add.
fn identified(
    context: Option<RequestContext>,
    answer: impl Future<Output = Response> + Send + 'static,
) -> StreamFuture {
    let Some(context) = context else { return Box::pin(answer) };
    Box::pin(async move {
        let mut response = within(&context.id, answer).await;
        context.answer(response.headers_mut());
        response
    })
}

/// What to send; or the response for which no generator is needed: the client accepts none of the forms, the stream is
/// finished, or only the head was requested.
fn choose(call: &mut Call, info: &'static Info) -> Result<Chosen, Box<Response>> {
    let stats = call.stats(info);
    let Some(offer) = call.accept.choose(info.forms) else {
        stats.refuse(Refusal::NotAcceptable);
        return Err(Box::new(not_acceptable(info)));
    };
    if call.finished && !info.restart && offer.form == Form::Events {
        return Err(Box::new(instead(info, StatusCode::NO_CONTENT)));
    }
    if call.head_only {
        // Not `Body::empty()`, whose length of 0 would become the `content-length`.
        let nothing = tokio_stream::empty::<Result<bytes::Bytes, Infallible>>();
        let mut response = head(info, offer, Body::from_stream(nothing));
        if let Some(own) = call.own_head.take() {
            own.write(&mut response);
        }
        return Err(Box::new(response));
    }
    let span = StreamSpan::new(&stats, label(offer.form), info.name, &call.request);
    Ok(Chosen { offer, event_source: call.is_event_source(offer), stats, span })
}

fn label(form: Form) -> FormLabel {
    match form {
        Form::Events => FormLabel::Events,
        Form::Json(JsonForm::Lines) => FormLabel::Lines,
        Form::Json(JsonForm::Sequence) => FormLabel::Sequence,
        Form::Json(JsonForm::Array) => FormLabel::Array,
    }
}

/// Runs the generator to its first event, so that a failure before it gets a status of its own, and the function sets
/// the headers of its own. A quiet stream sends its head after `stream.head_deadline`, and one that does neither sends
/// it at once.
async fn open<S: Source>(
    mut call: Call,
    chosen: Chosen,
    info: &'static Info,
    source: S,
) -> Response {
    let Chosen { offer, event_source, stats, span } = chosen;
    let id = call.request.id.clone();
    let record = StreamRecord::begin(stats, label(offer.form), call.asked_at, id, span);
    let mut body = Box::pin(EventBody::new(info, &call, offer.form, record, source));
    if let (Some(run), Some(last)) = (&call.run, &call.last) {
        let written = body.as_mut().put_first(|out| run.write_gap(last, offer.form, out));
        if let Err(error) = written {
            drop_with_reason(End::Error, body);
            return instead(info, Problem::internal(error));
        }
    }
    let settings = &call.shared.settings;
    let own = call.own_head.take();
    // An answer in place of the stream may take its time.
    let deadline = match info.answers {
        true => Some(Duration::MAX),
        false => (info.fallible || own.is_some()).then_some(settings.head_deadline),
    };
    let resets_retry = info.blocking && event_source && settings.overload != Overload::Reject;
    // What is kept across an await is part of the future, which each request allocates.
    drop(call);
    let first = match deadline {
        Some(wait) => {
            let opening = poll_fn(|cx| match body.as_mut().poll_first(cx) {
                Poll::Pending => {
                    poll_settled(own.as_ref(), cx, info.fallible || info.answers).map(|()| None)
                }
                first @ Poll::Ready(_) => first,
            });
            timeout(wait, opening).await.ok()
        }
        None => poll_fn(|cx| Poll::Ready(ready(body.as_mut().poll_first(cx)))).await,
    };
    if let Some(Some(problem)) = first {
        return instead(info, problem);
    }
    let mut response = match body.as_mut().take_answer() {
        Some(json) => instead(info, ([JSON], json)),
        None => {
            if resets_retry {
                body.as_mut().reset_retry();
            }
            head(info, offer, Body::new(body))
        }
    };
    if let Some(own) = own {
        own.write(&mut response);
    }
    response
}

/// Ready when a function that sets its own headers waits for nothing more. `decides`: whether its first event is what
/// the response depends on.
fn poll_settled(own: Option<&OwnHead>, cx: &mut Context<'_>, decides: bool) -> Poll<()> {
    own.map_or(Poll::Pending, |own| own.poll_settled(cx, decides))
}

/// The value, if it is ready.
fn ready<T>(poll: Poll<T>) -> Option<T> {
    match poll {
        Poll::Ready(value) => Some(value),
        Poll::Pending => None,
    }
}
