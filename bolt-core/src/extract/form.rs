//! `Form`: a multipart body, cut into the heads and the data of its fields (RFC 2046, section 5.1).

use std::task::{Context, Poll, ready};

use bytes::{Buf as _, Bytes, BytesMut};
use memchr::memmem::{self, Finder};
use tokio::task::coop::poll_proceed;

use super::error::{BodyError, BodyErrorKind};
use super::head::Head;
use super::source::Source;
use crate::config::RequestSettings;

/// Bytes of the head of a field, and of what stands before the first boundary.
const MAX_HEAD: usize = 16 * 1024;

/// White space between a boundary and the end of its line.
const MAX_PADDING: usize = 128;

/// Bytes that are looked at in one go.
const PIECE: usize = 16 * 1024;

const LINE_END: &[u8] = b"\r\n";
const HEAD_END: &[u8] = b"\r\n\r\n";

pub(super) struct Form {
    source: Source,
    /// A line end, two hyphens and the boundary, which end the data of a field.
    delimiter: Finder<'static>,
    state: State,
    /// What was read and not yet looked at.
    chunk: Bytes,
    /// What is looked at: never more than a head, or a delimiter, and one piece.
    buffer: BytesMut,
    /// So many bytes of the buffer do not hold the end that is looked for.
    scanned: usize,
    /// Up to the buffer, with the line end that the body is thought to begin after.
    offset: u64,
    /// Fields so far, with the one that is begun.
    number: u64,
    /// Where that begins in the body: its boundary line.
    began: u64,
}

/// What stands at the beginning of the buffer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Preamble,
    /// What follows a boundary on its line.
    Boundary,
    /// The head of a field, with the end of the boundary line before it.
    Head,
    Data,
    Over,
}

/// What was made of the buffer.
enum Step {
    /// It does not hold enough.
    More,
    /// The place is another.
    Moved,
    Head(Head),
}

impl Form {
    pub(super) fn new(source: Source, boundary: &str) -> Self {
        Self {
            source,
            delimiter: Finder::new(format!("\r\n--{boundary}").as_bytes()).into_owned(),
            state: State::Preamble,
            chunk: Bytes::new(),
            // The first boundary may stand at the very beginning.
            buffer: LINE_END.into(),
            scanned: 0,
            offset: 0,
            number: 0,
            began: 0,
        }
    }

    /// The number of the field that is begun, from 1.
    pub(super) fn number(&self) -> u64 {
        self.number
    }

    /// Where that begins in the body: bytes before its boundary.
    pub(super) fn began(&self) -> u64 {
        self.began
    }

    /// Nothing more is read.
    pub(super) fn end(&mut self) {
        self.state = State::Over;
        (self.chunk, self.buffer) = (Bytes::new(), BytesMut::new());
    }

    /// The head of the next field; none behind the last, and after an error. What is left of the field before is passed
    /// over.
    pub(super) fn poll_head(
        &mut self,
        cx: &mut Context<'_>,
        limits: &RequestSettings,
    ) -> Poll<Option<Result<Head, BodyError>>> {
        loop {
            let step = match self.state {
                State::Over => return Poll::Ready(None),
                State::Preamble => self.preamble(),
                State::Boundary => self.boundary(),
                State::Head => self.head(),
                State::Data => match ready!(self.poll_data(cx, limits)) {
                    Some(Err(error)) => return Poll::Ready(Some(Err(error))),
                    Some(Ok(_)) | None => continue,
                },
            };
            match step {
                Ok(Step::Moved) => {}
                Ok(Step::Head(head)) => return Poll::Ready(Some(Ok(head))),
                Ok(Step::More) => {
                    if let Err(error) = ready!(self.poll_more(cx, limits)) {
                        return Poll::Ready(Some(Err(error)));
                    }
                }
                Err(what) => {
                    let error = self.malformed(what);
                    self.end();
                    return Poll::Ready(Some(Err(error)));
                }
            }
        }
    }

    /// The next data of the field, never empty; none at its end, and after an error.
    pub(super) fn poll_data(
        &mut self,
        cx: &mut Context<'_>,
        limits: &RequestSettings,
    ) -> Poll<Option<Result<Bytes, BodyError>>> {
        while self.state == State::Data {
            let data = self.data();
            if !data.is_empty() {
                return Poll::Ready(Some(Ok(data)));
            }
            if self.state == State::Data
                && let Err(error) = ready!(self.poll_more(cx, limits))
            {
                return Poll::Ready(Some(Err(error)));
            }
        }
        Poll::Ready(None)
    }

