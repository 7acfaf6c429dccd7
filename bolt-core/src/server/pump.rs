//! `Pump`: writes a live stream to its client, at the price of the socket.

use std::io;
use std::mem::MaybeUninit;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::body::Body;
use bytes::Bytes;
use http_body::Body as _;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt as _, ReadBuf};
use tokio::time::timeout;

use super::body;
use super::chunk::{Chunk, Frames};
use super::connection_limits::ConnectionPermit;
use super::context::ServerContext;
use super::stall::StallTimer;

/// What is ready goes into one chunk up to this many bytes; a single frame may be larger.
const MAX_CHUNK: usize = 16 * 1024;

/// Bytes that a client may send ahead, for its next request, while the stream runs.
const MAX_EARLY: usize = 16 * 1024;

/// How long the end of a connection may take to be written.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// Bytes written in one turn before other tasks get theirs: what is new on other sockets is looked at only every
/// few dozen turns.
const MAX_TURN: u64 = 32 * 1024;

/// A connection whose response is a live stream; the head is written.
pub(super) struct Live<S> {
    pub(super) stream: S,
    pub(super) body: Body,
    /// What the body gave and hyper has not sent; may be empty.
    pub(super) first: Bytes,
    /// What the client sent ahead.
    pub(super) early: Bytes,
    /// The client wants the connection closed afterwards.
    pub(super) close: bool,
    pub(super) permit: ConnectionPermit,
}

/// Writes a live stream to its client.
///
/// The body is asked for more only when all it gave is written; what the client says is looked at in every turn, so
/// that one that has left is noticed whether events flow or not.
pub(super) struct Pump<S> {
    stream: S,
    body: Body,
    chunk: Chunk,
    /// What the client sent ahead.
    early: Vec<u8>,
    stall: StallTimer,
    /// The client wants the connection closed at the end.
    close: bool,
    /// The client will send no more.
    read_end: bool,
    /// The last chunk is in line.
    finished: bool,
    /// The body failed; what it gave before is in line.
    failed: Option<axum::Error>,
    permit: ConnectionPermit,
}

/// How it ended.
#[derive(Debug)]
pub(super) enum End {
    /// The client has all of it, and may ask for more.
    Finished,
    /// The client has all of it, and the connection is to be closed.
    Closed,
    /// The client is gone.
    Gone(io::Error),
    /// The client is too slow.
    Slow,
    /// The body failed; that no last chunk was sent says so.
    Broken(axum::Error),
}

impl<S: AsyncRead + AsyncWrite + Unpin> Pump<S> {
    pub(super) fn new(Live { stream, mut body, first, early, close, permit }: Live<S>) -> Self {
        let finished = !first.is_empty() && body.is_end_stream();
        if finished {
            body::discard(&mut body);
        }
        let mut chunk = Chunk::default();
        chunk.put(first, finished);
        Self {
            stream,
            body,
            chunk,
            early: early.into(),
            stall: StallTimer::default(),
            close,
            read_end: false,
            finished,
            failed: None,
            permit,
        }
    }

    /// The connection, and what the client sent ahead.
    pub(super) fn into_parts(self) -> (S, Bytes, ConnectionPermit) {
        (self.stream, self.early.into(), self.permit)
    }

    /// Whether there is no further request.
    fn reads_no_more(&self) -> bool {
        self.read_end && self.early.is_empty()
    }

    /// Closes the connection in good order.
    pub(super) async fn close(mut self) {
        // TLS has a last word, which a client that does not read would keep waiting.
        let _ = timeout(LAST_WORDS, self.stream.shutdown()).await;
    }

    /// Writes until the end.
    pub(super) fn poll(&mut self, context: &ServerContext, cx: &mut Context<'_>) -> Poll<End> {
        let turn = self.chunk.written() + MAX_TURN;
        while self.chunk.written() < turn {
            match self.chunk.poll_write(&mut self.stream, cx) {
                Poll::Ready(Ok(())) => {}
                Poll::Ready(Err(error)) => return Poll::Ready(End::Gone(error)),
                Poll::Pending => {
                    let taken = self.chunk.written();
                    if self.stall.poll_over(context.limits, cx, taken).is_ready() {
                        return Poll::Ready(End::Slow);
                    }
                    return self.poll_client(context, cx);
                }
            }
            if self.finished {
                let close = self.close || self.reads_no_more() || context.draining.is_set();
                return Poll::Ready(if close { End::Closed } else { End::Finished });
            }
            if let Some(error) = self.failed.take() {
                return Poll::Ready(End::Broken(error));
            }
            if self.poll_fill(cx).is_pending() {
                self.stall.rest();
                return self.poll_client(context, cx);
            }
        }
        cx.waker().wake_by_ref();
        self.poll_client(context, cx)
    }

    /// Takes what the body has ready. Pending when that is nothing.
    fn poll_fill(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let mut frames = Frames::default();
        while frames.len() < MAX_CHUNK {
            match body::poll_frame(&mut self.body, cx) {
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
            body::discard(&mut self.body);
        }
        self.chunk.put(frames.into_bytes(), self.finished);
        Poll::Ready(())
    }

    /// Listens to the client. Ready when it is gone.
    fn poll_client(&mut self, context: &ServerContext, cx: &mut Context<'_>) -> Poll<End> {
        while !self.read_end && self.early.len() < MAX_EARLY {
            let mut space = [MaybeUninit::<u8>::uninit(); 512];
            let mut buffer = ReadBuf::uninit(&mut space);
            match ready!(Pin::new(&mut self.stream).poll_read(cx, &mut buffer)) {
                Err(error) => return Poll::Ready(End::Gone(error)),
                Ok(()) if buffer.filled().is_empty() => {
                    self.read_end = true;
                    if !context.half_close {
                        return Poll::Ready(End::Gone(io::ErrorKind::UnexpectedEof.into()));
                    }
                }
                Ok(()) => self.early.extend_from_slice(buffer.filled()),
            }
        }
        Poll::Pending
    }
}
