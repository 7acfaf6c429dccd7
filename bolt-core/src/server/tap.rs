//! `Tap`: a connection as hyper sees it.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::{Buf as _, Bytes};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::connection_limits::ConnectionPermit;
use super::handover::Handover;

/// A connection whose first bytes have been read already, and which observes hyper's reads and writes.
pub(super) struct Tap<S> {
    pub(super) stream: S,
    early: Bytes,
    handover: Arc<Handover>,
    // Kept here, so that it stays with an upgraded connection.
    permit: ConnectionPermit,
    /// Whether the client has sent something since it was last written to.
    pub(super) heard: bool,
}

impl<S> Tap<S> {
    pub(super) fn new(
        stream: S,
        early: Bytes,
        permit: ConnectionPermit,
        handover: Arc<Handover>,
    ) -> Self {
        Self { stream, heard: !early.is_empty(), early, handover, permit }
    }

    /// The connection, and the bytes of the client that were not consumed: `read` is what hyper had buffered.
    pub(super) fn into_parts(self, read: Bytes) -> (S, Bytes, ConnectionPermit) {
        // Copied, so that hyper's buffer is freed. Bytes that hyper has not read follow it, if its buffer was full.
        (self.stream, [read, self.early].concat().into(), self.permit)
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Tap<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let given = self.early.len().min(buffer.remaining());
        if given > 0 {
            buffer.put_slice(&self.early[..given]);
            self.early.advance(given);
        }
        let before = buffer.filled().len();
        // Read in the same call, so that hyper need not grow its buffer for the rest of the head. An error or the end
        // shows up again in the next call.
        let read = if buffer.remaining() > 0 {
            Pin::new(&mut self.stream).poll_read(cx, buffer)
        } else {
            Poll::Pending
        };
        self.heard |= buffer.filled().len() > before;
        if given > 0 { Poll::Ready(Ok(())) } else { read }
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Tap<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.heard = false;
        let written = Pin::new(&mut self.stream).poll_write(cx, bytes);
        self.handover.wrote(&written);
        written
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.heard = false;
        let written = Pin::new(&mut self.stream).poll_write_vectored(cx, slices);
        self.handover.wrote(&written);
        written
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(Pin::new(&mut self.stream).poll_flush(cx))?;
        // hyper flushes only when it has nothing left to write.
        self.handover.flushed();
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
