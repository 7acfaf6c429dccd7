//! The life of one connection.

use std::future::poll_fn;
use std::io;
use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::time::{Instant, sleep_until};

use super::hub::Hub;
use super::pump::{End, Pump};
use super::{http1, http2};

/// What a client sends first when it knows that the server speaks HTTP/2 (RFC 9113, section 3.4).
const PREFACE: &[u8; 24] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// Serves a connection until it ends.
///
/// What hyper and the waits need is boxed, so that a live stream holds none of it.
pub(super) async fn serve<S, A>(hub: Arc<Hub>, mut stream: S, client: A)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    A: Clone + Send + Sync + 'static,
{
    let mut early = Bytes::new();
    let mut first = true;
    loop {
        let due = Instant::now() + hub.header_timeout;
        if early.is_empty() {
            early = match Box::pin(first_bytes(&hub, &mut stream, due)).await {
                Some(bytes) => bytes,
                None => return,
            };
        }
        if std::mem::take(&mut first) && early[..] == PREFACE[..] {
            return Box::pin(http2::serve(&hub, stream, early, client, due)).await;
        }
        let live = Box::pin(http1::serve(&hub, stream, early, client.clone(), due)).await;
        let Some(live) = live else { return };
        let mut pump = Pump::new(live.stream, live.body, live.early, hub.half_close, hub.limits);
        match poll_fn(|cx| pump.poll(cx)).await {
            End::Finished => {}
            End::Gone(error) => return tracing::debug!(%error, "the client of a stream is gone"),
            End::Broken(error) => return tracing::debug!(%error, "the body of a stream failed"),
        }
        if live.close || hub.is_draining() {
            let _ = pump.stream.shutdown().await;
            return;
        }
        stream = pump.stream;
        early = pump.early.freeze();
    }
}

/// The first bytes of a connection: as many as tell HTTP/2 from HTTP/1. None when none came in time.
async fn first_bytes<S>(hub: &Hub, stream: &mut S, due: Instant) -> Option<Bytes>
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
        () = hub.draining() => return None,
        () = sleep_until(due) => {
            tracing::debug!("no request in time");
            return None;
        }
    };
    // What is left of a request that is not whole is hyper's to refuse.
    (read.is_ok() && !bytes.is_empty()).then(|| bytes.freeze())
}
