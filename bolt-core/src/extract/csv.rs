//! Rows of CSV.

use std::fmt;
use std::marker::PhantomData;

use mediatype::MediaTypeBuf;
use serde::de::DeserializeOwned;

use super::error::{BodyError, BodyErrorKind};
use super::input::Input;
use super::items::Items;
use super::items::sealed::Format;
use super::media;
use super::row::{Dialect, Row};

const COMMAS: Dialect = Dialect { delimiter: b',', quoting: true };
/// By the definition of the media type a field has no tab in it, and no quotes around it.
const TABS: Dialect = Dialect { delimiter: b'\t', quoting: false };

/// A table (`text/csv`, RFC 4180; `text/tab-separated-values`), row by row.
///
/// The first row names the columns, unless the `content-type` says `header=absent` or the handler
/// [does](Items::without_header): then the fields of `T` are filled in their order. Rows without anything in them are
/// left out.
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
/// A row with another number of fields than the first, or that is not one for `T`, is an error that says its number
/// (the row of names is not counted); the next row is read after it. A quoted field without an end, and a header
/// without a column that `T` must have or with two for one field of it, end the body.
pub type Csv<T> = Items<CsvFormat<T>>;

/// How [`Csv`] is read.
pub struct CsvFormat<T> {
    dialect: Dialect,
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

impl<T> CsvFormat<T> {
    fn new(dialect: Dialect, header: Header) -> Self {
        Self { dialect, header, row: Row::default(), value: PhantomData }
    }
}

impl<T> Default for CsvFormat<T> {
    fn default() -> Self {
        Self::new(COMMAS, Header::Expected)
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
        self.format.dialect.delimiter = delimiter;
        self
    }

    /// Sets whether a field may stand in quotes, with delimiters, line ends and doubled quotes in it. Default: yes, but
    /// not in `text/tab-separated-values`, where a quote is a character as others are.
    #[must_use]
    pub fn quoting(mut self, quoting: bool) -> Self {
        self.format.dialect.quoting = quoting;
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
        let absent = media::parameter(media, "header")
            .is_some_and(|header| header.eq_ignore_ascii_case("absent"));
        let header = if absent { Header::Absent(None) } else { Header::Expected };
        Some(Self::new(if tabs { TABS } else { COMMAS }, header))
    }

    fn next(&mut self, input: &mut Input) -> Result<Option<T>, BodyError> {
        loop {
            let read = self.row.read(self.dialect, input);
            let Some(fields) = read.map_err(|error| self.in_header(error))? else {
                return Ok(None);
            };
            let record = &self.row.record;
            let (names, expected) = match &mut self.header {
                Header::Expected => {
                    // Many write a space behind the comma, and nobody a name that begins with one.
                    self.header = Header::Names(record.iter().map(str::trim).collect());
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

fn mismatch(error: &csv::Error, names: Option<&csv::StringRecord>) -> BodyError {
    // What the header has too few or too many of, each row has.
    let count = |column| names.map(|names| names.iter().filter(|name| *name == column).count());
    if let Some(column) = field_in(error, "missing field `")
        && count(column) == Some(0)
    {
        let what = format!("the header row: there is no column {column:?}");
        return BodyError::body(BodyErrorKind::Mismatch, what);
    }
    if let Some(column) = field_in(error, "duplicate field `")
        && count(column) > Some(1)
    {
        let what = format!("the header row: there is more than one column {column:?}");
        return BodyError::body(BodyErrorKind::Mismatch, what);
    }
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

/// The field of a struct that serde says this of.
fn field_in<'a>(error: &'a csv::Error, said_of_it: &str) -> Option<&'a str> {
    match error.kind() {
        csv::ErrorKind::Deserialize { err, .. } => match err.kind() {
            csv::DeserializeErrorKind::Message(said) => {
                said.strip_prefix(said_of_it)?.strip_suffix('`')
            }
            _ => None,
        },
        _ => None,
    }
}

impl<T> fmt::Debug for CsvFormat<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CsvFormat").field("dialect", &self.dialect).finish_non_exhaustive()
    }
}
