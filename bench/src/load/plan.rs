//! What is asked of a run.
use std::net::SocketAddr;
use std::time::Duration;

/// The command line.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Where the streams are, such as http://127.0.0.1:8080/sse.
    url: String,
}

/// A run, checked.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    /// Where the server listens.
    pub(crate) address: SocketAddr,
    /// The path and query of the request.
    pub(crate) target: String,
    pub(crate) method: String,
    pub(crate) body: Vec<u8>,
    pub(crate) clients: usize,
    /// How long the load lasts, from the first connection on.
    pub(crate) lasts: Duration,
    /// Connections opened in a second. None: as fast as they are accepted.
    pub(crate) ramp: Option<u32>,
    /// Whether a client whose stream has ended asks again, on the same connection, until the time is over.
    pub(crate) again: bool,
    /// The server's process, if its memory and CPU are to be measured.
    pub(crate) pid: Option<u32>,
}
