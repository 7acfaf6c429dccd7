//! Checks of a request before the app gets it, and what is left of its body afterwards.

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::Body;
use axum::http::{Request, Version, header};
use bytes::Bytes;
use http_body::{Body as _, Frame, SizeHint};
use hyper::body::Incoming;
use tokio::time::timeout;

use super::handover::Handover;
use crate::problem::{ErrorStatus, Problem};

/// What a handler leaves unread of a request's body is read if it is at most this many bytes, and arrives in time.
const MAX_LEFT: usize = 64 * 1024;
const LEFT_IN: Duration = Duration::from_millis(100);

/// Refuses a request without a `host`, or with several (RFC 9112, section 3.2).
pub(super) fn check_host<B>(request: &Request<B>) -> Result<(), Problem> {
    let hosts = request.headers().get_all(header::HOST).iter().count();
    if hosts > 1 || (hosts == 0 && request.version() == Version::HTTP_11) {
        let detail = "a request has one `host` header";
        return Err(Problem::new(ErrorStatus::BAD_REQUEST).detail(detail));
    }
    Ok(())
}

/// How far the body of a request has been read. None if it has no body.
pub(super) struct Reading(Option<Arc<Progress>>);

#[derive(Default)]
struct Progress {
    read: AtomicBool,
    /// The body, if the handler dropped it before its end.
    left: Mutex<Option<Incoming>>,
}

/// The request for the app, with its body watched.
pub(super) fn watch(
    request: Request<Incoming>,
    connection: &Arc<Handover>,
) -> (Request<Body>, Reading) {
    connection.set_unread(!request.body().is_end_stream());
    if request.body().is_end_stream() {
        return (request.map(Body::new), Reading(None));
    }
    let progress = Arc::new(Progress::default());
    // Reading it would send `100 Continue` (RFC 9110, section 10.1.1).
    let asks = request.headers().contains_key(header::EXPECT);
    let watched = |body| {
        let (progress, connection) = (Arc::clone(&progress), Arc::clone(connection));
        Body::new(Watched { body: Some(body), returns: !asks, progress, connection })
    };
    (request.map(watched), Reading(Some(progress)))
}

impl Reading {
    /// Reads what the handler has left, if that is little. True if nothing is left on the connection.
    pub(super) async fn finish(self) -> bool {
        let Some(progress) = self.0 else { return true };
        if progress.read.load(Ordering::Relaxed) {
            return true;
        }
        let left = progress.left.lock().unwrap_or_else(PoisonError::into_inner).take();
        // The handler may still have it, and read it while it responds.
        let Some(mut left) = left else { return false };
        let read = async {
            let mut length = 0;
            while length <= MAX_LEFT {
                match poll_fn(|cx| Pin::new(&mut left).poll_frame(cx)).await {
                    Some(Ok(frame)) => length += frame.data_ref().map_or(0, Bytes::len),
                    Some(Err(_)) => return false,
                    None => return true,
                }
            }
            false
        };
        timeout(LEFT_IN, read).await.unwrap_or(false)
    }
}

/// A request's body that records when it has been read to its end, and is handed back if it has not.
struct Watched {
    // None only in `drop`.
    body: Option<Incoming>,
    returns: bool,
    progress: Arc<Progress>,
    connection: Arc<Handover>,
}

impl http_body::Body for Watched {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let this = &mut *self;
        let Some(body) = &mut this.body else { return Poll::Ready(None) };
        let frame = Pin::new(&mut *body).poll_frame(cx);
        if matches!(frame, Poll::Ready(None)) || body.is_end_stream() {
            // Once, as the connection may have another request by the time that the end is asked for again.
            if !this.progress.read.swap(true, Ordering::Relaxed) {
                this.connection.set_unread(false);
            }
        }
        frame
    }

    fn is_end_stream(&self) -> bool {
        self.body.as_ref().is_none_or(Incoming::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.body.as_ref().map(Incoming::size_hint).unwrap_or_default()
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        if self.returns && !self.progress.read.load(Ordering::Relaxed) {
            let mut left = self.progress.left.lock().unwrap_or_else(PoisonError::into_inner);
            *left = self.body.take();
        }
    }
}
