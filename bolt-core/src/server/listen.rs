//! The listener, from the configuration.

use std::io;
use std::net::SocketAddr;

use tokio::net::{TcpListener, TcpSocket, lookup_host};

use crate::config::ServerSettings;
use crate::error::{Error, Result};

/// Listens on the first address of `server.host` that can be had.
pub(super) async fn listen(settings: &ServerSettings) -> Result<TcpListener> {
    let (host, port) = (settings.host.as_str(), settings.port);
    let failed = |error| Error::bind(host, port, error);
    let addresses = lookup_host((host, port)).await.map_err(failed)?;
    let mut last = io::Error::new(io::ErrorKind::NotFound, "the host has no address");
    for address in addresses {
        match bind(address, settings.backlog) {
            Ok(listener) => return Ok(listener),
            Err(error) => last = error,
        }
    }
    Err(failed(last))
}

fn bind(address: SocketAddr, backlog: u32) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    // So that a restart need not wait for the old connections to be forgotten.
    #[cfg(unix)]
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(backlog)
}
