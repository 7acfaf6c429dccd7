//! Rows of CSV.

use std::fmt;
use std::marker::PhantomData;

use csv_core::{ReadRecordResult, Reader, ReaderBuilder};
use mediatype::MediaTypeBuf;
use serde::de::DeserializeOwned;

use super::error::{BodyError, BodyErrorKind};
use super::input::{Input, too_long, utf8};
use super::items::Items;
use super::items::sealed::Format;
use super::media;

/// Columns of a table. Each costs memory, also where it is empty.
const MOST_COLUMNS: usize = 4096;

/// A table (`text/csv`, RFC 4180; `text/tab-separated-values`), row by row.
///
/// The first row names the columns, unless the `content-type` says `header=absent` or the handler
/// [does](Items::without_header): then the fields of `T` are filled in their order. Rows without anything in them are left
/// out.
///
/// ```
/// use bolt::prelude::*;
///
/// #[derive(Deserialize, ToSchema)]
/// struct Person { name: String, age: Option<u8> }
///
/// /// Imports people.
/// #[stream(post, "/people")]
/// fn people(rows: Csv<Person>) -> Result<String, Problem> {
///     for row in rows {
///         let Person { name, age } = row?;
///         emit!(format!("{name}, {age:?}"));
///     }
/// }
/// ```
///
/// A row with another number of fields than the first, or that is not one for `T`, is an error that says its number (the
/// row of names is not counted); the next row is read after it.
pub type Csv<T> = Items<CsvFormat<T>>;

/// How [`Csv`] is read.
pub struct CsvFormat<T> {
    delimiter: u8,
    reader: Box<Reader>,
    header: Header,
    row: Row,
    value: PhantomData<fn() -> T>,
}

enum Header {
    /// The first row is it.
    Expected,
    /// There is none; how many fields the first row has, once that is known.
    Absent(Option<usize>),
    Names(csv::StringRecord),
}

/// The row that is being read.
#[derive(Default)]
struct Row {
    /// The fields without what stands between them.
    text: Vec<u8>,
    text_length: usize,
    /// Where each field ends in it.
    ends: Vec<usize>,
    fields: usize,
    /// Bytes that were read of it.
    read: usize,
    skips: bool,
    record: csv::StringRecord,
}

impl<T> CsvFormat<T> {
    fn new(delimiter: u8, header: Header) -> Self {
        let reader = Box::new(ReaderBuilder::new().delimiter(delimiter).build());
        Self { delimiter, reader, header, row: Row::default(), value: PhantomData }
    }
}

impl<T> Default for CsvFormat<T> {
    fn default() -> Self {
        Self::new(b',', Header::Expected)
    }
}

impl<T: DeserializeOwned + 'static> Items<CsvFormat<T>> {
    /// Takes the first row for data: there are no names.
    #[must_use]
    pub fn without_header(mut self) -> Self {
        self.format.header = Header::Absent(None);
        self
    }

    /// Sets what stands between two fields, in ASCII. Default: a comma, or a tab in `text/tab-separated-values`.
    #[must_use]
    pub fn delimiter(mut self, delimiter: u8) -> Self {
        let header = std::mem::replace(&mut self.format.header, Header::Expected);
        self.format = CsvFormat::new(delimiter, header);
        self
    }
}

impl<T: DeserializeOwned + 'static> Format for CsvFormat<T> {
    type Item = T;

    const EXPECTED: &'static str = "text/csv or text/tab-separated-values";
    const TEXT: bool = true;

    fn of(media: Option<&MediaTypeBuf>) -> Option<Self> {
        let media = media.filter(|media| media::is_utf8(media))?;
        let tabs = media::is(media, "text/tab-separated-values");
        if !tabs && !media::is(media, "text/csv") {
            return None;
        }
        let absent = media::parameter(media, "header").is_some_and(|header| header == "absent");
        let header = if absent { Header::Absent(None) } else { Header::Expected };
        Some(Self::new(if tabs { b'\t' } else { b',' }, header))
    }

    fn next(&mut self, input: &mut Input) -> Result<Option<T>, BodyError> {
        loop {
            if !self.row.read(&mut self.reader, input).map_err(|error| self.in_header(error))? {
                return Ok(None);
            }
            let fields = self.row.fields;
            self.row.take().map_err(|error| self.in_header(error))?;
            let record = &self.row.record;
            let (names, expected) = match &mut self.header {
                Header::Expected => {
                    self.header = Header::Names(record.clone());
                    continue;
                }
                Header::Names(names) => (Some(&*names), names.len()),
                Header::Absent(first) => (None, *first.get_or_insert(fields)),
            };
            if fields != expected {
                let first = if names.is_some() { "the header" } else { "the first row" };
                let what = format!("it has {fields} fields, and {first} has {expected}");
                return Err(BodyError::item(BodyErrorKind::Malformed, what));
            }
            return record.deserialize(names).map(Some).map_err(|error| mismatch(&error, names));
        }
    }
}

