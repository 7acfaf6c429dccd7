//! The listener, from the configuration or from the service manager.

use std::io;
use std::net::SocketAddr;

use socket2::{Domain, Protocol, Socket, Type};
use tokio::net::{TcpListener, lookup_host};

use super::systemd::Passed;
#[cfg(unix)]
use super::unix::{self, UnixSocket};
use crate::config::ServerSettings;
use crate::error::{Error, Result};

/// Where connections come from. Each kind is served by code of its own.
pub(super) enum Listening {
    Tcp(TcpListener),
    #[cfg(unix)]
    Unix(UnixSocket),
}

/// Listens on the socket that was passed, or else on the first address of `server.host` that can be had.
pub(super) async fn listen(settings: &ServerSettings, passed: Option<Passed>) -> Result<Listening> {
    match passed {
        #[cfg(target_os = "linux")]
        Some(passed) => accept_passed(passed).map_err(Error::passed_socket),
        None => match settings.host.strip_prefix("unix:") {
            Some(path) => listen_unix(path, settings),
            None => listen_tcp(settings).await.map(Listening::Tcp),
        },
    }
}

#[cfg(target_os = "linux")]
fn accept_passed(passed: Passed) -> io::Result<Listening> {
    tracing::info!("a socket was passed (LISTEN_FDS): server.host and server.port are not used");
    Ok(match passed {
        Passed::Tcp(listener) => {
            listener.set_nonblocking(true)?;
            Listening::Tcp(TcpListener::from_std(listener)?)
        }
        Passed::Unix(listener) => {
            listener.set_nonblocking(true)?;
            Listening::Unix(UnixSocket::passed(tokio::net::UnixListener::from_std(listener)?))
        }
    })
}

#[cfg(unix)]
fn listen_unix(path: &str, settings: &ServerSettings) -> Result<Listening> {
    let listening = unix::bind(path.as_ref(), settings.backlog).map(Listening::Unix);
    listening.map_err(|error| Error::bind_unix(path, error))
}

#[cfg(not(unix))]
fn listen_unix(path: &str, _: &ServerSettings) -> Result<Listening> {
    Err(Error::bind_unix(path, io::ErrorKind::Unsupported.into()))
}

async fn listen_tcp(settings: &ServerSettings) -> Result<TcpListener> {
    let (host, port) = (settings.host.as_str(), settings.port);
    let failed = |error| Error::bind(host, port, error);
    let addresses = lookup_host((host, port)).await.map_err(failed)?;
    let mut last = io::Error::new(io::ErrorKind::NotFound, "the host has no address");
    for address in addresses {
        match bind(address, settings) {
            Ok(listener) => return Ok(listener),
            Err(error) => last = error,
        }
    }
    Err(failed(last))
}

fn bind(address: SocketAddr, settings: &ServerSettings) -> io::Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    if address.is_ipv6() {
        // The default is another on every system.
        socket.set_only_v6(settings.ipv6_only)?;
    }
    // So that a restart need not wait for the old connections to be forgotten.
    #[cfg(unix)]
    socket.set_reuse_address(true)?;
    if settings.reuse_port {
        share_port(&socket)?;
    }
    socket.bind(&address.into())?;
    socket.listen(i32::try_from(settings.backlog).unwrap_or(i32::MAX))?;
    socket.set_nonblocking(true)?;
    TcpListener::from_std(socket.into())
}

#[cfg(all(unix, not(any(target_os = "solaris", target_os = "illumos"))))]
fn share_port(socket: &Socket) -> io::Result<()> {
    socket.set_reuse_port(true)
}

#[cfg(not(all(unix, not(any(target_os = "solaris", target_os = "illumos")))))]
fn share_port(_: &Socket) -> io::Result<()> {
    let why = "this system cannot share a port (server.reuse_port)";
    Err(io::Error::new(io::ErrorKind::Unsupported, why))
}
