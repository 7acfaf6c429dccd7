//! Admission of blocking streams: a permit, then a thread, or a refusal that the client understands.

use std::future::poll_fn;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::timeout;

use super::call::Call;
use super::head::head;
use super::info::Info;
use super::jitter;
use super::limits::{RETRY_AFTER, THREAD_START};
use super::pipe::{Pipe, Running, Thread};
use super::shared::Shared;
use crate::config::Overload;
use crate::event::write_retry;
use crate::problem::Problem;

/// Starts blocking work on a thread of tokio's pool, when there is a permit for it.
pub(super) async fn start_thread(
    call: &Call,
    info: Info,
    work: impl FnOnce(Running) + Send + 'static,
) -> Result<Thread, Response> {
    let settings = &call.shared.settings;
    let Some(permit) = admit(&call.shared).await else {
        let limit = settings.max_blocking;
        let reason = format!("all {limit} blocking streams are in use (stream.max_blocking)");
        return Err(refuse(call, info, reason));
    };
    let pipe = Arc::new(Pipe::new(settings.buffer, settings.stall_timeout));
    let thread = Thread(Arc::clone(&pipe));
    let running = Running::new(Arc::clone(&pipe), permit);
    let task = tokio::task::spawn_blocking(move || work(running));
    if timeout(THREAD_START, poll_fn(|cx| pipe.poll_started(cx))).await.is_err() {
        task.abort();
        tracing::warn!(
            stream = info.name,
            "no thread came free for a blocking stream: build the runtime with max_blocking_threads \
             above stream.max_blocking, as `App::run` does"
        );
        return Err(refuse(call, info, "no thread came free for this stream".to_owned()));
    }
    Ok(thread)
}

async fn admit(shared: &Shared) -> Option<OwnedSemaphorePermit> {
    let permits = Arc::clone(&shared.permits);
    let wait = shared.settings.blocking_wait;
    if wait.is_zero() {
        return permits.try_acquire_owned().ok();
    }
    // First come first served; a client that leaves drops this future and its place.
    timeout(wait, permits.acquire_owned()).await.ok()?.ok()
}

/// The answer over the limit. Any status but 200 ends a browser's EventSource for good, so that is only told
/// when to come back.
fn refuse(call: &Call, info: Info, reason: String) -> Response {
    let retry = match call.shared.settings.overload {
        Overload::Retry => true,
        Overload::Reject => false,
        Overload::Auto => call.event_source,
    };
    let wait = jitter::around(RETRY_AFTER, 50);
    tracing::debug!(stream = info.name, retry, reason, "refused for load");
    if !retry {
        return Problem::unavailable(reason, wait.max(Duration::from_secs(1))).into_response();
    }
    let mut bytes = bytes::BytesMut::new();
    write_retry(&mut bytes, wait, &reason);
    head(Body::from(bytes.freeze()))
}
