//! `Pipes`: a listener without sockets.

use std::future::pending;
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use tokio::io::{DuplexStream, duplex};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use crate::server::Listener;

/// Bytes that a pipe holds in each direction, as a socket's buffers do.
const CAPACITY: usize = 64 * 1024;

/// Takes connections from [`Caller`].
pub(super) struct Pipes(UnboundedReceiver<DuplexStream>);

/// Connects to [`Pipes`].
#[derive(Clone, Debug)]
pub(super) struct Caller(UnboundedSender<DuplexStream>);

pub(super) fn pipes() -> (Caller, Pipes) {
    let (sender, receiver) = unbounded_channel();
    (Caller(sender), Pipes(receiver))
}

impl Caller {
    /// A connection.
    ///
    /// # Errors
    /// When nobody listens any more.
    pub(super) fn call(&self) -> io::Result<DuplexStream> {
        let (ours, theirs) = duplex(CAPACITY);
        self.0.send(theirs).map_err(|_| io::ErrorKind::ConnectionRefused)?;
        Ok(ours)
    }
}

impl Listener for Pipes {
    type Stream = DuplexStream;
    // As handlers expect it that ask who connects.
    type Address = SocketAddr;

    async fn accept(&mut self) -> io::Result<(DuplexStream, SocketAddr)> {
        match self.0.recv().await {
            Some(stream) => Ok((stream, (Ipv4Addr::LOCALHOST, 0).into())),
            None => pending().await,
        }
    }

    fn name(&self) -> String {
        "pipes in this process".to_owned()
    }

    fn ip(address: &SocketAddr) -> Option<IpAddr> {
        Some(address.ip())
    }
}
