//! `Pump`: writes a live stream to its client, at the price of the socket.

use std::io;
use std::mem::MaybeUninit;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use axum::body::Body;
use bytes::{Bytes, BytesMut};
use http_body::Body as _;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::chunk::{Chunk, Frames};
use super::handover::Taken;
use super::patience::{Limits, Patience};

/// What is ready goes into one chunk up to this many bytes; a single frame may be larger.
const MOST_IN_A_CHUNK: usize = 16 * 1024;

/// Bytes that a client may send ahead, for its next request, while the stream runs.
const MOST_EARLY: usize = 16 * 1024;

/// Chunks written in one turn before other tasks get theirs.
const MOST_IN_A_TURN: usize = 16;

/// A connection whose response is a live stream.
///
/// The body is asked for more only when all it gave is written; what the client says is looked at in every turn, so
/// that one that has left is noticed whether events flow or not.
pub(super) struct Pump<S> {
    pub(super) stream: S,
    body: Body,
    chunk: Chunk,
    /// What the client sent ahead.
    pub(super) early: BytesMut,
    /// The client will send no more.
    read_end: bool,
    half_close: bool,
    /// The last chunk is in line.
    finished: bool,
    /// The body failed; what it gave before is in line.
    failed: Option<axum::Error>,
    /// Bytes of chunks that are behind us.
    written: u64,
    patience: Patience,
}

/// How it ended.
#[derive(Debug)]
pub(super) enum End {
    /// The client has all of it.
    Finished,
    /// The client is gone, or too slow.
    Gone(io::Error),
    /// The body failed; that no last chunk was sent says so.
    Broken(axum::Error),
}

impl<S: AsyncRead + AsyncWrite + Unpin> Pump<S> {
    pub(super) fn new(
        stream: S,
        body: Taken,
        early: Bytes,
        half_close: bool,
        limits: Limits,
    ) -> Self {
        let Taken { body, first } = body;
        let finished = !first.is_empty() && body.is_end_stream();
        let mut chunk = Chunk::default();
        chunk.put(first, finished);
        let body = if finished { Body::empty() } else { body };
        Self {
            stream,
            body,
            chunk,
            early: early.into(),
            read_end: false,
            half_close,
            finished,
            failed: None,
            written: 0,
            patience: Patience::new(limits),
        }
    }

    /// Writes until the end.
    pub(super) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<End> {
        for _ in 0..MOST_IN_A_TURN {
            match self.chunk.poll_write(&mut self.stream, cx) {
                Poll::Ready(Ok(())) => {}
                Poll::Ready(Err(error)) => return Poll::Ready(End::Gone(error)),
                Poll::Pending => {
                    let taken = self.written + self.chunk.written() as u64;
                    if self.patience.poll_over(cx, taken).is_ready() {
                        return Poll::Ready(End::Gone(io::ErrorKind::TimedOut.into()));
                    }
                    return self.poll_client(cx);
                }
            }
            if self.finished {
                return Poll::Ready(End::Finished);
            }
            if let Some(error) = self.failed.take() {
                return Poll::Ready(End::Broken(error));
            }
            if self.poll_fill(cx).is_pending() {
                self.patience.rest();
                return self.poll_client(cx);
            }
        }
        cx.waker().wake_by_ref();
        self.poll_client(cx)
    }

    /// Takes what the body has ready. Pending when that is nothing.
    fn poll_fill(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let mut frames = Frames::default();
        while frames.len() < MOST_IN_A_CHUNK {
            match Pin::new(&mut self.body).poll_frame(cx) {
                // Trailers are not sent: their reader would have had to be promised them in the head.
                Poll::Ready(Some(Ok(frame))) => frames.add(frame.into_data().unwrap_or_default()),
                Poll::Ready(Some(Err(error))) => {
                    self.failed = Some(error);
                    break;
                }
                Poll::Ready(None) => {
                    self.finished = true;
                    break;
                }
                Poll::Pending if frames.len() == 0 => return Poll::Pending,
                Poll::Pending => break,
            }
            if self.body.is_end_stream() {
                self.finished = true;
                break;
            }
        }
        if self.finished {
            // What the generator held is free before the client hears of the end.
            self.body = Body::empty();
        }
        self.written += self.chunk.written() as u64;
        self.chunk.put(frames.into_bytes(), self.finished);
        Poll::Ready(())
    }

    /// Listens to the client. Ready when it is gone.
    fn poll_client(&mut self, cx: &mut Context<'_>) -> Poll<End> {
        while !self.read_end && self.early.len() < MOST_EARLY {
            let mut space = [MaybeUninit::<u8>::uninit(); 512];
            let mut buffer = ReadBuf::uninit(&mut space);
            match ready!(Pin::new(&mut self.stream).poll_read(cx, &mut buffer)) {
                Err(error) => return Poll::Ready(End::Gone(error)),
                Ok(()) if buffer.filled().is_empty() => {
                    self.read_end = true;
                    if !self.half_close {
                        return Poll::Ready(End::Gone(io::ErrorKind::UnexpectedEof.into()));
                    }
                }
                Ok(()) => self.early.extend_from_slice(buffer.filled()),
            }
        }
        Poll::Pending
    }
}
