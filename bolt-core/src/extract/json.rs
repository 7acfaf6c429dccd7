//! JSON, line by line or as a text sequence.

use std::fmt;
use std::marker::PhantomData;

use mediatype::MediaTypeBuf;
use serde::de::DeserializeOwned;

use super::error::BodyError;
use super::input::{Input, utf8};
use super::items::Items;
use super::items::sealed::Format;
use super::media;
use super::sequence::Sequence;
use super::value::value;

/// JSON Lines (`application/jsonl`, `application/x-ndjson`), or a JSON text sequence (`application/json-seq`, RFC
/// 7464), value by value.
///
/// ```
/// use bolt::prelude::*;
///
/// #[derive(Deserialize, ToSchema)]
/// struct Reading { celsius: f64 }
///
/// /// The warmest so far, after each reading.
/// #[stream(post, "/warmest")]
/// async fn warmest(mut readings: JsonLines<Reading>) -> Result<f64, Problem> {
///     let mut warmest = f64::MIN;
///     while let Some(reading) = readings.next().await {
///         warmest = warmest.max(reading?.celsius);
///         emit!(warmest);
///     }
/// }
///
/// /// The same on a thread.
/// #[stream(post, "/warmest-blocking")]
/// fn warmest_blocking(readings: JsonLines<Reading>) -> Result<f64, Problem> {
///     let mut warmest = f64::MIN;
///     for reading in readings {
///         warmest = warmest.max(reading?.celsius);
///         emit!(warmest);
///     }
/// }
/// ```
///
/// Lines end with LF or CR LF; empty lines are skipped, and the last one needs no line end. A value that is not JSON,
/// or does not fit `T`, is an error with its number, after which the next line can be read.
pub type JsonLines<T> = Items<JsonFormat<T>>;

/// How [`JsonLines`] are read.
pub struct JsonFormat<T> {
    framing: Framing,
    value: PhantomData<fn() -> T>,
}

enum Framing {
    Lines,
    Sequence(Sequence),
}

impl<T> Default for JsonFormat<T> {
    fn default() -> Self {
        Self { framing: Framing::Lines, value: PhantomData }
    }
}

impl<T: DeserializeOwned + 'static> Format for JsonFormat<T> {
    type Item = T;

    const EXPECTED: &'static str =
        "application/jsonl, application/x-ndjson or application/json-seq";
    const TEXT: bool = true;

    fn of(media: Option<&MediaTypeBuf>) -> Option<Self> {
        let media = media.filter(|media| media::is_utf8(media))?;
        let lines = [
            "application/jsonl",
            "application/x-ndjson",
            "application/ndjson",
            "application/x-jsonlines",
        ];
        let framing = if lines.iter().any(|name| media::is(media, name)) {
            Framing::Lines
        } else if media::is(media, "application/json-seq")
            || (media.ty() == "application"
                && media.suffix().is_some_and(|suffix| suffix == "json-seq"))
        {
            Framing::Sequence(Sequence::default())
        } else {
            return None;
        };
        Some(Self { framing, value: PhantomData })
    }

    fn next(&mut self, input: &mut Input) -> Result<Option<T>, BodyError> {
        match &mut self.framing {
            Framing::Sequence(sequence) => sequence.next(input),
            Framing::Lines => loop {
                let Some(line) = input.line()? else { return Ok(None) };
                let text = utf8(&line)?;
                if !text.trim_ascii().is_empty() {
                    return value(text).map(Some);
                }
            },
        }
    }
}

impl<T> fmt::Debug for JsonFormat<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JsonFormat")
    }
}
