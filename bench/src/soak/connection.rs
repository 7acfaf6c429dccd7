//! A client's connection: what it sends, what it reads, and how it leaves.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::{sleep, timeout};

use super::blocks::{Block, Blocks};
use super::fault::Fault;
use crate::load::Chunks;

/// How long a client waits for what must come. A comment comes every second.
pub(super) const PATIENCE: Duration = Duration::from_secs(60);

const MOST_HEADERS: usize = 32;

/// How much one read takes.
const READ: usize = 16 * 1024;

/// What a client that reads slowly, or not at all, lets the system keep for it.
const SMALL_BUFFER: u32 = 4096;

/// The head of an answer.
#[derive(Clone, Copy, Debug)]
pub(super) struct Head {
    pub(super) status: u16,
    length: Option<usize>,
    chunked: bool,
}

#[derive(Debug)]
pub(super) struct Connection {
    socket: TcpStream,
    /// What has come and was not yet taken.
    got: Vec<u8>,
    chunks: Chunks,
    /// Whether the body of the stream that is read had a length, and has been read.
    whole: bool,
    blocks: Blocks,
    /// How much one read takes, and what is waited before it.
    read: (usize, Duration),
}

impl Connection {
    pub(super) async fn open(address: SocketAddr) -> Result<Self, Fault> {
        Self::connect(TcpSocket::new_v4()?, address, (READ, Duration::ZERO)).await
    }

    /// With little room for what it does not read, of which it takes `size` bytes each `pause`.
    pub(super) async fn open_small(
        address: SocketAddr,
        size: usize,
        pause: Duration,
    ) -> Result<Self, Fault> {
        let socket = TcpSocket::new_v4()?;
        socket.set_recv_buffer_size(SMALL_BUFFER)?;
        Self::connect(socket, address, (size, pause)).await
    }

    async fn connect(
        socket: TcpSocket,
        address: SocketAddr,
        read: (usize, Duration),
    ) -> Result<Self, Fault> {
        let connected = timeout(PATIENCE, socket.connect(address)).await;
        let socket = connected.map_err(|_| Fault::new("no connection"))??;
        let (chunks, blocks) = (Chunks::default(), Blocks::default());
        Ok(Self { socket, got: Vec::new(), chunks, whole: false, blocks, read })
    }

    pub(super) async fn send(&mut self, bytes: impl AsRef<[u8]>) -> Result<(), Fault> {
        let sent = timeout(PATIENCE, self.socket.write_all(bytes.as_ref())).await;
        Ok(sent.map_err(|_| Fault::new("the server does not read"))??)
    }

    /// Sends a request without a body; `headers` end with CR LF each.
    pub(super) async fn ask(&mut self, request: &str, headers: &str) -> Result<(), Fault> {
        self.send(format!("{request} HTTP/1.1\r\nhost: soak\r\n{headers}\r\n")).await
    }

    /// Reads once. False: the server has closed the connection.
    async fn read(&mut self) -> Result<bool, Fault> {
        let (size, pause) = self.read;
        if !pause.is_zero() {
            sleep(pause).await;
        }
        self.got.reserve(size);
        let mut limited = (&mut self.socket).take(size as u64);
        let read = timeout(PATIENCE, limited.read_buf(&mut self.got)).await;
        Ok(read.map_err(|_| Fault::new("nothing came"))?? > 0)
    }

    pub(super) async fn head(&mut self) -> Result<Head, Fault> {
        loop {
            let mut headers = [httparse::EMPTY_HEADER; MOST_HEADERS];
            let mut response = httparse::Response::new(&mut headers);
            let parsed = response.parse(&self.got).map_err(|_| Fault::new("not HTTP"))?;
            if let httparse::Status::Complete(length) = parsed {
                let head = Head {
                    status: response.code.unwrap_or_default(),
                    length: header(&response, "content-length").and_then(|text| text.parse().ok()),
                    chunked: header(&response, "transfer-encoding") == Some("chunked"),
                };
                self.got.drain(..length);
                return Ok(head);
            }
            if !self.read().await? {
                return Err(Fault::new("closed before an answer"));
            }
        }
    }

