//! The answer to a request: a head, and a body that is a stream of events.

use super::chunks::Chunks;
use super::coding::Coding;
use super::events::Events;
use super::failure::{Failure, Phase};

const MOST_HEAD: usize = 16 * 1024;
const MOST_HEADERS: usize = 64;

/// How the end of the body is known.
#[derive(Debug)]
enum Framing {
    Chunks(Chunks),
    Length(u64),
    UntilClose,
}

#[derive(Debug)]
enum State {
    /// What has been read of the head.
    Head(Vec<u8>),
    Body(Framing),
    End,
}

/// Reads one answer, however its bytes are cut.
#[derive(Debug)]
pub(crate) struct Answer {
    state: State,
    coding: Coding,
    events: Events,
    keeps_connection: bool,
}

impl Answer {
    pub(crate) fn new() -> Self {
        let (coding, events) = (Coding::default(), Events::default());
        Self { state: State::Head(Vec::new()), coding, events, keeps_connection: true }
    }

    /// Reads on, and calls `on_event` for every event that ends in `input`.
    pub(crate) fn feed(
        &mut self,
        mut input: &[u8],
        on_event: impl FnMut(Option<u64>),
    ) -> Result<(), Failure> {
        if let State::Head(read) = &mut self.state {
            if read.is_empty() {
                // The common case: the whole head at once.
                match parse(input)? {
                    Some((length, head)) => {
                        input = &input[length..];
                        self.open(head);
                    }
                    None => {
                        read.extend_from_slice(input);
                        return Ok(());
                    }
                }
            } else {
                let before = read.len();
                read.extend_from_slice(input);
                let Some((length, head)) = parse(read)? else { return Ok(()) };
                input = input.get(length - before..).unwrap_or_default();
                self.open(head);
            }
        }
        self.body(input, on_event)
    }

    fn open(&mut self, head: Head) {
        self.keeps_connection = head.keeps_connection;
        self.coding = head.coding;
        self.state = match head.framing {
            Framing::Length(0) => State::End,
            framing => State::Body(framing),
        };
    }

    fn body(
        &mut self,
        mut input: &[u8],
        mut on_event: impl FnMut(Option<u64>),
    ) -> Result<(), Failure> {
        let (coding, events) = (&mut self.coding, &mut self.events);
        let mut feed = |data: &[u8]| {
            let read = coding.decode(data, |text| events.feed(text, &mut on_event));
            read.map_err(|_| Failure::Coding)
        };
        let ended = match &mut self.state {
            State::Body(Framing::Chunks(chunks)) => {
                while let Some(data) = chunks.next(&mut input)? {
                    feed(data)?;
                }
                chunks.ended()
            }
            State::Body(Framing::Length(left)) => {
                let here = usize::try_from(*left).map_or(input.len(), |left| left.min(input.len()));
                let (data, rest) = input.split_at(here);
                feed(data)?;
                input = rest;
                *left -= here as u64;
                *left == 0
            }
            State::Body(Framing::UntilClose) => {
                return feed(input);
            }
            State::Head(_) | State::End => true,
        };
        if ended {
            self.state = State::End;
            if !input.is_empty() {
                return Err(Failure::AfterTheEnd);
            }
        }
        Ok(())
    }

    /// The server has closed the connection. Well if the answer ends with it.
    pub(crate) fn close(&mut self) -> Result<(), Failure> {
        match &self.state {
            State::Body(Framing::UntilClose) | State::End => {
                self.state = State::End;
                Ok(())
            }
            State::Body(_) => Err(Failure::Closed(Phase::Streaming)),
            State::Head(_) => Err(Failure::Closed(Phase::Asking)),
        }
    }

    /// Whether any byte has been read.
    pub(crate) fn has_begun(&self) -> bool {
        !matches!(&self.state, State::Head(read) if read.is_empty())
    }

    /// Whether the head has been read, and is that of a stream of events.
    pub(crate) fn has_head(&self) -> bool {
        !matches!(self.state, State::Head(_))
    }

    pub(crate) fn ended(&self) -> bool {
        matches!(self.state, State::End)
    }

    /// Whether the next request can go over the same connection.
    pub(crate) fn keeps_connection(&self) -> bool {
        self.keeps_connection
    }
}

struct Head {
    framing: Framing,
    coding: Coding,
    keeps_connection: bool,
}

/// The head at the start of `input` with its length. None: there is more to come.
fn parse(input: &[u8]) -> Result<Option<(usize, Head)>, Failure> {
    let mut start = 0;
    loop {
        let mut headers = [httparse::EMPTY_HEADER; MOST_HEADERS];
        let mut response = httparse::Response::new(&mut headers);
        match response.parse(&input[start..]) {
            Ok(httparse::Status::Complete(length)) => start += length,
            Ok(httparse::Status::Partial) if input.len() < MOST_HEAD => return Ok(None),
            Ok(httparse::Status::Partial) | Err(httparse::Error::TooManyHeaders) => {
                return Err(Failure::HeadTooLarge);
            }
            Err(_) => return Err(Failure::NotHttp),
        }
        match response.code {
            // Said before the answer.
            Some(100 | 102 | 103) => {}
            Some(200) => return head(&response).map(|head| Some((start, head))),
            status => return Err(Failure::Status(status.unwrap_or_default())),
        }
    }
}

