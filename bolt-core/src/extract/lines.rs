//! Lines of text.

use mediatype::MediaTypeBuf;

use super::error::BodyError;
use super::input::{Input, utf8};
use super::items::Items;
use super::items::sealed::Format;
use super::media;

/// Text in UTF-8 (`text/…`), line by line, without the LF or CR LF at the end of each. A byte order mark in front is
/// left out.
///
/// ```
/// use bolt::extract::Lines;
/// use bolt::prelude::*;
///
/// /// The lines of a log that say so, as they are uploaded.
/// #[stream(post, "/errors")]
/// async fn errors(mut lines: Lines) -> Result<String, Problem> {
///     while let Some(line) = lines.next().await {
///         let line = line?;
///         if line.contains("ERROR") {
///             emit!(line);
///         }
///     }
/// }
/// ```
pub type Lines = Items<LinesFormat>;

/// How [`Lines`] are read.
#[derive(Debug, Default)]
pub struct LinesFormat;

impl Format for LinesFormat {
    type Item = String;

    const EXPECTED: &'static str = "text/* in UTF-8";
    const TEXT: bool = true;

    fn of(media: Option<&MediaTypeBuf>) -> Option<Self> {
        let media = media?;
        (media::is(media, "text/*") && media::is_utf8(media)).then_some(Self)
    }

    fn next(&mut self, input: &mut Input) -> Result<Option<String>, BodyError> {
        let Some(line) = input.line()? else { return Ok(None) };
        let text = utf8(&line)?;
        Ok(Some(text.strip_suffix('\r').unwrap_or(text).to_owned()))
    }
}
