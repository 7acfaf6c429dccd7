//! `Sequence`: a JSON text sequence (RFC 7464).
//!
//! Each text stands between a record separator and a line feed. A text on one line is read at its line feed, so that
//! it need not wait for the next; one on several lines at the next separator.

use bytes::BytesMut;
use serde::de::DeserializeOwned;

use super::error::{BodyError, BodyErrorKind};
use super::input::{Input, too_long, utf8};
use super::value::not_a_value;

const RECORD_SEPARATOR: u8 = 0x1e;

/// Where in a sequence its reader is.
#[derive(Debug, Default)]
pub(super) struct Sequence {
    place: Place,
    /// The text, as far as it was read.
    text: BytesMut,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Place {
    /// Between a text and the next separator, where only white space may be.
    #[default]
    Between,
    /// In a text.
    Text,
    /// In a text whose first line was not all of it.
    FurtherLines,
    /// In what is left out.
    Skips,
}

impl Sequence {
    pub(super) fn next<T: DeserializeOwned>(
        &mut self,
        input: &mut Input,
    ) -> Result<Option<T>, BodyError> {
        loop {
            let chunk = input.chunk().clone();
            let separator = memchr::memchr(RECORD_SEPARATOR, &chunk);
            let before = separator.unwrap_or(chunk.len());
            let line = match self.place {
                Place::Text => memchr::memchr(b'\n', &chunk[..before]).map(|line| line + 1),
                _ => None,
            };
            let length = line.unwrap_or(before);
            match self.place {
                Place::Between => {
                    let strays =
                        chunk[..length].iter().position(|byte| !byte.is_ascii_whitespace());
                    if let Some(at) = strays {
                        input.begin_at(input.offset() + at as u64);
                        self.place = Place::Skips;
                        return Err(BodyError::item(BodyErrorKind::Malformed, NO_SEPARATOR));
                    }
                }
                Place::Skips => {}
                Place::Text | Place::FurtherLines => {
                    if self.text.is_empty() {
                        input.begin_at(input.offset());
                    }
                    // The line feed behind it is not part of the text.
                    let ended = usize::from(chunk[..length].ends_with(b"\n"));
                    if self.text.len() + length - ended > input.most {
                        self.text = BytesMut::new();
                        self.place = Place::Skips;
                        return Err(too_long(input.most));
                    }
                    self.text.extend_from_slice(&chunk[..length]);
                }
            }
            input.advance(length);
            if line.is_some() {
                match self.read(false) {
                    None => self.place = Place::FurtherLines,
                    Some(read) => {
                        // What follows a wrong line may belong to it.
                        self.place = if read.is_ok() { Place::Between } else { Place::Skips };
                        return read.map(Some);
                    }
                }
            } else if separator.is_some() || (input.has_ended() && !self.text.is_empty()) {
                let separated = separator.is_some();
                if separated {
                    input.advance(1);
                }
                self.place = if separated { Place::Text } else { Place::Between };
                // Several separators in a row are one (RFC 7464, section 2.3).
                if !self.text.trim_ascii().is_empty()
                    && let Some(read) = self.read(true)
                {
                    return read.map(Some);
                }
                self.text.clear();
            } else {
                return Ok(None);
            }
        }
    }

    /// Reads the text and lets go of it; none when there may be more of it.
    fn read<T: DeserializeOwned>(&mut self, whole: bool) -> Option<Result<T, BodyError>> {
        let read = utf8(&self.text).and_then(|text| match serde_json::from_str(text) {
            Ok(_) if is_cut_off(text) => Err(BodyError::item(BodyErrorKind::Malformed, CUT_OFF)),
            Ok(value) => Ok(Some(value)),
            Err(error) if error.is_eof() && !whole => Ok(None),
            Err(error) => Err(not_a_value(&error)),
        });
        let read = read.transpose()?;
        self.text.clear();
        Some(read)
    }
}

const NO_SEPARATOR: &str =
    "in a JSON text sequence a record separator (0x1E) stands before each text (RFC 7464)";
const CUT_OFF: &str =
    "it may be cut off: in a JSON text sequence a line feed stands after each text (RFC 7464)";

/// Only white space shows that a number or a word is whole (RFC 7464, section 2.4).
fn is_cut_off(text: &str) -> bool {
    !text.ends_with(|last: char| last.is_ascii_whitespace() || matches!(last, '}' | ']' | '"'))
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use serde_json::Value;

    use super::*;

    fn read(pieces: &[&[u8]]) -> Vec<(u64, Result<Value, String>)> {
        let (mut input, mut sequence) = (Input::new(40, true), Sequence::default());
        let mut found = Vec::new();
        let mut pieces = pieces.iter();
        loop {
            match sequence.next::<Value>(&mut input) {
                Ok(Some(value)) => found.push((input.began(), Ok(value))),
                Err(error) => found.push((input.began(), Err(error.to_string()))),
                Ok(None) if input.has_ended() => return found,
                Ok(None) => match pieces.next() {
                    Some(piece) => input.push(Bytes::copy_from_slice(piece)),
                    None => input.end(),
                },
            }
        }
    }

    #[test]
    fn texts_are_the_same_at_every_cut() {
        let long = format!("\x1e\"{}\"\n", "x".repeat(40));
        let body =
            ["\x1e1\n\x1e{\"a\":\n 2}\n\x1e\x1e\n", &long, "\x1etrue\x1e\"x\"\x1e[3\n stray\x1e4"]
                .concat();
        let whole = read(&[body.as_bytes()]);
        let said: Vec<_> = whole
            .iter()
            .map(|(at, read)| match read {
                Ok(value) => format!("{at} {value}"),
                Err(error) => format!("{at} {error}"),
            })
            .collect();
        let expected = [
            "1 1".to_owned(),
            "4 {\"a\":2}".to_owned(),
            "18 it is longer than 40 bytes (max_record)".to_owned(),
            format!("62 {CUT_OFF}"),
            "67 \"x\"".to_owned(),
            "71 expected `,` or `]` at line 2 column 2".to_owned(),
            format!("81 {CUT_OFF}"),
        ];
        assert_eq!(said, expected);
        for cut in 0..body.len() {
            assert_eq!(read(&[&body.as_bytes()[..cut], &body.as_bytes()[cut..]]), whole, "{cut}");
        }
        let bytes: Vec<_> = body.as_bytes().chunks(1).collect();
        assert_eq!(read(&bytes), whole);
    }

    #[test]
    fn what_stands_outside_is_said() {
        let found = read(&[b" \n x\n\x1e1\n 2\x1e3\n"]);
        let bad = || Err(NO_SEPARATOR.to_owned());
        assert_eq!(found, [(3, bad()), (6, Ok(1.into())), (9, bad()), (11, Ok(3.into()))]);
    }
}
