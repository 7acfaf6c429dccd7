//! `Wire`: a body as it was sent, for a decoder to read.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::task::{Context, Poll, ready};

use axum::body::Body;
use bytes::{Buf as _, Bytes};
use http_body::Body as _;
use tokio::io::{AsyncBufRead, AsyncRead, ReadBuf};
use tokio::task::coop::poll_proceed;

/// Bytes that may decode to nothing: there are blocks without anything in them, and those have no end.
const MAX_FOR_NOTHING: u64 = 1024 * 1024;

pub(super) struct Wire {
    body: Body,
    chunk: Bytes,
    progress: Arc<Progress>,
}

/// How far the body was read.
#[derive(Default)]
pub(super) struct Progress {
    /// Bytes.
    sent: AtomicU64,
    /// How many that were when something was decoded last.
    gave_at: AtomicU64,
    ended: AtomicBool,
}

impl Progress {
    /// How much of it was used, in bytes.
    pub(super) fn sent(&self) -> u64 {
        self.sent.load(Ordering::Relaxed)
    }

    /// Something was decoded.
    pub(super) fn gave(&self) {
        self.gave_at.store(self.sent(), Ordering::Relaxed);
    }

    fn is_for_nothing(&self) -> bool {
        self.sent() - self.gave_at.load(Ordering::Relaxed) > MAX_FOR_NOTHING
    }

    /// Whether it was read to its end.
    pub(super) fn has_ended(&self) -> bool {
        self.ended.load(Ordering::Relaxed)
    }
}

impl Wire {
    pub(super) fn new(body: Body, progress: Arc<Progress>) -> Self {
        Self { body, chunk: Bytes::new(), progress }
    }
}

impl AsyncBufRead for Wire {
    fn poll_fill_buf(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<&[u8]>> {
        let this = self.get_mut();
        if this.progress.is_for_nothing() {
            let what = format!("{MAX_FOR_NOTHING} bytes of it decode to nothing");
            return Poll::Ready(Err(io::Error::other(what)));
        }
        while this.chunk.is_empty() && !this.progress.has_ended() {
            // What is always there, and of which nothing comes out, lets others run all the same.
            let coop = ready!(poll_proceed(cx));
            let frame = ready!(Pin::new(&mut this.body).poll_frame(cx));
            coop.made_progress();
            match frame {
                None => this.progress.ended.store(true, Ordering::Relaxed),
                Some(Ok(frame)) => this.chunk = frame.into_data().unwrap_or_default(),
                Some(Err(error)) => return Poll::Ready(Err(io::Error::other(error))),
            }
        }
        Poll::Ready(Ok(&this.chunk))
    }

    fn consume(mut self: Pin<&mut Self>, count: usize) {
        self.chunk.advance(count);
        self.progress.sent.fetch_add(count as u64, Ordering::Relaxed);
    }
}

impl AsyncRead for Wire {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        out: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let ready = ready!(self.as_mut().poll_fill_buf(cx))?;
        let count = ready.len().min(out.remaining());
        out.put_slice(&ready[..count]);
        self.consume(count);
        Poll::Ready(Ok(()))
    }
}
