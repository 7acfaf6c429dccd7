//! Reads what a client still sends after its last response.
//!
//! When a socket is closed with unread data in it, the system sends a reset, which can take the response away from a
//! client that has not read it (RFC 9112, section 9.6). Most clients read nothing before all of their request is sent.

use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _};
use tokio::time::{sleep, timeout};

use crate::latch::Latch;

/// How long the client may be silent.
const IDLE: Duration = Duration::from_secs(5);

/// How long it may send, and after the start of a shutdown.
const TOTAL: Duration = Duration::from_secs(30);
const DRAINING: Duration = Duration::from_secs(1);

/// Bytes read at a time.
const SPACE: usize = 16 * 1024;

/// Reads to the end, or for as long as a client may take. The sending side has been shut down.
pub(super) async fn linger<S: AsyncRead + Unpin>(stream: &mut S, draining: &Latch) {
    let mut space = vec![0; SPACE];
    let rest = async { while let Ok(Ok(1..)) = timeout(IDLE, stream.read(&mut space)).await {} };
    let drained = async {
        draining.wait().await;
        sleep(DRAINING).await;
    };
    tokio::select! {
        _ = timeout(TOTAL, rest) => {}
        () = drained => {}
    }
}
