//! Admission of blocking streams: a permit, then a thread, or a refusal in the client's form.

use std::future::poll_fn;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::response::Response;
use tokio::time::timeout;

use super::call::{Call, Chosen};
use super::head::{head, instead};
use super::limits::{RETRY_AFTER, THREAD_START};
use super::pipe::{Permit, Pipe, Running, Thread};
use super::shared::Shared;
use crate::config::Overload;
use crate::event::{Form, write_retry};
use crate::info::Info;
use crate::observe::Refusal;
use crate::panics::catch;
use crate::problem::Problem;

/// Starts blocking work on a thread of tokio's pool, if there is a permit for it.
pub(super) async fn start_thread(
    call: &Call,
    chosen: &Chosen,
    info: &Info,
    work: impl FnOnce(Running) + Send + 'static,
) -> Result<Thread, Response> {
    let settings = &call.shared.settings;
    let Chosen { stats, span, .. } = chosen;
    let permit = match admit(&call.shared).await {
        Ok(permit) => permit,
        Err((why, reason)) => {
            stats.refuse(why);
            return Err(refuse(call, chosen, info, reason));
        }
    };
    let pipe = Pipe::new(settings.buffer, settings.stall_timeout, Arc::clone(stats));
    let pipe = Arc::new(pipe);
    let thread = Thread(Arc::clone(&pipe));
    let running = Running::new(Arc::clone(&pipe), span.clone(), permit);
    // tokio panics if it has no thread at all and cannot spawn one.
    let spawned = catch(|| tokio::task::spawn_blocking(move || work(running)));
    let started = timeout(THREAD_START, poll_fn(|cx| pipe.poll_started(cx)));
    let why = match spawned {
        Ok(task) if started.await.is_err() => {
            task.abort();
            "the runtime's pool is smaller than stream.max_blocking (build it with max_blocking_threads, as \
             `App::run` does), or the system gives no more threads"
        }
        Ok(_) => return Ok(thread),
        Err(_) => "the system gives no more threads",
    };
    stats.refuse(Refusal::NoThread);
    tracing::warn!(stream = info.name, "no thread for a blocking stream: {why}");
    Err(refuse(call, chosen, info, "no thread came free for this stream".to_owned()))
}

/// A permit, or the reason for the refusal.
async fn admit(shared: &Shared) -> Result<Permit, (Refusal, String)> {
    let permits = Arc::clone(&shared.permits);
    let wait = shared.settings.blocking_wait;
    let limit = shared.settings.max_blocking;
    let full = || {
        let reason = format!("all {limit} blocking streams are in use (stream.max_blocking)");
        (Refusal::Overload, reason)
    };
    let given = |permit| Permit::new(permit, shared.running.up());
    if wait.is_zero() {
        return permits.try_acquire_owned().map(given).map_err(|_| full());
    }
    let _waits = shared.waiting.up();
    // Fair: first come, first served. A client that leaves drops this future, and with it its place in the queue.
    tokio::select! {
        biased;
        () = shared.draining() => Err((Refusal::Shutdown, "the server is shutting down".to_owned())),
        permit = timeout(wait, permits.acquire_owned()) => {
            permit.ok().and_then(Result::ok).map(given).ok_or_else(full)
        }
    }
}

/// The response over the limit. An EventSource gives up for good on any status but 200, so it is told when to reconnect
/// instead.
fn refuse(call: &Call, chosen: &Chosen, info: &Info, reason: String) -> Response {
    let retry = match call.shared.settings.overload {
        // Only events have a `retry`.
        Overload::Retry => chosen.offer.form == Form::Events,
        Overload::Reject => false,
        Overload::Auto => chosen.event_source,
    };
    let wait = call.shared.jitter.around(RETRY_AFTER, 50);
    tracing::debug!(stream = info.name, retry, reason, "refused for load");
    if !retry {
        return instead(info, Problem::unavailable(reason, wait.max(Duration::from_secs(1))));
    }
    let mut bytes = bytes::BytesMut::new();
    write_retry(&mut bytes, wait, &reason);
    head(info, chosen.offer, Body::from(bytes.freeze()))
}
