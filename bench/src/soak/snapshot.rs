//! What a server holds at one moment.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use serde::Serialize;
use tokio::time::sleep;

use super::connection::Connection;
use super::fault::Fault;
use crate::process::Process;
use crate::serve::Stats;

/// Until a server without clients is at rest: tokio's threads for blocking code wait 10 s for more to do.
const REST: Duration = Duration::from_secs(60);

#[derive(Clone, Copy, Debug, Serialize)]
pub(super) struct Snapshot {
    /// Functions of streams that have begun since the server did.
    pub(super) begun: u64,
    /// Of these, that have not ended.
    pub(super) open: u64,
    pub(super) threads: u64,
    /// Open files, sockets included.
    pub(super) files: u64,
    /// Resident memory, in KiB.
    pub(super) rss: u64,
    /// CPU time since its start, in s.
    pub(super) cpu: f64,
}

/// A server that is looked at.
#[derive(Debug)]
pub(super) struct Site {
    pub(super) address: SocketAddr,
    process: Process,
}

impl Site {
    pub(super) fn new(address: SocketAddr, pid: u32) -> Self {
        Self { address, process: Process::of(pid) }
    }

    /// Looks now, and leaves no connection.
    pub(super) async fn look(&self) -> Result<Snapshot, Fault> {
        let mut connection = Connection::open(self.address).await?;
        connection.ask("GET /stats", "connection: close\r\n").await?;
        let head = connection.head().await?;
        let body = connection.body(head).await?;
        let stats: Stats =
            serde_json::from_slice(&body).map_err(|_| Fault::new("/stats has no figures"))?;
        // Not one of its files.
        connection.until_closed(0).await?;
        Ok(Snapshot {
            begun: stats.begun,
            open: stats.open,
            threads: self.process.threads()?,
            files: self.process.files()?,
            rss: self.process.rss()?,
            cpu: self.process.cpu()?.as_secs_f64(),
        })
    }

    /// Waits until no stream is open, and threads and files are what they were `before`. What was seen last, if that
    /// does not come.
    pub(super) async fn rest(&self, before: &Snapshot) -> Result<Snapshot, Fault> {
        let end = Instant::now() + REST;
        loop {
            let now = self.look().await?;
            let back = now.open == 0 && now.threads == before.threads && now.files == before.files;
            if back || Instant::now() > end {
                return Ok(now);
            }
            sleep(Duration::from_millis(200)).await;
        }
    }
}
