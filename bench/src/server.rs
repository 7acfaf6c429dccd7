//! A server as a process of its own.

use std::collections::VecDeque;
use std::error::Error;
use std::io::{self, BufRead as _, BufReader, Read};
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::RecvTimeoutError;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use crate::stop::Stop;

/// Until a server listens. Python takes its time.
const START: Duration = Duration::from_secs(30);

/// Between two looks at signals.
const LOOK: Duration = Duration::from_millis(50);

/// Lines of the log that are kept for a message.
const KEPT: usize = 5;

/// A server that runs until this is dropped, also by an error or a panic.
#[derive(Debug)]
pub(crate) struct Server {
    process: Child,
    pub(crate) address: SocketAddr,
    log: Arc<Mutex<Log>>,
}

/// What is kept of a server's standard error.
#[derive(Debug, Default)]
struct Log {
    last: VecDeque<String>,
    panics: usize,
}

impl Server {
    /// This program with `arguments` of `serve`, which takes a free port and says which.
    pub(crate) fn own(
        arguments: &[&str],
        blocking: u32,
        stop: &Stop,
    ) -> Result<Self, Box<dyn Error>> {
        let mut command = Command::new(std::env::current_exe()?);
        command.arg("serve").args(arguments);
        command.args(["--port", "0", "--blocking", &blocking.to_string()]);
        let unknown = SocketAddr::from(([127, 0, 0, 1], 0));
        let (mut server, lines) = Self::spawn(&mut command, unknown)?;
        let end = Instant::now() + START;
        loop {
            stop.check()?;
            let line = match lines.recv_timeout(LOOK) {
                Ok(line) => line,
                Err(RecvTimeoutError::Timeout) if Instant::now() < end => continue,
                Err(_) => {
                    return Err(format!("it does not start{}", server.last_words()).into());
                }
            };
            if let Some((_, address)) = line.split_once("listening on http://") {
                server.address = address.trim().parse()?;
                return Ok(server);
            }
        }
    }

    /// A program that was told to listen on `address`.
    pub(crate) fn other(
        command: &mut Command,
        address: SocketAddr,
        stop: &Stop,
    ) -> Result<Self, Box<dyn Error>> {
        let (mut server, _) = Self::spawn(command.stdout(Stdio::null()), address)?;
        let end = Instant::now() + START;
        while TcpStream::connect(address).is_err() {
            stop.check()?;
            if server.process.try_wait()?.is_some() || Instant::now() > end {
                return Err(format!("it does not start{}", server.last_words()).into());
            }
            thread::sleep(LOOK);
        }
        Ok(server)
    }

    fn spawn(
        command: &mut Command,
        address: SocketAddr,
    ) -> io::Result<(Self, mpsc::Receiver<String>)> {
        let mut process = command.stdin(Stdio::null()).stderr(Stdio::piped()).spawn()?;
        let log = Arc::default();
        let lines = keep_log(process.stderr.take(), &log);
        Ok((Self { process, address, log }, lines))
    }

    pub(crate) fn pid(&self) -> u32 {
        self.process.id()
    }

    /// The end of its log, as further lines of a message.
    pub(crate) fn last_words(&self) -> String {
        lock(&self.log).last.iter().map(|line| format!("\n  the server: {line}")).collect()
    }

    /// How many lines of its log told of a panic.
    pub(crate) fn panics(&self) -> usize {
        lock(&self.log).panics
    }

    /// Asks it to end. None: it has not, after all of `patience`.
    pub(crate) fn terminate(&mut self, patience: Duration) -> io::Result<Option<ExitStatus>> {
        Command::new("kill").args(["-s", "TERM", &self.pid().to_string()]).status()?;
        let end = Instant::now() + patience;
        while Instant::now() < end {
            if let Some(status) = self.process.try_wait()? {
                return Ok(Some(status));
            }
            thread::sleep(LOOK);
        }
        Ok(None)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself.
        _ = self.process.kill();
        _ = self.process.wait();
    }
}

/// Reads the log to its end, so that the server never waits for a reader.
fn keep_log(
    stream: Option<impl Read + Send + 'static>,
    log: &Arc<Mutex<Log>>,
) -> mpsc::Receiver<String> {
    let (sender, lines) = mpsc::channel();
    let kept = Arc::clone(log);
    thread::spawn(move || {
        let reader = stream.map(BufReader::new).into_iter();
        for line in reader.flat_map(BufReader::lines).map_while(Result::ok) {
            let mut kept = lock(&kept);
            kept.panics += usize::from(line.contains("panicked at"));
            if kept.last.len() == KEPT {
                kept.last.pop_front();
            }
            kept.last.push_back(line.clone());
            drop(kept);
            // Nobody waits for lines once the server listens.
            _ = sender.send(line);
        }
    });
    lines
}

fn lock(log: &Mutex<Log>) -> MutexGuard<'_, Log> {
    log.lock().unwrap_or_else(PoisonError::into_inner)
}
