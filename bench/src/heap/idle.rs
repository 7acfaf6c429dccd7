//! One run in valgrind: a server with open streams, ended while they are open.

use std::error::Error;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, ChildStderr, Command, Stdio};
use std::time::Duration;

/// How long a stream may take to send its first event; valgrind is slow.
const PATIENCE: Duration = Duration::from_secs(30);

/// What a process has asked for and not given back.
#[derive(Clone, Copy)]
pub(super) struct Heap {
    pub(super) bytes: u64,
    pub(super) blocks: u64,
}

impl Heap {
    pub(super) fn less(self, other: Self) -> Option<Self> {
        let bytes = self.bytes.checked_sub(other.bytes)?;
        Some(Self { bytes, blocks: self.blocks.checked_sub(other.blocks)? })
    }
}

/// The heap of a peer while so many streams are open, each after its first event.
pub(super) fn run(peer: &str, streams: u32) -> Result<Heap, Box<dyn Error>> {
    let mut child = Command::new("valgrind")
        .args(["--leak-check=no", "--undef-value-errors=no"])
        .arg(std::env::current_exe()?)
        .args(["serve", peer, "--port", "0"])
        .stdin(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| format!("cannot run valgrind ({error}): install it, such as with apt"))?;
    let log = child.stderr.take().map(BufReader::new).ok_or("no standard error")?;
    let mut server = Server(child);
    attend(&mut server.0, log, streams).map_err(|error| format!("{peer}: {error}").into())
}

fn attend(
    server: &mut Child,
    log: BufReader<ChildStderr>,
    streams: u32,
) -> Result<Heap, Box<dyn Error>> {
    let mut open = Vec::new();
    let mut said = String::new();
    for line in log.lines() {
        let line = line?;
        if let Some((_, address)) = line.split_once("listening on http://") {
            open = (0..streams).map(|_| stream(address.trim())).collect::<Result<_, _>>()?;
            // Of those that no server waits for, and that writes no file.
            Command::new("kill").args(["-s", "USR1", &server.id().to_string()]).status()?;
        }
        if let Some((_, heap)) = line.split_once("in use at exit: ") {
            drop(open);
            return heap_of(heap).ok_or_else(|| format!("valgrind says {line}").into());
        }
        said = said + "\n  " + &line;
    }
    Err(format!("it ended without a word of its heap{said}").into())
}

/// A stream that has sent its first event.
fn stream(address: &str) -> std::io::Result<TcpStream> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    let head = "GET /sse HTTP/1.1\r\nhost: localhost\r\naccept: text/event-stream\r\n\r\n";
    stream.write_all(head.as_bytes())?;
    let mut seen = Vec::new();
    let mut more = [0; 1024];
    while !seen.windows(5).any(|part| part == b"data:") {
        match stream.read(&mut more)? {
            0 => return Err(std::io::ErrorKind::UnexpectedEof.into()),
            read => seen.extend_from_slice(&more[..read]),
        }
    }
    Ok(stream)
}

/// From `1,234 bytes in 5 blocks`.
fn heap_of(text: &str) -> Option<Heap> {
    let mut numbers = text.split_whitespace().filter_map(|word| word.replace(',', "").parse().ok());
    Some(Heap { bytes: numbers.next()?, blocks: numbers.next()? })
}

/// A process that does not outlive an error here.
struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        // Mostly it has ended.
        _ = self.0.kill();
        _ = self.0.wait();
    }
}
