//! `Input`: what was read of a body and not yet used, cut into records.

use bytes::{Buf as _, Bytes, BytesMut};

use super::error::{BodyError, BodyErrorKind};

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// One chunk of the body, and before it what was held of a record that is not whole: at most as much as one record may
/// have.
#[derive(Debug)]
pub struct Input {
    held: BytesMut,
    chunk: Bytes,
    /// Of the body, up to `chunk`.
    offset: u64,
    /// Where the record begins that was last given.
    began: u64,
    /// Bytes of a record.
    pub(super) most: usize,
    /// The rest of a record that was too long.
    skips: bool,
    /// Nothing comes after `chunk`.
    ended: bool,
    /// How much of a byte order mark the body began with; none once that is known.
    mark: Option<usize>,
}

impl Input {
    /// `text`: a byte order mark in front is not part of it.
    pub(super) fn new(most: usize, text: bool) -> Self {
        Self {
            held: BytesMut::new(),
            chunk: Bytes::new(),
            offset: 0,
            began: 0,
            most,
            skips: false,
            ended: false,
            mark: text.then_some(0),
        }
    }

    /// Takes the next chunk, when the one before is used up.
    pub(super) fn push(&mut self, chunk: Bytes) {
        self.chunk = chunk;
        while let Some(seen) = self.mark
            && let Some(byte) = self.chunk.first()
        {
            if *byte == BYTE_ORDER_MARK[seen] {
                self.advance(1);
                self.mark = Some(seen + 1).filter(|seen| *seen < BYTE_ORDER_MARK.len());
            } else {
                self.give_back(seen);
            }
        }
    }

    pub(super) fn end(&mut self) {
        self.give_back(self.mark.unwrap_or_default());
        self.ended = true;
    }

    /// Some bytes only looked like a mark.
    fn give_back(&mut self, seen: usize) {
        self.mark = None;
        if seen > 0 {
            self.chunk = [&BYTE_ORDER_MARK[..seen], &self.chunk].concat().into();
            self.offset -= seen as u64;
        }
    }

    pub(super) fn has_ended(&self) -> bool {
        self.ended
    }

    /// What is not used of the chunk.
    pub(super) fn chunk(&self) -> &Bytes {
        &self.chunk
    }

    /// Uses bytes of the chunk.
    pub(super) fn advance(&mut self, count: usize) {
        self.chunk.advance(count);
        self.offset += count as u64;
    }

    /// Where the chunk begins in the body.
    pub(super) fn offset(&self) -> u64 {
        self.offset
    }

    /// Where the last record begins in the body.
    pub(super) fn began(&self) -> u64 {
        self.began
    }

    pub(super) fn begin_at(&mut self, offset: u64) {
        self.began = offset;
    }

    /// The next record up to a line feed or the end of the body, without it. None when more has to be read; at the end,
    /// when there is none.
    ///
    /// # Errors
    /// When it is too long. It is left out then, and the next call gives the one after it.
    pub(super) fn line(&mut self) -> Result<Option<Bytes>, BodyError> {
        loop {
            let end = memchr::memchr(b'\n', &self.chunk);
            let length = end.unwrap_or(self.chunk.len());
            if self.skips {
                self.skips = end.is_none();
                self.advance(length + usize::from(end.is_some()));
                if self.chunk.is_empty() {
                    return Ok(None);
                }
                continue;
            }
            let held = self.held.len();
            if held + length > self.most {
                self.began = self.offset - held as u64;
                // Its memory too.
                self.held = BytesMut::new();
                self.skips = true;
                return Err(too_long(self.most));
            }
            if end.is_none() && !self.ended {
                self.held.extend_from_slice(&self.chunk);
                self.advance(length);
                return Ok(None);
            }
            if end.is_none() && held + length == 0 {
                return Ok(None);
            }
            self.began = self.offset - held as u64;
            let part = self.chunk.split_to(length);
            self.offset += length as u64;
            if end.is_some() {
                self.advance(1);
            }
            if held == 0 {
                return Ok(Some(part));
            }
            self.held.extend_from_slice(&part);
            return Ok(Some(self.held.split().freeze()));
        }
    }
}

pub(super) fn too_long(most: usize) -> BodyError {
    let what = format!("it is longer than {most} bytes (max_record)");
    BodyError::item(BodyErrorKind::RecordTooLong, what)
}

/// The text that bytes are.
pub(super) fn utf8(bytes: &[u8]) -> Result<&str, BodyError> {
    std::str::from_utf8(bytes).map_err(|error| {
        let what = format!("it is not UTF-8 from its byte {} on", error.valid_up_to() + 1);
        BodyError::item(BodyErrorKind::Malformed, what)
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Where each record begins and what it is, or that it is too long.
    fn lines(pieces: &[&[u8]], most: usize) -> Vec<(u64, Result<Vec<u8>, String>)> {
        let mut input = Input::new(most, true);
        let mut found = Vec::new();
        let mut pieces = pieces.iter();
        loop {
            match input.line() {
                Ok(Some(line)) => found.push((input.began(), Ok(line.to_vec()))),
                Err(error) => found.push((input.began(), Err(error.to_string()))),
                Ok(None) if input.has_ended() => return found,
                Ok(None) => match pieces.next() {
                    Some(piece) => {
                        let piece = Bytes::copy_from_slice(piece);
                        let least = piece.len() + most;
                        input.push(piece);
                        assert!(input.held.len() + input.chunk.len() <= least + 3);
                    }
                    None => input.end(),
                },
            }
            assert!(input.held.len() <= most, "{} bytes are held", input.held.len());
        }
    }

    /// The same by the standard library.
    fn expected(body: &[u8], most: usize) -> Vec<(u64, Result<Vec<u8>, String>)> {
        let text = body.strip_prefix(BYTE_ORDER_MARK).unwrap_or(body);
        let mut offset = body.len() - text.len();
        let mut found = Vec::new();
        for line in text.split_inclusive(|byte| *byte == b'\n') {
            let record = line.strip_suffix(b"\n").unwrap_or(line);
            let fits = record.len() <= most;
            let too_long = format!("it is longer than {most} bytes (max_record)");
            found.push((offset as u64, if fits { Ok(record.to_vec()) } else { Err(too_long) }));
            offset += line.len();
        }
        found
    }

    fn bodies() -> impl Strategy<Value = Vec<u8>> {
        let part = prop_oneof![
            3 => Just(b"\n".to_vec()),
            1 => Just(BYTE_ORDER_MARK.to_vec()),
            1 => Just(BYTE_ORDER_MARK[..2].to_vec()),
            4 => proptest::collection::vec(any::<u8>(), 0..12),
        ];
        proptest::collection::vec(part, 0..12).prop_map(|parts| parts.concat())
    }

    proptest! {
        #[test]
        fn lines_are_the_same_at_every_cut(body in bodies(), most in 1..16_usize) {
            let expected = expected(&body, most);
            for cut in 0..=body.len() {
                let found = lines(&[&body[..cut], &body[cut..]], most);
                prop_assert_eq!(&found, &expected, "cut at {}", cut);
            }
            prop_assert_eq!(lines(&body.chunks(1).collect::<Vec<_>>(), most), expected);
        }
    }
}