    /// The body of an answer that is no stream.
    pub(super) async fn body(&mut self, head: Head) -> Result<Vec<u8>, Fault> {
        let length = head.length.ok_or_else(|| Fault::new("an answer without a length"))?;
        while self.got.len() < length {
            if !self.read().await? {
                return Err(Fault::new("closed in the middle of an answer"));
            }
        }
        Ok(self.got.drain(..length).collect())
    }

    /// Reads the head of a stream. None: refused for load, with status 503.
    pub(super) async fn stream(&mut self) -> Result<Option<()>, Fault> {
        let head = self.head().await?;
        match head {
            Head { status: 200, chunked: true, .. } => Ok(Some(())),
            // Without an event.
            Head { status: 200, .. } => {
                let body = self.body(head).await?;
                self.blocks.feed(&body);
                self.whole = true;
                Ok(Some(()))
            }
            Head { status: 503, .. } => self.body(head).await.map(|_| None),
            Head { status, .. } => Err(Fault::new(format!("status {status}, and no stream"))),
        }
    }

    /// The next block of a stream; none at its end.
    pub(super) async fn block(&mut self) -> Result<Option<Block>, Fault> {
        loop {
            if let Some(block) = self.blocks.next() {
                return Ok(Some(block));
            }
            if self.chunks.ended() || std::mem::take(&mut self.whole) {
                if !self.blocks.is_between_two() {
                    return Err(Fault::new("the stream ends in the middle of a block"));
                }
                self.chunks = Chunks::default();
                return Ok(None);
            }
            if self.got.is_empty() && !self.read().await? {
                return Err(Fault::new("closed in the middle of a stream"));
            }
            let mut input = self.got.as_slice();
            while let Some(data) = self.chunks.next(&mut input)? {
                self.blocks.feed(data);
            }
            let taken = self.got.len() - input.len();
            self.got.drain(..taken);
        }
    }

    /// Whether a stream of this connection was ended with a hint when to return.
    pub(super) fn told_to_come_back(&self) -> bool {
        self.blocks.told_to_come_back()
    }

    /// Reads and forgets until the server has closed the connection, or taken it back. An error after `most` bytes.
    pub(super) async fn until_closed(&mut self, most: usize) -> Result<(), Fault> {
        let mut bytes = 0;
        loop {
            self.got.clear();
            self.got.reserve(READ);
            let read = timeout(PATIENCE, self.socket.read_buf(&mut self.got)).await;
            match read.map_err(|_| Fault::new("never closed by the server"))? {
                Ok(0) | Err(_) => return Ok(()),
                Ok(read) => bytes += read,
            }
            if bytes > most {
                return Err(Fault::new("the server goes on to send"));
            }
        }
    }

    /// Whether the server has closed the connection within `wait`; what it sends is forgotten.
    pub(super) async fn closed_within(&mut self, wait: Duration) -> bool {
        self.got.clear();
        let read = timeout(wait, self.socket.read_buf(&mut self.got)).await;
        matches!(read, Ok(Ok(0) | Err(_)))
    }

    /// Leaves with RST: what is on its way to this client is lost.
    pub(super) fn reset(self) -> Result<(), Fault> {
        Ok(self.socket.set_zero_linger()?)
    }

    /// Shuts the sending side, and goes on to read.
    pub(super) async fn half_close(&mut self) -> Result<(), Fault> {
        Ok(self.socket.shutdown().await?)
    }
}

fn header<'a>(response: &httparse::Response<'_, 'a>, name: &str) -> Option<&'a str> {
    let found = response.headers.iter().find(|header| header.name.eq_ignore_ascii_case(name));
    found.and_then(|header| std::str::from_utf8(header.value).ok())
}
