//! All clients of a run, and what they do when their sockets are ready.

use std::collections::VecDeque;
use std::io;
use std::time::{Duration, Instant};

use mio::{Registry, Token};

use super::client::{Client, Stage};
use super::failure::{Failure, Phase};
use super::plan::Plan;
use super::tally::{self, Tally};

/// Clients that may be between their connection and their answer at once. Fewer than the shortest queue of new
/// connections in use (128, of `std`): one more than it holds would wait a second for the next try.
const MOST_OPENING: usize = 100;

/// After this a client that waits for its answer is in no queue, but its server has nothing to say yet.
const SLOT: Duration = Duration::from_millis(250);

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// How long the ramp waits for the answer to a client.
const PATIENCE: Duration = Duration::from_secs(5);

/// Reads of one client before others have their turn: a server that always has more must not hide them.
const READS: usize = 16;

/// How much one read may take. All clients share one such buffer.
const BUFFER: usize = 64 * 1024;

pub(crate) struct Pool<'a> {
    plan: &'a Plan,
    registry: Registry,
    request: Vec<u8>,
    buffer: Vec<u8>,
    clients: Vec<Client>,
    pub(crate) tally: Tally,
    /// The next client that has never connected.
    next: usize,
    /// Clients whose server closes its connections, and who have more to ask.
    reconnecting: VecDeque<usize>,
    /// Clients that may have more to read, though their sockets will not say so.
    unread: Vec<usize>,
    opening: usize,
    unsettled: usize,
    running: usize,
    /// What kept the first of all connections from being made.
    dead: Option<io::Error>,
    any_connected: bool,
}

impl<'a> Pool<'a> {
    pub(crate) fn new(plan: &'a Plan, registry: Registry) -> Self {
        let now = Instant::now();
        Self {
            plan,
            registry,
            request: plan.request(),
            buffer: vec![0; BUFFER],
            clients: (0..plan.clients).map(|_| Client::new(now)).collect(),
            tally: Tally::new(),
            next: 0,
            reconnecting: VecDeque::new(),
            unread: Vec::new(),
            opening: 0,
            unsettled: plan.clients,
            running: plan.clients,
            dead: None,
            any_connected: false,
        }
    }

    pub(crate) fn clients(&self) -> &[Client] {
        &self.clients
    }

    /// Whether every client has been answered, has failed, or has waited long enough.
    pub(crate) fn settled(&self) -> bool {
        self.unsettled == 0
    }

    /// How many clients have been answered, have failed, or have waited long enough.
    pub(crate) fn settled_clients(&self) -> usize {
        self.plan.clients - self.unsettled
    }

    pub(crate) fn all_done(&self) -> bool {
        self.running == 0
    }

    /// Why no connection could be made at all.
    pub(crate) fn take_dead(&mut self) -> Option<io::Error> {
        self.dead.take()
    }

    /// How many clients have begun.
    pub(crate) fn begun(&self) -> usize {
        self.next
    }

    /// Whether a new client could begin now, if its time has come.
    pub(crate) fn may_connect(&self) -> bool {
        self.next < self.clients.len() && self.opening < MOST_OPENING
    }

    pub(crate) fn has_unread(&self) -> bool {
        !self.unread.is_empty()
    }

    /// Connects clients: as many as have a slot, and of the new ones no more than `allowed` altogether.
    pub(crate) fn connect(&mut self, allowed: usize) {
        while self.opening < MOST_OPENING && self.dead.is_none() {
            let index = if let Some(index) = self.reconnecting.pop_front() {
                index
            } else if self.next < allowed.min(self.clients.len()) {
                self.next += 1;
                self.next - 1
            } else {
                return;
            };
            let client = &mut self.clients[index];
            match client.connect(self.plan.address, &self.registry, Token(index)) {
                Ok(()) => {
                    client.has_slot = true;
                    self.opening += 1;
                }
                Err(error) => self.break_off(index, error),
            }
        }
    }

