//! `Handover`: how a connection with a live stream leaves hyper.
//!
//! hyper reads the request and writes the head; as long as the body has something to say at once, hyper sends that
//! too. When the body has to be waited for, `Lent` offers it; when `Tap` then sees that hyper has written all it had,
//! the connection can be taken over.

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

/// hyper sends no more of a stream than this, in bytes, although there is more: it would keep its buffers full, and it
/// waits for ever for a client that does not read.
const MAX_BY_HYPER: usize = 16 * 1024;

/// hyper has the connection.
const HELD: u8 = 0;
/// The body is not to be asked any more.
const OFFERED: u8 = 1;
/// And hyper has written all that it was given.
const FLUSHED: u8 = 2;

/// What hyper has let go of.
#[derive(Debug)]
pub(super) struct Taken {
    pub(super) body: Body,
    /// What the body gave and hyper was not to have; may be empty.
    pub(super) first: Bytes,
}

/// What the service, the body and the socket of one connection tell the loop that drives hyper.
#[derive(Debug, Default)]
pub(super) struct Handover {
    stage: AtomicU8,
    taken: Mutex<Option<Taken>>,
    /// Whether the client wants the connection closed after this response.
    close: AtomicBool,
    /// Whether there was a request.
    asked: AtomicBool,
    /// Whether a request waits for its response, or a response for its end to be written.
    busy: AtomicBool,
    /// Whether hyper has all of the response.
    over: AtomicBool,
    /// Whether the response is a live stream, also one that stays with hyper.
    live: AtomicBool,
    /// Whether hyper has something that the client does not take.
    blocked: AtomicBool,
    /// Bytes that the client, or the system for it, has taken.
    taken_bytes: AtomicU64,
}

impl Handover {
    /// A request has begun.
    pub(super) fn begin(&self, headers: &HeaderMap) {
        self.asked.store(true, Ordering::Relaxed);
        self.busy.store(true, Ordering::Relaxed);
        self.over.store(false, Ordering::Relaxed);
        self.close.store(says_close(headers), Ordering::Relaxed);
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

    /// While hyper has something of a live stream that the client does not take: how many bytes it has taken.
    pub(super) fn held_up(&self) -> Option<u64> {
        let held_up = self.live.load(Ordering::Relaxed) && self.blocked.load(Ordering::Relaxed);
        held_up.then(|| self.taken_bytes.load(Ordering::Relaxed))
    }

    /// All that hyper had is written.
    pub(super) fn flushed(&self) {
        let _ = self.stage.compare_exchange(OFFERED, FLUSHED, Ordering::Relaxed, Ordering::Relaxed);
        if self.over.load(Ordering::Relaxed) {
            self.busy.store(false, Ordering::Relaxed);
        }
    }

    pub(super) fn is_ready(&self) -> bool {
        self.stage.load(Ordering::Relaxed) == FLUSHED
    }

    /// The body, once hyper has let go of it, and whether the connection ends with it.
    pub(super) fn take(&self) -> Option<(Taken, bool)> {
        let taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner).take()?;
        Some((taken, self.close.load(Ordering::Relaxed)))
    }
}

/// The body of a response, as hyper gets it.
pub(super) struct Lent {
    body: Body,
    // Bytes that hyper got.
    sent: usize,
    // What hyper was not to have: too much for it.
    held: Bytes,
    // None when the body stays with hyper.
    handover: Option<Arc<Handover>>,
    // Says at its end that the response is over.
    connection: Arc<Handover>,
}

impl Lent {
    /// `live`: as [`is_live`] says; `leaves`: the connection can be taken from hyper.
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

/// Whether the response is a stream of events, lines or elements, of a length that is not known.
pub(super) fn is_live(response: &Response<Body>) -> bool {
    let headers = response.headers();
    is_stream(response)
        && response.status().is_success()
        && response.version() == Version::HTTP_11
        && !headers.contains_key(header::CONTENT_LENGTH)
        && !headers.contains_key(header::TRANSFER_ENCODING)
        // hyper sends trailers to a client that wants them.
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
        // Whoever drives the connection looks at this when hyper has had its turn; no wake is needed.
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
