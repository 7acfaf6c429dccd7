//! What is asked of a run.

use std::net::SocketAddr;
use std::time::Duration;

/// A run, checked.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    /// Where the server listens.
    pub(crate) address: SocketAddr,
    /// What the request calls the server, such as `127.0.0.1:8080`.
    pub(crate) host: String,
    /// The path and query of the request.
    pub(crate) target: String,
    pub(crate) method: String,
    /// How the answer may be compressed.
    pub(crate) accept_encoding: Option<String>,
    /// Sent as JSON, if there is one.
    pub(crate) body: Vec<u8>,
    pub(crate) clients: usize,
    /// How long the streams are measured, from the moment when all clients have been answered or have failed.
    pub(crate) lasts: Duration,
    /// Connections opened in a second. None: as fast as they are answered.
    pub(crate) ramp: Option<u32>,
    /// Whether a client whose stream has ended asks again, on the same connection, until the time is over.
    pub(crate) again: bool,
    /// The server's process, if its memory and CPU are to be measured.
    pub(crate) pid: Option<u32>,
}

impl Plan {
    /// The bytes of a request.
    pub(crate) fn request(&self) -> Vec<u8> {
        let Self { host, target, method, accept_encoding, body, .. } = self;
        let mut request = format!(
            "{method} {target} HTTP/1.1\r\nhost: {host}\r\naccept: text/event-stream\r\nuser-agent: bolt-bench\r\n"
        );
        if let Some(coding) = accept_encoding {
            request += &format!("accept-encoding: {coding}\r\n");
        }
        // A length also where there is nothing: a POST without one is refused by some servers.
        if !body.is_empty() {
            request += "content-type: application/json\r\n";
        }
        if !body.is_empty() || method != "GET" {
            request += &format!("content-length: {}\r\n", body.len());
        }
        request += "\r\n";
        let mut request = request.into_bytes();
        request.extend_from_slice(body);
        request
    }
}
