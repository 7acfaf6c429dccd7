//! Bytes as they come.

use bytes::Bytes;
use mediatype::MediaTypeBuf;

use super::error::BodyError;
use super::input::Input;
use super::items::Items;
use super::items::sealed::Format;

/// The bytes of a body of any `content-type`, as they arrive, after decompression. No chunk is empty or longer than
/// `max_record`; `max_items` does not count them.
///
/// ```
/// use bolt::extract::Chunks;
/// use bolt::prelude::*;
///
/// /// How much has come.
/// #[stream(post, "/upload")]
/// async fn upload(mut chunks: Chunks) -> Result<usize, Problem> {
///     let mut length = 0;
///     while let Some(chunk) = chunks.next().await {
///         length += chunk?.len();
///         emit!(length);
///     }
/// }
/// ```
pub type Chunks = Items<ChunksFormat>;

/// How [`Chunks`] are read.
#[derive(Debug, Default)]
pub struct ChunksFormat;

impl Format for ChunksFormat {
    type Item = Bytes;

    const EXPECTED: &'static str = "*/*";
    const TEXT: bool = false;
    const COUNTED: bool = false;

    fn of(_media: Option<&MediaTypeBuf>) -> Option<Self> {
        Some(Self)
    }

    fn next(&mut self, input: &mut Input) -> Result<Option<Bytes>, BodyError> {
        let length = input.chunk().len().min(input.most);
        if length == 0 {
            return Ok(None);
        }
        let chunk = input.chunk().slice(..length);
        input.begin_at(input.offset());
        input.advance(length);
        Ok(Some(chunk))
    }
}