    fn preamble(&mut self) -> Result<Step, Fault> {
        let found = self.delimiter.find(&self.buffer);
        let before = found.unwrap_or_else(|| self.before_delimiter());
        self.advance(before);
        if self.offset > MAX_HEAD as u64 {
            let what = format!("no line with its boundary comes in its first {MAX_HEAD} bytes");
            return Err((BodyErrorKind::Malformed, what));
        }
        Ok(self.pass_delimiter(found.is_some()))
    }

    fn boundary(&mut self) -> Result<Step, Fault> {
        if self.buffer.len() < 2 {
            return Ok(Step::More);
        }
        if self.buffer.starts_with(b"--") {
            self.end();
            return Ok(Step::Moved);
        }
        let padding = self.buffer.iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
        let rest = &self.buffer[padding..];
        if padding <= MAX_PADDING && rest.starts_with(LINE_END) {
            self.advance(padding);
            self.state = State::Head;
            return Ok(Step::Moved);
        }
        if padding <= MAX_PADDING && LINE_END.starts_with(rest) {
            return Ok(Step::More);
        }
        let what = "its boundary is not all that stands on its line".to_owned();
        Err((BodyErrorKind::Malformed, what))
    }

    fn head(&mut self) -> Result<Step, Fault> {
        let found = memmem::find(&self.buffer[self.scanned..], HEAD_END);
        let unseen = self.buffer.len().saturating_sub(HEAD_END.len() - 1);
        let end = found.map_or(unseen, |end| self.scanned + end);
        if end > MAX_HEAD {
            let what = format!("its head is longer than {MAX_HEAD} bytes");
            return Err((BodyErrorKind::RecordTooLong, what));
        }
        if found.is_none() {
            self.scanned = end;
            return Ok(Step::More);
        }
        let head = Head::parse(self.buffer.get(LINE_END.len()..end).unwrap_or_default());
        let head = head.map_err(|what| (BodyErrorKind::Malformed, what))?;
        self.advance(end + HEAD_END.len());
        self.state = State::Data;
        Ok(Step::Head(head))
    }

    /// The data of the field that is there; when its end is, it is passed.
    fn data(&mut self) -> Bytes {
        let found = self.delimiter.find(&self.buffer);
        let length = found.unwrap_or_else(|| self.before_delimiter());
        let data = self.buffer.split_to(length).freeze();
        self.offset += length as u64;
        self.pass_delimiter(found.is_some());
        data
    }

    /// How many bytes of the buffer cannot be the beginning of a delimiter.
    fn before_delimiter(&self) -> usize {
        let delimiter = self.delimiter.needle();
        let tail = self.buffer.len().saturating_sub(delimiter.len() - 1);
        // There is one carriage return in it, and that is its first byte.
        let last = memchr::memrchr(b'\r', &self.buffer[tail..]).map(|last| tail + last);
        let begun = last.filter(|last| delimiter.starts_with(&self.buffer[*last..]));
        begun.unwrap_or(self.buffer.len())
    }

    fn pass_delimiter(&mut self, found: bool) -> Step {
        if !found {
            return Step::More;
        }
        // Its boundary stands behind a line end; but the body was thought to begin with one more.
        self.began = self.offset;
        self.number += 1;
        self.advance(self.delimiter.needle().len());
        self.state = State::Boundary;
        Step::Moved
    }

    fn advance(&mut self, count: usize) {
        self.buffer.advance(count);
        self.offset += count as u64;
        self.scanned = 0;
    }

    /// Reads a piece.
    ///
    /// # Errors
    /// Each is the end of the form.
    fn poll_more(
        &mut self,
        cx: &mut Context<'_>,
        limits: &RequestSettings,
    ) -> Poll<Result<(), BodyError>> {
        if self.chunk.is_empty() {
            // A body that is always there lets others run all the same.
            let coop = ready!(poll_proceed(cx));
            let chunk = ready!(self.source.poll_chunk(cx, limits));
            coop.made_progress();
            match chunk {
                Some(Ok(chunk)) => self.chunk = chunk,
                Some(Err(error)) => {
                    self.end();
                    return Poll::Ready(Err(error));
                }
                None => {
                    let what = match self.state {
                        State::Preamble => "it ends before its last boundary",
                        _ => "the form ends before its last boundary",
                    };
                    let what = what.to_owned();
                    let error = self.malformed((BodyErrorKind::Malformed, what));
                    self.end();
                    return Poll::Ready(Err(error));
                }
            }
        }
        let piece = self.chunk.split_to(self.chunk.len().min(PIECE));
        self.buffer.extend_from_slice(&piece);
        Poll::Ready(Ok(()))
    }

    fn malformed(&self, (kind, what): Fault) -> BodyError {
        match self.state {
            State::Preamble => BodyError::body(kind, format!("the form: {what}")),
            _ => BodyError::item(kind, what).ending().at_field(self.number, self.began),
        }
    }
}

type Fault = (BodyErrorKind, String);