fn head(response: &httparse::Response<'_, '_>) -> Result<Head, Failure> {
    let mut head = Head {
        framing: Framing::UntilClose,
        coding: Coding::Identity,
        // HTTP/1.0 keeps none by itself.
        keeps_connection: response.version == Some(1),
    };
    let mut content_type = String::new();
    let mut chunked = false;
    for header in response.headers.iter() {
        let value = String::from_utf8_lossy(header.value).trim().to_ascii_lowercase();
        match header.name.to_ascii_lowercase().as_str() {
            "content-type" => content_type = value,
            "content-encoding" => {
                head.coding =
                    Coding::named(&value).ok_or_else(|| Failure::ContentEncoding(short(&value)))?;
            }
            "transfer-encoding" => {
                chunked = value.rsplit(',').next().map(str::trim) == Some("chunked");
            }
            "content-length" => {
                head.framing = Framing::Length(value.parse().map_err(|_| Failure::NotHttp)?);
            }
            "connection" if value.split(',').any(|option| option.trim() == "close") => {
                head.keeps_connection = false;
            }
            _ => {}
        }
    }
    if chunked {
        head.framing = Framing::Chunks(Chunks::default());
    }
    if matches!(head.framing, Framing::UntilClose) {
        head.keeps_connection = false;
    }
    let kind = content_type.split(';').next().unwrap_or_default().trim();
    if kind == "text/event-stream" { Ok(head) } else { Err(Failure::ContentType(short(kind))) }
}

/// What a server says goes into the report: not too much of it.
fn short(value: &str) -> String {
    value.chars().filter(|c| !c.is_control()).take(60).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\n";

    /// Events of an answer that comes in pieces of `size` and is then closed.
    fn read(answer: &str, size: usize) -> Result<usize, Failure> {
        let mut events = 0;
        let mut reader = Answer::new();
        for piece in answer.as_bytes().chunks(size) {
            reader.feed(piece, |_| events += 1)?;
        }
        reader.close()?;
        Ok(events)
    }

    fn check(answer: &str, expected: &Result<usize, Failure>) {
        for size in 1..=answer.len() {
            assert_eq!(read(answer, size), *expected, "{answer:?} in pieces of {size}");
        }
    }

    #[test]
    fn every_framing_is_read_however_it_is_cut() {
        let body = "data: 1\n\ndata: 2\n\n";
        check(&format!("{HEAD}\r\n{body}"), &Ok(2));
        check(&format!("{HEAD}Content-Length: 18\r\n\r\n{body}"), &Ok(2));
        check(&format!("{HEAD}Content-Length: 0\r\n\r\n"), &Ok(0));
        check(
            &format!("{HEAD}Transfer-Encoding: chunked\r\n\r\n12\r\n{body}\r\n0\r\n\r\n"),
            &Ok(2),
        );
        check(&format!("HTTP/1.1 103 Early Hints\r\n\r\n{HEAD}\r\n{body}"), &Ok(2));
    }

    #[test]
    fn faults_are_named_however_they_are_cut() {
        let of = |answer: String, failure| check(&answer, &Err(failure));
        of(
            format!("{HEAD}Content-Length: 30\r\n\r\ndata: 1\n\n"),
            Failure::Closed(Phase::Streaming),
        );
        of(format!("{HEAD}Content-Length: 3\r\n\r\nabcd"), Failure::AfterTheEnd);
        of(format!("{HEAD}Content-Length: x\r\n\r\n"), Failure::NotHttp);
        of(format!("{HEAD}Transfer-Encoding: chunked\r\n\r\nz\r\n"), Failure::Chunks);
        of(format!("{HEAD}Content-Encoding: lz\r\n\r\n"), Failure::ContentEncoding("lz".into()));
        of(format!("{HEAD}Content-Encoding: gzip\r\n\r\ndata: 1\n\n data"), Failure::Coding);
        of("HTTP/1.1 200 OK\r\n\r\n".into(), Failure::ContentType(String::new()));
        of(
            "HTTP/1.1 200 OK\r\ncontent-type: text/html; a=b\r\n\r\n".into(),
            Failure::ContentType("text/html".into()),
        );
        of("HTTP/1.1 503 Service Unavailable\r\n\r\n".into(), Failure::Status(503));
        of("SSH-2.0-OpenSSH\r\n".into(), Failure::NotHttp);
        of("HTTP/1.1 200".into(), Failure::Closed(Phase::Asking));
        of(format!("{HEAD}{}\r\n", "a: b\r\n".repeat(100)), Failure::HeadTooLarge);
        assert_eq!(
            read(&format!("{HEAD}a: {}", "b".repeat(20_000)), 1000),
            Err(Failure::HeadTooLarge)
        );
    }
}
