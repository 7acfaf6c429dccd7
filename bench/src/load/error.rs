//! Why there was no run.

use std::fmt;
use std::io;
use std::net::SocketAddr;

#[derive(Debug)]
pub(crate) enum Error {
    /// More files than the system lets this process open.
    Files { clients: usize, needed: u64, limit: u64 },
    /// More connections to one address than there are local ports.
    Ports { clients: usize, ports: usize },
    /// The first connection failed.
    Dead(SocketAddr, io::Error),
    /// The process to measure cannot be read.
    Process(u32, io::Error),
    /// The loop of events failed.
    Poll(io::Error),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Files { clients, needed, limit } => write!(
                f,
                "{clients} clients need {needed} open files, and the limit is {limit}: raise it with \
                 `ulimit -n {needed}` (as root, or LimitNOFILE or limits.conf for good), or ask for fewer clients"
            ),
            Self::Ports { clients, ports } => write!(
                f,
                "{clients} clients need as many local ports, and there are {ports}: widen the range with \
                 `sysctl net.ipv4.ip_local_port_range=\"1024 65535\"`, or ask for fewer clients"
            ),
            Self::Dead(address, error) => write!(
                f,
                "cannot connect to {address}: {error}; start the server first, or check the address"
            ),
            Self::Process(pid, error) => write!(
                f,
                "cannot measure process {pid}: {error}; --pid is the number of a running process on this machine"
            ),
            Self::Poll(error) => write!(f, "cannot wait for events of sockets: {error}"),
        }
    }
}

impl std::error::Error for Error {}
