//! What is asked of the system for a connection.

use std::any::Any;
use std::io;
use std::time::Duration;

use socket2::{SockRef, TcpKeepalive};
use tokio::net::TcpStream;

use crate::config::SocketSettings;

/// The system asks a client that has been silent for this long whether it is there.
const KEEP_ALIVE: Duration = Duration::from_secs(60);

/// Sets the options of a TCP connection; other streams have none.
pub(super) fn prepare(stream: &dyn Any, settings: SocketSettings) {
    let Some(stream) = stream.downcast_ref::<TcpStream>() else { return };
    if let Err(error) = set(SockRef::from(stream), settings) {
        // The client may be gone already.
        tracing::debug!(%error, "cannot set the options of a socket");
    }
}

#[expect(clippy::needless_pass_by_value, reason = "it is a reference in itself")]
fn set(socket: SockRef<'_>, settings: SocketSettings) -> io::Result<()> {
    socket.set_tcp_nodelay(settings.nodelay)?;
    // For a client that vanishes while it is the one to speak: nothing waits for its acknowledgement then.
    socket.set_tcp_keepalive(&TcpKeepalive::new().with_time(KEEP_ALIVE))?;
    if let Some(bytes) = settings.send_buffer {
        // Linux doubles the number, for its own bookkeeping.
        socket.set_send_buffer_size(if cfg!(target_os = "linux") { bytes / 2 } else { bytes })?;
    }
    #[cfg(target_os = "linux")]
    socket.set_tcp_user_timeout(settings.user_timeout)?;
    Ok(())
}
