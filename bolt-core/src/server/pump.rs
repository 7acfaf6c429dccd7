//! `Pump`: writes a live stream to its client, without hyper and its buffers.

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

/// Ready frames are combined into one chunk of up to this many bytes; a single frame may be larger.
const MAX_CHUNK: usize = 16 * 1024;

/// Bytes of its next request that a client may send while the stream runs.
const MAX_EARLY: usize = 16 * 1024;

/// How long writing the end of a connection may take.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// Bytes written before other tasks get a turn: the runtime looks at other sockets only every few dozen turns.
const MAX_TURN: u64 = 32 * 1024;

/// A connection whose response is a live stream, after its head.
pub(super) struct Live<S> {
    pub(super) stream: S,
    pub(super) body: Body,
    /// Data of the body that hyper has not sent; may be empty.
    pub(super) first: Bytes,
    /// What the client has sent of its next request.
    pub(super) early: Bytes,
    /// The client wants the connection closed after the stream.
    pub(super) close: bool,
    pub(super) permit: ConnectionPermit,
}

/// Writes a live stream to its client.
///
/// The body is polled only when all of its data has been written. The socket is read in every turn, so that a client
/// that leaves is noticed whether events flow or not.
pub(super) struct Pump<S> {
    stream: S,
    body: Body,
    chunk: Chunk,
    /// What the client has sent of its next request.
    early: Vec<u8>,
    stall: StallTimer,
    /// The client wants the connection closed after the stream.
    close: bool,
    /// The client has shut down its sending side.
    read_end: bool,
    /// The last chunk is queued.
    finished: bool,
    /// The body failed; its earlier data is queued.
    failed: Option<axum::Error>,
    permit: ConnectionPermit,
}

/// How it ended.
#[derive(Debug)]
pub(super) enum End {
    /// The whole stream is written, and the connection stays open.
    Finished,
    /// The whole stream is written, and the connection has to be closed.
    Closed,
    /// The client has left.
    Gone(io::Error),
    /// The client is too slow.
    Slow,
    /// The body failed. The missing last chunk tells the client.
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

    /// The connection, and what the client has sent of its next request.
    pub(super) fn into_parts(self) -> (S, Bytes, ConnectionPermit) {
        (self.stream, self.early.into(), self.permit)
    }

    /// Whether no further request can come.
    fn reads_no_more(&self) -> bool {
        self.read_end && self.early.is_empty()
    }

    /// Closes the connection gracefully.
    pub(super) async fn close(mut self) {
        // With a timeout, since TLS sends a closure alert, which blocks if the client does not read.
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

    /// Queues what the body has ready. Pending if there is nothing.
    fn poll_fill(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let mut frames = Frames::default();
        while frames.len() < MAX_CHUNK {
            match body::poll_frame(&mut self.body, cx) {
                // Trailers are dropped: the head would have had to announce them.
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
            // Frees what the generator held before the client sees the end.
            body::discard(&mut self.body);
        }
        self.chunk.put(frames.into_bytes(), self.finished);
        Poll::Ready(())
    }

    /// Reads from the client. Ready if it has left.
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
