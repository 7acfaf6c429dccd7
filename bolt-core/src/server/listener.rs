//! `Listener`: where connections come from.

use std::fmt::Debug;
use std::io;
use std::net::{IpAddr, SocketAddr};

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};

/// Where [`App::serve`](crate::App::serve) takes its connections from: a [`TcpListener`], a
/// [`UnixListener`](tokio::net::UnixListener), or a type of one's own, such as a simulated network.
pub trait Listener: Send + 'static {
    /// A connection. A stream should write several buffers at once
    /// ([`is_write_vectored`](AsyncWrite::is_write_vectored)).
    type Stream: AsyncRead + AsyncWrite + Unpin + Send + 'static;

    /// Who connects; handlers get it as [`ConnectInfo`](axum::extract::ConnectInfo).
    type Address: Clone + Debug + Send + Sync + 'static;

    /// Waits for the next connection.
    ///
    /// # Errors
    /// Those of the system, such as too many open files. They do not end the server: it waits for a moment and
    /// calls again.
    ///
    /// # Cancellation
    /// No connection may be lost when the future is dropped.
    fn accept(&mut self) -> impl Future<Output = io::Result<(Self::Stream, Self::Address)>> + Send;

    /// Where it listens, for the log.
    fn name(&self) -> String;

    /// The IP address of who connects, for `server.max_connections_per_ip`. Default: none, so not counted.
    fn ip(address: &Self::Address) -> Option<IpAddr> {
        let _ = address;
        None
    }
}

impl Listener for TcpListener {
    type Stream = TcpStream;
    type Address = SocketAddr;

    async fn accept(&mut self) -> io::Result<(TcpStream, SocketAddr)> {
        Self::accept(self).await
    }

    fn name(&self) -> String {
        self.local_addr()
            .map_or_else(|error| error.to_string(), |address| format!("http://{address}"))
    }

    fn ip(address: &SocketAddr) -> Option<IpAddr> {
        Some(address.ip())
    }
}

#[cfg(unix)]
impl Listener for tokio::net::UnixListener {
    type Stream = tokio::net::UnixStream;
    // The system's own type cannot be cloned.
    type Address = std::sync::Arc<tokio::net::unix::SocketAddr>;

    async fn accept(&mut self) -> io::Result<(Self::Stream, Self::Address)> {
        let (stream, address) = Self::accept(self).await?;
        Ok((stream, address.into()))
    }

    fn name(&self) -> String {
        let address = self.local_addr().ok();
        let path = address.as_ref().and_then(|address| address.as_pathname());
        path.map_or_else(|| "unix".to_owned(), |path| format!("unix:{}", path.display()))
    }
}
