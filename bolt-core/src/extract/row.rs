//! `Row`: one row of a table, cut into its fields (RFC 4180).

use csv::StringRecord;

use super::error::{BodyError, BodyErrorKind};
use super::input::{Input, too_long, utf8};

/// Columns of a table. Each costs memory, also where it is empty.
const MAX_COLUMNS: usize = 4096;

/// How the fields of a table are told apart.
#[derive(Clone, Copy, Debug)]
pub(super) struct Dialect {
    pub(super) delimiter: u8,
    /// Whether a field in quotes may have all in it.
    pub(super) quoting: bool,
}

/// The row that is being read.
#[derive(Default)]
pub(super) struct Row {
    place: Place,
    /// The fields without what stands between them.
    text: Vec<u8>,
    /// Where each field ends in it.
    ends: Vec<usize>,
    /// Bytes that were read of it, without the line end.
    read: usize,
    /// Where the last field in quotes begins in the body.
    quote: u64,
    /// The rest of a row that is left out.
    skips: bool,
    pub(super) record: StringRecord,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Place {
    /// Between two rows.
    #[default]
    Between,
    /// At the beginning of a field.
    Field,
    Plain,
    Quoted,
    /// Behind a quote in a field in quotes: the field is over, or the quote is doubled and part of it.
    Quote,
}

impl Row {
    /// Reads on, and makes the row the record when it is whole. None when more has to be read; at the end of the body,
    /// when there is no row. Gives how many fields it has.
    ///
    /// # Errors
    /// What is wrong with the row. It is left out then, and the next call gives the one after it.
    pub(super) fn read(
        &mut self,
        dialect: Dialect,
        input: &mut Input,
    ) -> Result<Option<usize>, BodyError> {
        loop {
            let blank = |byte: &&u8| matches!(byte, b'\r' | b'\n');
            if self.place == Place::Between {
                input.advance(input.chunk().iter().take_while(blank).count());
                input.begin_at(input.offset());
            }
            if input.chunk().is_empty() {
                return if input.has_ended() { self.end() } else { Ok(None) };
            }
            // One byte more, so that a row that is too long is seen to be.
            let most = match self.skips {
                true => usize::MAX,
                false => input.most.saturating_add(1) - self.read,
            };
            let piece = &input.chunk()[..input.chunk().len().min(most)];
            let Some(used) = self.step(dialect, piece, input.offset()) else {
                let what = format!("text stands behind {}", self.quoted_field());
                self.place = Place::Plain;
                if let Some(error) = self.leave_out(BodyError::item(BodyErrorKind::Malformed, what))
                {
                    return Err(error);
                }
                continue;
            };
            input.advance(used);
            let over = self.place == Place::Between;
            self.read += used - usize::from(over);
            let error = if self.read > input.most && self.place == Place::Quoted {
                let (most, field) = (input.most, self.quoted_field());
                let what = format!(
                    "it is longer than {most} bytes (max_record); {field} is not closed in them"
                );
                Some(BodyError::item(BodyErrorKind::RecordTooLong, what))
            } else if self.read > input.most {
                Some(too_long(input.most))
            } else if self.ends.len() > MAX_COLUMNS {
                let what = format!("it has more than {MAX_COLUMNS} fields");
                Some(BodyError::item(BodyErrorKind::Malformed, what))
            } else {
                None
            };
            if let Some(error) = error.and_then(|error| self.leave_out(error)) {
                self.skips = !over;
                return Err(error);
            }
            if over && !std::mem::take(&mut self.skips) {
                return self.take().map(Some);
            }
            if self.skips || over {
                self.forget();
            }
        }
    }

    /// Reads one field, or a part of it. Gives the bytes that it used; none when nothing may stand there but an end.
    fn step(&mut self, dialect: Dialect, piece: &[u8], offset: u64) -> Option<usize> {
        if matches!(self.place, Place::Between | Place::Field) {
            self.place = Place::Plain;
            if dialect.quoting && piece[0] == b'"' {
                (self.place, self.quote) = (Place::Quoted, offset);
                return Some(1);
            }
        }
        let (text, end) = match self.place {
            Place::Quoted => {
                let end = memchr::memchr(b'"', piece);
                let text = &piece[..end.unwrap_or(piece.len())];
                self.text.extend_from_slice(text);
                if end.is_some() {
                    self.place = Place::Quote;
                }
                return Some(text.len() + usize::from(end.is_some()));
            }
            Place::Quote if piece[0] == b'"' => {
                self.text.push(b'"');
                self.place = Place::Quoted;
                return Some(1);
            }
            Place::Quote => (0, Some(0)),
            _ => {
                let end = memchr::memchr3(dialect.delimiter, b'\r', b'\n', piece);
                (end.unwrap_or(piece.len()), end)
            }
        };
        self.text.extend_from_slice(&piece[..text]);
        let Some(end) = end else { return Some(text) };
        self.place = match piece[end] {
            byte if byte == dialect.delimiter => Place::Field,
            b'\r' | b'\n' => Place::Between,
            _ => return None,
        };
        self.ends.push(self.text.len());
        Some(end + 1)
    }

    /// The body has ended.
    fn end(&mut self) -> Result<Option<usize>, BodyError> {
        let place = std::mem::take(&mut self.place);
        let skips = std::mem::take(&mut self.skips);
        if place == Place::Quoted {
            let what = format!("{} is not closed", self.quoted_field());
            self.forget();
            return Err(match skips {
                // Of the row it was said already that it is left out; not that all behind it is part of it.
                true => BodyError::body(BodyErrorKind::Malformed, what),
                false => BodyError::item(BodyErrorKind::Malformed, what).ending(),
            });
        }
        if place == Place::Between || skips {
            self.forget();
            return Ok(None);
        }
        self.ends.push(self.text.len());
        self.take().map(Some)
    }

    fn quoted_field(&self) -> String {
        format!("the quoted field that begins at byte {}", self.quote)
    }

    /// Leaves the rest of the row out. None when that was said before.
    fn leave_out(&mut self, error: BodyError) -> Option<BodyError> {
        self.forget();
        (!std::mem::replace(&mut self.skips, true)).then_some(error)
    }

    fn forget(&mut self) {
        self.text.clear();
        self.ends.clear();
        self.read = 0;
    }

    /// Makes the row the record.
    fn take(&mut self) -> Result<usize, BodyError> {
        self.record.clear();
        let mut start = 0;
        let taken = self.ends.iter().try_for_each(|end| {
            // Each for itself: two halves of a character are none.
            self.record.push_field(utf8(&self.text[start..*end])?);
            start = *end;
            Ok(())
        });
        self.forget();
        taken.map(|()| self.record.len())
    }
}
