//! A peer as a process of its own.

use std::error::Error;
use std::net::TcpListener;
use std::path::Path;
use std::process::Command;

use super::peer::Peer;
use super::plan::Plan;
use crate::server::Server;
use crate::stop::Stop;

/// What `serve` allows.
const MOST_BLOCKING: u32 = 1_000_000;

pub(super) fn start(peer: Peer, plan: &Plan, stop: &Stop) -> Result<Server, Box<dyn Error>> {
    // Threads for all clients of a blocking workload; a few more for what is not a stream.
    let blocking = plan.clients.saturating_add(64).clamp(1000, MOST_BLOCKING);
    match (peer, &plan.python) {
        (Peer::DjangoBolt, Some(python)) => start_python(python, blocking, stop),
        _ => Server::own(&[peer.name()], blocking, stop),
    }
}

fn start_python(python: &Path, blocking: u32, stop: &Stop) -> Result<Server, Box<dyn Error>> {
    let free = TcpListener::bind(("127.0.0.1", 0))?;
    let address = free.local_addr()?;
    drop(free);
    let mut command = Command::new(python);
    command
        .args(["manage.py", "runbolt", "--no-admin", "--host", "127.0.0.1"])
        .args(["--port", &address.port().to_string()])
        .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/peers/django-bolt"))
        // Nobody else writes a line for each request, nor files into the sources.
        .env("DJANGO_BOLT_LOG_LEVEL", "WARNING")
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .env("DJANGO_BOLT_MAX_SYNC_STREAMING_THREADS", blocking.to_string());
    Server::other(&mut command, address, stop)
}
