//! One client: a socket, and the answer that comes over it.

use std::io::{self, Read, Write};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use mio::net::TcpStream;
use mio::{Interest, Registry, Token};

use super::answer::Answer;
use super::failure::{Failure, Phase};

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Stage {
    /// Not begun, or waiting for its turn to connect again.
    Idle,
    Connecting,
    /// Connected, and waiting for the head of the answer.
    Asking,
    Streaming,
    /// Its streams have ended, or it has failed.
    Done,
}

#[derive(Debug)]
pub(crate) struct Client {
    pub(crate) stage: Stage,
    /// When it began to wait for what it waits for.
    pub(crate) since: Instant,
    pub(crate) answer: Answer,
    pub(crate) events: u64,
    /// Whether any request of it was answered with a stream.
    pub(crate) opened: bool,
    pub(crate) failed: bool,
    /// Whether it is one of the few that may be connecting at once.
    pub(crate) has_slot: bool,
    /// Whether the ramp need not wait for it any more.
    pub(crate) settled: bool,
    /// Whether an answer has come over this connection before.
    pub(crate) reused: bool,
    /// Whether it is among those that have more to read.
    pub(crate) unread: bool,
    /// Its request, or its last event.
    quiet_since: Instant,
    connected: Option<Instant>,
    pub(crate) lasted: Duration,
    socket: Option<TcpStream>,
    /// Bytes of the request that are written.
    written: usize,
}

impl Client {
    pub(crate) fn new(now: Instant) -> Self {
        Self {
            stage: Stage::Idle,
            since: now,
            answer: Answer::new(),
            events: 0,
            opened: false,
            failed: false,
            has_slot: false,
            settled: false,
            reused: false,
            unread: false,
            quiet_since: now,
            connected: None,
            lasted: Duration::ZERO,
            socket: None,
            written: 0,
        }
    }

    /// Begins to connect.
    pub(crate) fn connect(
        &mut self,
        address: SocketAddr,
        registry: &Registry,
        token: Token,
    ) -> io::Result<()> {
        let mut socket = TcpStream::connect(address)?;
        registry.register(&mut socket, token, Interest::READABLE | Interest::WRITABLE)?;
        self.socket = Some(socket);
        self.stage = Stage::Connecting;
        self.since = Instant::now();
        self.reused = false;
        Ok(())
    }

    /// Whether it is connected now.
    pub(crate) fn finish_connecting(&mut self) -> io::Result<bool> {
        let Some(socket) = &self.socket else { return Ok(false) };
        if let Some(error) = socket.take_error()? {
            return Err(error);
        }
        match socket.peer_addr() {
            Ok(_) => {
                self.connected.get_or_insert_with(Instant::now);
                self.ask();
                Ok(true)
            }
            Err(error) if error.kind() == io::ErrorKind::NotConnected => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Begins a request on the connection it has.
    pub(crate) fn ask(&mut self) {
        self.stage = Stage::Asking;
        self.since = Instant::now();
        self.quiet_since = self.since;
        self.answer = Answer::new();
        self.written = 0;
    }

    /// Writes what is left of the request, as far as the socket takes it.
    pub(crate) fn write(&mut self, request: &[u8]) -> io::Result<()> {
        let Some(socket) = &mut self.socket else { return Ok(()) };
        while self.written < request.len() {
            match socket.write(&request[self.written..]) {
                Ok(written) => self.written += written,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Reads once. None: nothing is there now.
    pub(crate) fn read(&mut self, buffer: &mut [u8]) -> io::Result<Option<usize>> {
        let Some(socket) = &mut self.socket else { return Ok(None) };
        loop {
            match socket.read(buffer) {
                Ok(read) => return Ok(Some(read)),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(None),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// How long there was no event; from now on the next silence is counted.
    pub(crate) fn end_silence(&mut self) -> Duration {
        let now = Instant::now();
        now - std::mem::replace(&mut self.quiet_since, now)
    }

    /// Closes the connection, to open another later.
    pub(crate) fn disconnect(&mut self) {
        self.socket = None;
        self.stage = Stage::Idle;
    }

    pub(crate) fn end(&mut self) {
        self.disconnect();
        self.stage = Stage::Done;
        self.lasted = self.connected.map_or(Duration::ZERO, |connected| connected.elapsed());
    }

    /// Why it has failed, if it received no more than it has until the end of the run.
    pub(crate) fn lack(&self) -> Option<Failure> {
        match (self.events, self.opened, self.connected) {
            (1.., _, _) => None,
            (0, true, _) => Some(Failure::NoEvent),
            (0, false, Some(_)) => Some(Failure::NoAnswer),
            (0, false, None) => Some(Failure::NotConnected),
        }
    }

    /// What was being done, when the system says that it failed.
    pub(crate) fn phase(&self) -> Phase {
        match self.stage {
            Stage::Idle | Stage::Connecting => Phase::Connecting,
            Stage::Asking => Phase::Asking,
            Stage::Streaming | Stage::Done => Phase::Streaming,
        }
    }
}
