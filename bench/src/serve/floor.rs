//! The floor: sockets alone. It reads of a request what it must, and its answers are made before they are asked for.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::io;
use std::net::Ipv4Addr;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime;

use super::payload::{TICK, now};
use super::ready;

const HEAD: &str = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncache-control: no-cache\r\n\
                    transfer-encoding: chunked\r\n\r\n";
const NOT_FOUND: &str = "HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n";

/// Bytes of events in a chunk of a burst.
const CHUNK: usize = 16 * 1024;

/// Events of an answer, which is kept.
const MOST_EVENTS: u64 = 10_000_000;

/// After a connection that failed: without files there is nothing to do but to wait.
const PAUSE: Duration = Duration::from_millis(10);

/// A request that is longer is no business of a benchmark.
const LONGEST_REQUEST: usize = 4096;

pub(super) fn serve(port: u16) -> io::Result<()> {
    let runtime = runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
        ready::say(listener.local_addr()?);
        loop {
            // Such as of a client that has left already, or too many files: not of the server.
            let Ok((socket, _)) = listener.accept().await else {
                tokio::time::sleep(PAUSE).await;
                continue;
            };
            // A client that leaves is an error of its connection alone.
            tokio::spawn(connection(socket));
        }
    })
}

async fn connection(mut socket: TcpStream) -> io::Result<()> {
    loop {
        let Some(target) = request(&mut socket).await? else { return Ok(()) };
        let (path, events) = target.split_once("?events=").unwrap_or((&target, ""));
        match (path, events.parse()) {
            ("/sse", _) => return tick(&mut socket).await,
            ("/burst" | "/short", Ok(events)) if events <= MOST_EVENTS => {
                let answer = answer(events);
                socket.write_all(answer.as_bytes()).await?;
            }
            _ => socket.write_all(NOT_FOUND.as_bytes()).await?,
        }
    }
}

/// The path and query of the next request; none when the client has left. A client sends one at a time, and no
/// body.
async fn request(socket: &mut TcpStream) -> io::Result<Option<String>> {
    // On the heap, and not kept while a stream is open.
    let mut head = Vec::with_capacity(512);
    while !head.ends_with(b"\r\n\r\n") {
        if socket.read_buf(&mut head).await? == 0 || head.len() > LONGEST_REQUEST {
            return Ok(None);
        }
    }
    let head = String::from_utf8_lossy(&head);
    Ok(head.split(' ').nth(1).map(str::to_owned))
}

async fn tick(socket: &mut TcpStream) -> io::Result<()> {
    socket.write_all(HEAD.as_bytes()).await?;
    loop {
        // The time has 19 digits until the year 2286: 27 bytes, 1b in the chunk's head.
        socket.write_all(format!("1b\r\ndata: {}\n\n\r\n", now()).as_bytes()).await?;
        tokio::time::sleep(TICK).await;
    }
}

/// Head and body of an answer with as many events, made once.
fn answer(events: u64) -> Arc<str> {
    static MADE: LazyLock<Mutex<HashMap<u64, Arc<str>>>> = LazyLock::new(Mutex::default);
    let mut made = MADE.lock().unwrap_or_else(PoisonError::into_inner);
    made.entry(events).or_insert_with(|| make(events).into()).clone()
}

fn make(events: u64) -> String {
    let mut answer = HEAD.to_owned();
    let mut chunk = String::new();
    for index in 0..events {
        _ = write!(chunk, "event: token\ndata: {{\"index\":{index},\"token\":\"hello\"}}\n\n");
        if chunk.len() >= CHUNK || index + 1 == events {
            _ = write!(answer, "{:x}\r\n{chunk}\r\n", chunk.len());
            chunk.clear();
        }
    }
    answer + "0\r\n\r\n"
}