impl<T> CsvFormat<T> {
    /// Without a header no row can be read.
    fn in_header(&self, error: BodyError) -> BodyError {
        match self.header {
            Header::Expected => BodyError::body(error.kind(), format!("the header row: {error}")),
            Header::Names(_) | Header::Absent(_) => error,
        }
    }
}

impl Row {
    /// Reads on. True when the row is whole.
    fn read(&mut self, reader: &mut Reader, input: &mut Input) -> Result<bool, BodyError> {
        loop {
            if self.read == 0 && !self.skips {
                // Left out by the reader too; here, so that the row begins after them.
                let ends = |byte: &&u8| matches!(byte, b'\r' | b'\n');
                let blank = input.chunk().iter().take_while(ends).count();
                input.advance(blank);
                input.begin_at(input.offset());
            }
            // An empty chunk would say that the body has ended.
            if input.chunk().is_empty() && !input.has_ended() {
                return Ok(false);
            }
            self.make_room();
            // One byte more, so that a row that is too long is seen to be.
            let most = input.most.saturating_add(1).saturating_sub(self.read).max(1);
            let piece = &input.chunk()[..input.chunk().len().min(most)];
            let (result, read, text, fields) = reader.read_record(
                piece,
                &mut self.text[self.text_length..],
                &mut self.ends[self.fields..],
            );
            input.advance(read);
            self.read += read;
            self.text_length += text;
            self.fields += fields;
            let too_wide =
                matches!(result, ReadRecordResult::OutputEndsFull) && self.fields >= MOST_COLUMNS;
            if self.skips {
                self.forget();
                self.skips = !matches!(result, ReadRecordResult::Record | ReadRecordResult::End);
            } else if self.read > input.most || too_wide {
                let whole = matches!(result, ReadRecordResult::Record);
                self.forget();
                self.skips = !whole;
                return Err(match too_wide {
                    true => {
                        let what = format!("it has more than {MOST_COLUMNS} fields");
                        BodyError::item(BodyErrorKind::Malformed, what)
                    }
                    false => too_long(input.most),
                });
            } else if matches!(result, ReadRecordResult::Record) {
                return Ok(true);
            }
            if matches!(result, ReadRecordResult::End) {
                return Ok(false);
            }
        }
    }

    fn make_room(&mut self) {
        if self.text_length == self.text.len() {
            self.text.resize((self.text.len() * 2).max(256), 0);
        }
        if self.fields == self.ends.len() {
            self.ends.resize((self.ends.len() * 2).clamp(16, MOST_COLUMNS), 0);
        }
    }

    fn forget(&mut self) {
        (self.text_length, self.fields, self.read) = (0, 0, 0);
    }

    /// Makes the row the record.
    fn take(&mut self) -> Result<(), BodyError> {
        self.record.clear();
        let (text, ends) = (&self.text[..self.text_length], &self.ends[..self.fields]);
        let mut start = 0;
        let taken = ends.iter().try_for_each(|end| {
            // Each for itself: two halves of a character are none.
            self.record.push_field(utf8(&text[start..*end])?);
            start = *end;
            Ok(())
        });
        self.forget();
        taken
    }
}

fn mismatch(error: &csv::Error, names: Option<&csv::StringRecord>) -> BodyError {
    let what = match error.kind() {
        csv::ErrorKind::Deserialize { err, .. } => {
            let column = err.field().and_then(|field| usize::try_from(field).ok());
            let name = column.and_then(|column| names?.get(column));
            match (name, column) {
                (Some(name), _) => format!("column {name:?}: {}", err.kind()),
                (None, Some(column)) => format!("field {}: {}", column + 1, err.kind()),
                (None, None) => err.kind().to_string(),
            }
        }
        _ => error.to_string(),
    };
    BodyError::item(BodyErrorKind::Mismatch, what)
}

impl<T> fmt::Debug for CsvFormat<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CsvFormat")
            .field("delimiter", &char::from(self.delimiter))
            .finish_non_exhaustive()
    }
}
