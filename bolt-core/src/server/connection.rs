//! The life of one connection.

use std::io;
use std::mem;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::{Bytes, BytesMut};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite};
use tokio::time::{Instant, sleep_until};

use super::connection_limits::ConnectionPermit;
use super::context::ServerContext;
use super::pump::{End, Live, Pump};
use super::{http1, http2};
use crate::observe::{self, drop_with_reason};

/// The connection preface of an HTTP/2 client with prior knowledge (RFC 9113, section 3.4).
const PREFACE: &[u8; 24] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// A connection, served until it ends.
///
/// Written by hand, since an `async fn` would be twice as large, and there is one for each open stream.
pub(super) struct Connection<S, A> {
    context: Arc<ServerContext>,
    client: A,
    state: State<S>,
}

// No field is structurally pinned.
impl<S, A> Unpin for Connection<S, A> {}

enum State<S> {
    /// Everything but a live stream. Boxed, so that a live stream does not pay for it.
    Head(Pin<Box<dyn Future<Output = Option<Live<S>>> + Send>>),
    Live(Pump<S>),
    Closing(Pin<Box<dyn Future<Output = ()> + Send>>),
    Over,
}

impl<S, A> Connection<S, A>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    A: Clone + Send + Sync + 'static,
{
    pub(super) fn new(
        context: Arc<ServerContext>,
        stream: S,
        client: A,
        permit: ConnectionPermit,
    ) -> Self {
        let head = Box::pin(begin(Arc::clone(&context), stream, client.clone(), permit));
        Self { context, client, state: State::Head(head) }
    }

    /// The state after the end of a stream.
    fn after(&self, pump: Pump<S>, end: &End) -> State<S> {
        match end {
            End::Finished => {
                let (stream, early, permit) = pump.into_parts();
                let next =
                    next(Arc::clone(&self.context), stream, early, self.client.clone(), permit);
                return State::Head(Box::pin(next));
            }
            End::Closed => return State::Closing(Box::pin(pump.close())),
            End::Gone(error) => tracing::debug!(%error, "the client of a stream is gone"),
            End::Slow => {
                tracing::debug!("the client of a stream is too slow");
                drop_with_reason(observe::End::Stalled, pump);
            }
            End::Broken(error) => tracing::debug!(%error, "the body of a stream failed"),
        }
        State::Over
    }
}

impl<S, A> Future for Connection<S, A>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    A: Clone + Send + Sync + 'static,
{
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let this = &mut *self;
        loop {
            this.state = match &mut this.state {
                State::Head(head) => {
                    let live = ready!(head.as_mut().poll(cx));
                    live.map_or(State::Over, |live| State::Live(Pump::new(live)))
                }
                State::Live(pump) => {
                    let end = ready!(pump.poll(&this.context, cx));
                    match mem::replace(&mut this.state, State::Over) {
                        State::Live(pump) => this.after(pump, &end),
                        other => other,
                    }
                }
                State::Closing(closing) => {
                    ready!(closing.as_mut().poll(cx));
                    State::Over
                }
                State::Over => return Poll::Ready(()),
            };
        }
    }
}

/// Serves a new connection up to its first live stream.
async fn begin<S, A>(
    context: Arc<ServerContext>,
    mut stream: S,
    client: A,
    permit: ConnectionPermit,
) -> Option<Live<S>>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    A: Clone + Send + Sync + 'static,
{
    let due = Instant::now() + context.header_timeout;
    let early = first_bytes(&context, &mut stream, due).await?;
    if early[..] == PREFACE[..] {
        http2::serve(&context, stream, early, client, permit, due).await;
        return None;
    }
    http1::serve(&context, stream, early, client, permit, due).await
}

/// Serves a connection that had a live stream, up to the next one.
async fn next<S, A>(
    context: Arc<ServerContext>,
    mut stream: S,
    mut early: Bytes,
    client: A,
    permit: ConnectionPermit,
) -> Option<Live<S>>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    A: Clone + Send + Sync + 'static,
{
    let due = Instant::now() + context.header_timeout;
    if early.is_empty() {
        // Holds no buffer until the client sends another request.
        early = first_bytes(&context, &mut stream, due).await?;
    }
    http1::serve(&context, stream, early, client, permit, due).await
}

/// The first bytes of a connection, enough to tell HTTP/2 from HTTP/1. None if none came in time.
async fn first_bytes<S>(context: &ServerContext, stream: &mut S, due: Instant) -> Option<Bytes>
where
    S: AsyncRead + Unpin,
{
    let mut bytes = BytesMut::new();
    let read = async {
        while bytes.len() < PREFACE.len() && PREFACE.starts_with(&bytes) {
            let mut space = [0; PREFACE.len()];
            let read = stream.read(&mut space[bytes.len()..]).await?;
            if read == 0 {
                break;
            }
            bytes.extend_from_slice(&space[bytes.len()..][..read]);
        }
        Ok::<(), io::Error>(())
    };
    let read = tokio::select! {
        biased;
        read = read => read,
        () = context.draining.wait() => return None,
        () = sleep_until(due) => {
            tracing::debug!("no request in time");
            return None;
        }
    };
    // hyper refuses a request that is incomplete.
    (read.is_ok() && !bytes.is_empty()).then(|| bytes.freeze())
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;

    use tokio::net::TcpStream;

    use super::*;

    #[test]
    #[expect(clippy::print_stdout, reason = "to be read with `--nocapture`")]
    fn the_state_of_a_connection_is_small() {
        let bytes = size_of::<Connection<TcpStream, SocketAddr>>();
        let pump = size_of::<Pump<TcpStream>>();
        println!("a connection is {bytes} bytes, of which the pump {pump}");
        assert!(bytes <= 256, "{bytes} bytes");
    }
}