    /// Goes on with clients that were told to wait while others read.
    pub(crate) fn read_on(&mut self) {
        for index in std::mem::take(&mut self.unread) {
            self.clients[index].unread = false;
            self.receive(index, true);
        }
    }

    /// A socket is ready. `closing`: the server has closed its side.
    pub(crate) fn ready(&mut self, index: usize, closing: bool) {
        let client = &mut self.clients[index];
        if client.stage == Stage::Connecting {
            match client.finish_connecting() {
                Ok(true) => self.any_connected = true,
                Ok(false) => return,
                Err(error) => return self.break_off(index, error),
            }
        }
        let written = client.write(&self.request);
        if client.unread {
            // It has had its turn; what broke is found by its next read.
            return;
        }
        // A server that refuses may have closed before it read the request: what it said counts more.
        self.receive(index, closing || written.is_err());
        if let Err(error) = written
            && self.clients[index].stage == Stage::Asking
        {
            self.broken(index, error);
        }
    }

    /// Gives up what has waited too long.
    pub(crate) fn check(&mut self, now: Instant) {
        for index in 0..self.clients.len() {
            let client = &self.clients[index];
            if !matches!(client.stage, Stage::Connecting | Stage::Asking) {
                continue;
            }
            let waited = now.saturating_duration_since(client.since);
            if client.stage == Stage::Connecting && waited > CONNECT_TIMEOUT {
                self.break_off(index, io::ErrorKind::TimedOut.into());
                continue;
            }
            if client.stage == Stage::Asking && waited > SLOT {
                self.free_slot(index);
            }
            if waited > PATIENCE {
                self.settle(index);
            }
        }
    }

    /// The time is over: all streams are closed.
    pub(crate) fn close(&mut self) {
        for index in 0..self.clients.len() {
            let client = &mut self.clients[index];
            if matches!(client.stage, Stage::Asking | Stage::Streaming) {
                self.tally.silence(client.end_silence());
            }
            if client.stage != Stage::Done {
                self.end(index, self.clients[index].lack());
            }
        }
    }

    /// Reads until nothing is there. `to_the_end`: a short read is no sign of that.
    fn receive(&mut self, index: usize, to_the_end: bool) {
        for _ in 0..READS {
            if matches!(self.clients[index].stage, Stage::Idle | Stage::Connecting | Stage::Done) {
                return;
            }
            match self.clients[index].read(&mut self.buffer) {
                Ok(None) => return,
                Ok(Some(0)) => return self.closed(index),
                Ok(Some(length)) => {
                    self.received(index, length);
                    // A short read has emptied the socket, and what comes later is told anew.
                    if length < self.buffer.len() && !to_the_end {
                        return;
                    }
                }
                Err(error) => return self.broken(index, error),
            }
        }
        // Once, whoever made it read: two entries would be two turns.
        if !std::mem::replace(&mut self.clients[index].unread, true) {
            self.unread.push(index);
        }
    }

    fn received(&mut self, index: usize, length: usize) {
        let (client, tally) = (&mut self.clients[index], &mut self.tally);
        let now = tally::now();
        if client.stage == Stage::Asking && !client.answer.has_begun() {
            tally.first_byte(client.since.elapsed());
        }
        tally.bytes += length as u64;
        let before = tally.events;
        let fed = client.answer.feed(&self.buffer[..length], |time| tally.event(now, time));
        if tally.events > before {
            client.events += tally.events - before;
            tally.silence(client.end_silence());
        }
        if client.stage == Stage::Asking && client.answer.has_head() {
            client.stage = Stage::Streaming;
            client.reused = true;
            if !std::mem::replace(&mut client.opened, true) {
                tally.open();
            }
            self.free_slot(index);
            self.settle(index);
        }
        match fed {
            Err(failure) => self.end(index, Some(failure)),
            Ok(()) if self.clients[index].answer.ended() => self.finish(index),
            Ok(()) => {}
        }
    }

