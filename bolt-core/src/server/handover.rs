//! `Handover`: how a connection with a live stream leaves hyper.
//!
//! hyper reads the request and writes the head, and whatever the body has ready at once. When the body has to be waited
//! for, `Lent` offers it for the take-over; when `Tap` then sees that hyper has written everything it had, the
//! connection can be taken over.

use std::io;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use axum::body::Body;
use axum::http::{HeaderMap, Response, Version, header};
use bytes::Bytes;
use http_body::{Body as _, Frame, SizeHint};

use super::body;
use crate::stream::is_stream;

/// hyper is given no more of a stream than this, in bytes, even if there is more: it would keep its buffers full, and
/// wait for ever for a client that does not read.
const MAX_BY_HYPER: usize = 16 * 1024;

/// hyper has the connection.
const HELD: u8 = 0;
/// The body is offered for the take-over, and not polled any more.
const OFFERED: u8 = 1;
/// And hyper has written everything that it was given.
const FLUSHED: u8 = 2;

/// What was taken from hyper.
#[derive(Debug)]
pub(super) struct Taken {
    pub(super) body: Body,
    /// Data of the body that was withheld from hyper; may be empty.
    pub(super) first: Bytes,
}

/// State that the service, the body and the socket of a connection share with the loop that drives hyper.
#[derive(Debug, Default)]
pub(super) struct Handover {
    stage: AtomicU8,
    taken: Mutex<Option<Taken>>,
    /// Whether the client wants the connection closed after this response.
    close: AtomicBool,
    /// Whether there was a request.
    asked: AtomicBool,
    /// Whether a response is awaited or not completely written.
    busy: AtomicBool,
    /// Whether hyper has the whole response.
    over: AtomicBool,
    /// Whether the response is a live stream, including one that stays with hyper.
    live: AtomicBool,
    /// Whether hyper has data that the client does not take.
    blocked: AtomicBool,
    /// Bytes written to the socket.
    taken_bytes: AtomicU64,
    /// Whether the request has a body that has not been read to its end.
    unread: AtomicBool,
}

impl Handover {
    /// A request has begun.
    pub(super) fn begin(&self, headers: &HeaderMap) {
        self.asked.store(true, Ordering::Relaxed);
        self.busy.store(true, Ordering::Relaxed);
        self.over.store(false, Ordering::Relaxed);
        self.close.store(says_close(headers), Ordering::Relaxed);
    }

    /// Whether the request has a body that has not been read to its end.
    pub(super) fn is_unread(&self) -> bool {
        self.unread.load(Ordering::Relaxed)
    }

    pub(super) fn set_unread(&self, unread: bool) {
        self.unread.store(unread, Ordering::Relaxed);
    }

    pub(super) fn was_asked(&self) -> bool {
        self.asked.load(Ordering::Relaxed)
    }

    pub(super) fn is_busy(&self) -> bool {
        self.busy.load(Ordering::Relaxed)
    }

    /// hyper tried to write.
    pub(super) fn wrote(&self, result: &Poll<io::Result<usize>>) {
        self.blocked.store(result.is_pending(), Ordering::Relaxed);
        if let Poll::Ready(Ok(count)) = result {
            self.taken_bytes.fetch_add(*count as u64, Ordering::Relaxed);
        }
    }

    /// The number of bytes written, while hyper has data of a live stream that the client does not take.
    pub(super) fn held_up(&self) -> Option<u64> {
        let held_up = self.live.load(Ordering::Relaxed) && self.blocked.load(Ordering::Relaxed);
        held_up.then(|| self.taken_bytes.load(Ordering::Relaxed))
    }

    /// hyper has written everything it had.
    pub(super) fn flushed(&self) {
        let _ = self.stage.compare_exchange(OFFERED, FLUSHED, Ordering::Relaxed, Ordering::Relaxed);
        if self.over.load(Ordering::Relaxed) {
            self.busy.store(false, Ordering::Relaxed);
        }
    }

    pub(super) fn is_ready(&self) -> bool {
        self.stage.load(Ordering::Relaxed) == FLUSHED
    }

    /// The body, once hyper has dropped it, and whether the connection is closed after it.
    pub(super) fn take(&self) -> Option<(Taken, bool)> {
        let taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner).take()?;
        Some((taken, self.close.load(Ordering::Relaxed)))
    }
}

/// The body of a response, as hyper sees it.
pub(super) struct Lent {
    body: Body,
    // Bytes that hyper was given.
    sent: usize,
    // Data withheld from hyper, over the limit.
    held: Bytes,
    // None if the body stays with hyper.
    handover: Option<Arc<Handover>>,
    // Records, when dropped, that the response is over.
    connection: Arc<Handover>,
}

impl Lent {
    /// `live`: see [`is_live`]; `leaves`: the connection can be taken from hyper.
    pub(super) fn new(
        response: Response<Body>,
        connection: &Arc<Handover>,
        live: bool,
        leaves: bool,
    ) -> Response<Self> {
        connection.live.store(live, Ordering::Relaxed);
        if says_close(response.headers()) {
            connection.close.store(true, Ordering::Relaxed);
        }
        let connection = Arc::clone(connection);
        let handover = leaves.then(|| Arc::clone(&connection));
        response.map(|body| Self { body, sent: 0, held: Bytes::new(), handover, connection })
    }
}

/// Whether the response is a stream of events, lines or elements, of unknown length.
pub(super) fn is_live(response: &Response<Body>) -> bool {
    let headers = response.headers();
    is_stream(response)
        && response.status().is_success()
        && response.version() == Version::HTTP_11
        && !headers.contains_key(header::CONTENT_LENGTH)
        && !headers.contains_key(header::TRANSFER_ENCODING)
        // hyper sends trailers to clients that want them.
        && !headers.contains_key(header::TRAILER)
        && response.body().size_hint().exact().is_none()
}

fn says_close(headers: &HeaderMap) -> bool {
    let options = headers.get_all(header::CONNECTION).into_iter();
    options
        .flat_map(|value| value.as_bytes().split(|byte| *byte == b','))
        .any(|option| option.trim_ascii().eq_ignore_ascii_case(b"close"))
}

impl http_body::Body for Lent {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let this = &mut *self;
        let offered = match &this.handover {
            None => return body::poll_frame(&mut this.body, cx),
            Some(handover) => &handover.stage,
        };
        if offered.load(Ordering::Relaxed) != HELD {
            return Poll::Pending;
        }
        if this.sent < MAX_BY_HYPER
            && let Poll::Ready(frame) = body::poll_frame(&mut this.body, cx)
        {
            let data = frame.as_ref().and_then(|frame| frame.as_ref().ok()?.data_ref());
            this.sent += data.map_or(0, Bytes::len);
            if this.sent <= MAX_BY_HYPER {
                return Poll::Ready(frame);
            }
            this.held = data.cloned().unwrap_or_default();
        }
        // The loop that drives the connection checks this after each poll of hyper, so no wake is needed.
        offered.store(OFFERED, Ordering::Relaxed);
        Poll::Pending
    }

    fn is_end_stream(&self) -> bool {
        self.held.is_empty() && self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        self.connection.over.store(true, Ordering::Relaxed);
        self.connection.live.store(false, Ordering::Relaxed);
        if let Some(handover) = self.handover.take().filter(|handover| handover.is_ready()) {
            let (body, first) = (std::mem::take(&mut self.body), std::mem::take(&mut self.held));
            let taken = Some(Taken { body, first });
            *handover.taken.lock().unwrap_or_else(PoisonError::into_inner) = taken;
        }
    }
}
