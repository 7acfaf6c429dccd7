//! TLS: the handshake. What it needs is read in `config/tls.rs`.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, ReadBuf};
use tokio::time::{Instant, timeout_at};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use super::connection::Connection;
use super::connection_limits::ConnectionPermit;
use super::context::ServerContext;
use super::refusal;
use crate::config::Tls;
use crate::problem::{ErrorStatus, Problem};

/// The first byte of every client: its first record is of the kind `handshake` (RFC 8446, section 5.1).
const HANDSHAKE: u8 = 22;

/// Serves a connection that is to speak TLS, until it ends. HTTP/2 is told by its preface, as it is without TLS.
pub(super) async fn serve<S, A>(
    tls: Tls,
    context: Arc<ServerContext>,
    stream: S,
    client: A,
    permit: ConnectionPermit,
) where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    A: Clone + Send + Sync + 'static,
{
    // Boxed, so that an open connection does not hold what the handshake needed.
    if let Some(stream) = Box::pin(handshake(tls, &context, stream)).await {
        Connection::new(context, stream, client, permit).await;
    }
}

/// None when it came to nothing.
async fn handshake<S>(
    tls: Tls,
    context: &ServerContext,
    mut stream: S,
) -> Option<TlsStream<Begun<S>>>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let due = Instant::now() + context.header_timeout;
    let first = in_time(context, due, stream.read_u8()).await?;
    if first != HANDSHAKE {
        tracing::debug!("a client does not speak TLS");
        let detail = "this port speaks TLS: use https";
        let problem = Problem::new(ErrorStatus::BAD_REQUEST).detail(detail);
        refusal::send(stream, problem, context.problems()).await;
        return None;
    }
    let begun = Begun { first: Some(first), stream };
    in_time(context, due, TlsAcceptor::from(tls.config).accept(begun)).await
}

/// A part of the handshake, unless it fails, takes too long, or the server is to end.
async fn in_time<T>(
    context: &ServerContext,
    due: Instant,
    part: impl Future<Output = io::Result<T>>,
) -> Option<T> {
    let part = async {
        timeout_at(due, part).await.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
    };
    tokio::select! {
        biased;
        done = part => done.inspect_err(|error| tracing::debug!(%error, "no handshake")).ok(),
        () = context.draining.wait() => None,
    }
}

/// A connection whose first byte was looked at.
pub(super) struct Begun<S> {
    first: Option<u8>,
    stream: S,
}

impl<S: AsyncRead + Unpin> AsyncRead for Begun<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if buffer.remaining() > 0
            && let Some(first) = self.first.take()
        {
            buffer.put_slice(&[first]);
            return Poll::Ready(Ok(()));
        }
        Pin::new(&mut self.stream).poll_read(cx, buffer)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Begun<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