    /// A stream has ended as it should.
    fn finish(&mut self, index: usize) {
        self.tally.finished += 1;
        let client = &mut self.clients[index];
        if !self.plan.again {
            let lack = client.lack();
            return self.end(index, lack);
        }
        if client.answer.keeps_connection() {
            client.ask();
            if let Err(error) = client.write(&self.request) {
                self.broken(index, error);
            }
        } else {
            self.reconnect(index);
        }
    }

    fn reconnect(&mut self, index: usize) {
        self.clients[index].disconnect();
        self.reconnecting.push_back(index);
    }

    /// The server has closed the connection.
    fn closed(&mut self, index: usize) {
        let client = &mut self.clients[index];
        if client.stage == Stage::Asking && client.reused && !client.answer.has_begun() {
            // Between two requests it may.
            return self.reconnect(index);
        }
        match client.answer.close() {
            Ok(()) => self.finish(index),
            Err(failure) => self.end(index, Some(failure)),
        }
    }

    /// The connection is broken.
    fn broken(&mut self, index: usize, error: io::Error) {
        let client = &self.clients[index];
        if client.stage == Stage::Asking && client.reused && !client.answer.has_begun() {
            return self.reconnect(index);
        }
        self.break_off(index, error);
    }

    fn break_off(&mut self, index: usize, error: io::Error) {
        let phase = self.clients[index].phase();
        self.end(index, Some(Failure::System(phase, error.kind())));
        if phase == Phase::Connecting && !self.any_connected {
            self.dead.get_or_insert(error);
        }
    }

    fn end(&mut self, index: usize, failure: Option<Failure>) {
        let client = &mut self.clients[index];
        if client.opened {
            self.tally.open -= 1;
        }
        client.end();
        client.failed = failure.is_some();
        self.running -= 1;
        if let Some(failure) = failure {
            self.tally.fail(&failure);
        }
        self.free_slot(index);
        self.settle(index);
    }

    fn free_slot(&mut self, index: usize) {
        if std::mem::take(&mut self.clients[index].has_slot) {
            self.opening -= 1;
        }
    }

    fn settle(&mut self, index: usize) {
        if !std::mem::replace(&mut self.clients[index].settled, true) {
            self.unsettled -= 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};
    use std::net::TcpListener;

    use mio::{Events, Poll};

    use super::*;

    #[test]
    fn a_client_that_has_more_is_listed_once_and_waits_for_its_turn() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let plan = Plan {
            address: listener.local_addr().unwrap(),
            host: "test".into(),
            target: "/".into(),
            method: "GET".into(),
            accept_encoding: None,
            body: Vec::new(),
            clients: 1,
            lasts: Duration::from_secs(1),
            ramp: None,
            again: false,
            pid: None,
        };
        let mut poll = Poll::new().unwrap();
        let mut pool = Pool::new(&plan, poll.registry().try_clone().unwrap());
        // Many reads for an answer of one piece.
        pool.buffer.truncate(64);
        pool.connect(1);
        let (mut socket, _) = listener.accept().unwrap();
        let mut answer = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n".to_owned();
        answer += &"data: 1\n\n".repeat(1000);
        let mut events = Events::with_capacity(8);
        let mut sent = false;
        while !pool.has_unread() {
            poll.poll(&mut events, None).unwrap();
            for event in &events {
                pool.ready(event.token().0, false);
            }
            if !sent {
                // The request is written now, and nothing else makes the socket ready.
                assert!(socket.read(&mut [0; 1024]).unwrap() > 0);
                socket.write_all(answer.as_bytes()).unwrap();
                sent = true;
            }
        }
        let turn = READS as u64 * 64;
        assert_eq!(pool.tally.bytes, turn);
        pool.ready(0, false);
        pool.ready(0, true);
        assert_eq!((pool.tally.bytes, pool.unread.as_slice()), (turn, [0].as_slice()));
        pool.read_on();
        assert_eq!((pool.tally.bytes, pool.unread.as_slice()), (2 * turn, [0].as_slice()));
        while pool.has_unread() {
            pool.read_on();
        }
        assert_eq!(pool.tally.bytes, answer.len() as u64);
        assert_eq!(pool.tally.events, 1000);
    }
}
