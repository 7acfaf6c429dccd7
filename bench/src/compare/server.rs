//! A peer as a process of its own.

use std::collections::VecDeque;
use std::error::Error;
use std::io::{BufRead as _, BufReader, Read};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::RecvTimeoutError;
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use super::peer::Peer;
use super::plan::Plan;
use super::stop::Stop;

/// Until a server listens. Python takes its time.
const START: Duration = Duration::from_secs(30);

/// Between two looks at signals.
const LOOK: Duration = Duration::from_millis(50);

/// What `serve` allows.
const MOST_BLOCKING: u32 = 1_000_000;

/// Lines of the log that are kept for a message.
const KEPT: usize = 5;

/// A server that runs until this is dropped, also by an error or a panic.
#[derive(Debug)]
pub(super) struct Server {
    process: Child,
    pub(super) address: SocketAddr,
    log: Log,
}

type Log = Arc<Mutex<VecDeque<String>>>;

impl Server {
    pub(super) fn pid(&self) -> u32 {
        self.process.id()
    }

    /// The end of its log, as further lines of a message.
    pub(super) fn last_words(&self) -> String {
        let log = self.log.lock().unwrap_or_else(PoisonError::into_inner);
        log.iter().map(|line| format!("\n  the server: {line}")).collect()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself.
        _ = self.process.kill();
        _ = self.process.wait();
    }
}

pub(super) fn start(peer: Peer, plan: &Plan, stop: &Stop) -> Result<Server, Box<dyn Error>> {
    // Threads for all clients of a blocking workload; a few more for what is not a stream.
    let blocking = plan.clients.saturating_add(64).clamp(1000, MOST_BLOCKING);
    match (peer, &plan.python) {
        (Peer::DjangoBolt, Some(python)) => start_python(python, blocking, stop),
        _ => start_own(peer, blocking, stop),
    }
}

/// This program with `serve`, which takes a free port and says which.
fn start_own(peer: Peer, blocking: u32, stop: &Stop) -> Result<Server, Box<dyn Error>> {
    let mut command = Command::new(std::env::current_exe()?);
    command.args(["serve", peer.name(), "--port", "0", "--blocking", &blocking.to_string()]);
    let mut process = command.stdin(Stdio::null()).stderr(Stdio::piped()).spawn()?;
    let (lines, log) = keep_log(process.stderr.take());
    let unknown = SocketAddr::from(([127, 0, 0, 1], 0));
    let mut server = Server { process, address: unknown, log };
    let end = Instant::now() + START;
    loop {
        stop.check()?;
        let line = match lines.recv_timeout(LOOK) {
            Ok(line) => line,
            Err(RecvTimeoutError::Timeout) if Instant::now() < end => continue,
            Err(_) => return Err(format!("{peer} does not start{}", server.last_words()).into()),
        };
        if let Some((_, address)) = line.split_once("listening on http://") {
            server.address = address.trim().parse()?;
            return Ok(server);
        }
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
    let mut process =
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn()?;
    let (_, log) = keep_log(process.stderr.take());
    let mut server = Server { process, address, log };
    let end = Instant::now() + START;
    while TcpStream::connect(address).is_err() {
        stop.check()?;
        if server.process.try_wait()?.is_some() || Instant::now() > end {
            return Err(format!("django-bolt does not start{}", server.last_words()).into());
        }
        thread::sleep(LOOK);
    }
    Ok(server)
}

/// Reads the log to its end, so that the server never waits for a reader.
fn keep_log(stream: Option<impl Read + Send + 'static>) -> (mpsc::Receiver<String>, Log) {
    let (sender, lines) = mpsc::channel();
    let log = Log::default();
    let kept = Arc::clone(&log);
    thread::spawn(move || {
        let reader = stream.map(BufReader::new).into_iter();
        for line in reader.flat_map(BufReader::lines).map_while(Result::ok) {
            let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
            if kept.len() == KEPT {
                kept.pop_front();
            }
            kept.push_back(line.clone());
            drop(kept);
            // Nobody waits for lines once the server listens.
            _ = sender.send(line);
        }
    });
    (lines, log)
}
