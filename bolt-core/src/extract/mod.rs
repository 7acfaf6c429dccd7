//! Extractors that read a request's body item by item, in any axum handler and in `#[stream]` functions.
//!
//! | extractor | `content-type` | an item |
//! |---|---|---|
//! | [`JsonLines<T>`] | `application/jsonl`, `application/x-ndjson`, `application/json-seq` | a value |
//! | [`Csv<T>`] | `text/csv`, `text/tab-separated-values` | a row |
//! | [`Lines`] | `text/…` | a line |
//! | [`Events<T>`] | `text/event-stream` | an event |
//! | [`Multipart`] | `multipart/form-data` | a field, itself read chunk by chunk |
//! | [`Chunks`] | any | bytes as they come |
//!
//! Each has to be the last argument of its function. In async code, use `.next().await`, or the extractor as a
//! `Stream`; in a blocking function, use a `for` loop.
//!
//! # Bounds
//!
//! Nothing is read before it is asked for: a client that sends faster waits. What is held is one chunk as it came, and
//! of an item that is not whole at most `max_record`; of a row of CSV twice that. A decoder holds what its format asks
//! for: 32 KiB (gzip, deflate), up to 8 MiB (zstd), up to 16 MiB (br). The limits are the `request.` keys of the
//! configuration, or are set in code: `rows.max_record(4096).max_items(1000)`. axum's `DefaultBodyLimit` of 2 MiB does
//! not apply, as nothing is collected; layers that limit bodies do.
//!
//! # Compression
//!
//! A body with `content-encoding: gzip` or `deflate` is decompressed as it is read; `br` and `zstd` need the features
//! `brotli` and `zstd`. All limits and offsets count what comes out. Another encoding is refused with 415, and the
//! answer says which there are.
//!
//! # Errors
//!
//! A wrong `content-type`, an unknown `content-encoding` and a form without its boundary are refused before the
//! function runs. All else is an [`Err`] among the items: a [`BodyError`], which says the item and becomes a
//! [`Problem`](crate::Problem). After a bad item the next can be read, unless the error
//! [ends the body](BodyError::ends_body).

mod blocking;
mod chunks;
#[cfg(all(test, feature = "brotli", feature = "zstd"))]
mod coded_tests;
mod coding;
mod compressed;
mod csv;
mod describe;
mod error;
mod events;
mod field;
mod form;
mod head;
mod input;
mod items;
mod json;
mod limits;
mod lines;
mod media;
mod multipart;
#[cfg(test)]
mod multipart_tests;
mod row;
mod sequence;
mod source;
#[cfg(test)]
mod table_tests;
#[cfg(test)]
mod tests;
mod timer;
mod value;
mod wire;

pub use blocking::Blocking;
pub use chunks::{Chunks, ChunksFormat};
pub use csv::{Csv, CsvFormat};
pub use error::{BodyError, BodyErrorKind};
pub use events::{EventData, Events, EventsFormat, ReceivedEvent};
pub use field::Field;
pub use items::{Format, Items};
pub use json::{JsonFormat, JsonLines};
pub use lines::{Lines, LinesFormat};
pub use multipart::Multipart;
