//! `BodyError`: what is wrong with a request's body.

use std::borrow::Cow;
use std::error::Error as StdError;
use std::fmt;

use axum::http::{HeaderName, HeaderValue};
use axum::response::{IntoResponse, Response};

use crate::problem::{BoxError, ErrorStatus, Problem};

/// Characters of a description; one of serde's may quote all of a value.
const MOST_SAID: usize = 300;

/// What is wrong with a request's body, or with one item of it.
///
/// It becomes a [`Problem`] with a status of 400 to 499, so in a `#[stream]` function `?` makes it the response, or once
/// something was emitted the last `error` event. As the rejection of an extractor it is a response by itself.
///
/// One bad item is not the end: unless [`ends_body`](Self::ends_body) says so, the next item can be read.
///
/// ```
/// use bolt::extract::BodyErrorKind;
/// use bolt::prelude::*;
///
/// #[derive(Deserialize, ToSchema)]
/// struct Row { name: String }
///
/// /// Imports what can be, and says what cannot.
/// #[stream(post, "/import")]
/// async fn import(mut rows: JsonLines<Row>) -> Result<String, Problem> {
///     while let Some(row) = rows.next().await {
///         match row {
///             Ok(row) => emit!(format!("has {}", row.name)),
///             Err(error) if error.kind() == BodyErrorKind::Mismatch => emit!(format!("skipped: {error}")),
///             Err(error) => return Err(error.into()),
///         }
///     }
/// }
/// ```
pub struct BodyError(Box<Inner>);

struct Inner {
    kind: BodyErrorKind,
    what: Cow<'static, str>,
    item: Option<u64>,
    offset: Option<u64>,
    /// Whether it is of one item, and not of the body.
    of_item: bool,
    ends: bool,
    header: Option<(HeaderName, HeaderValue)>,
    cause: Option<BoxError>,
}

/// Which kind of fault a [`BodyError`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum BodyErrorKind {
    /// The `content-type` is another, or there is none: 415.
    ContentType,
    /// The `content-encoding` is not known: 415.
    ContentEncoding,
    /// An item, or the body, is not in its format: 400.
    Malformed,
    /// An item is in its format, and not what the type wants: 422.
    Mismatch,
    /// An item is longer than `max_record`: 413.
    RecordTooLong,
    /// There are more items than `max_items`: 413.
    TooManyItems,
    /// The body is larger than `max_body`, or than a layer allows: 413.
    BodyTooLarge,
    /// The body is more than `max_ratio` times as large as it was sent: 413.
    RatioTooHigh,
    /// The client left in the middle of the body: 400.
    Incomplete,
    /// The client sent nothing for `request.idle_timeout`: 408.
    TimedOut,
    /// The handler asked for a multipart field while it held the one before: 500.
    FieldInUse,
}

impl BodyErrorKind {
    fn status(self) -> ErrorStatus {
        match self {
            Self::ContentType | Self::ContentEncoding => ErrorStatus::UNSUPPORTED_MEDIA_TYPE,
            Self::Malformed | Self::Incomplete => ErrorStatus::BAD_REQUEST,
            Self::Mismatch => ErrorStatus::UNPROCESSABLE_ENTITY,
            Self::RecordTooLong | Self::TooManyItems | Self::BodyTooLarge | Self::RatioTooHigh => {
                ErrorStatus::PAYLOAD_TOO_LARGE
            }
            Self::TimedOut => ErrorStatus::REQUEST_TIMEOUT,
            Self::FieldInUse => ErrorStatus::INTERNAL_SERVER_ERROR,
        }
    }
}

impl BodyError {
    /// A fault of one item: the next can be read.
    pub(super) fn item(kind: BodyErrorKind, what: impl Into<Cow<'static, str>>) -> Self {
        let what = shortened(what.into());
        Self(Box::new(Inner {
            kind,
            what,
            item: None,
            offset: None,
            of_item: true,
            ends: false,
            header: None,
            cause: None,
        }))
    }

    /// A fault after which nothing can be read.
    pub(super) fn body(kind: BodyErrorKind, what: impl Into<Cow<'static, str>>) -> Self {
        let mut error = Self::item(kind, what).ending();
        error.0.of_item = false;
        error
    }

    /// Nothing can be read after it.
    pub(super) fn ending(mut self) -> Self {
        self.0.ends = true;
        self
    }

    /// Says where the item is whose fault it is. `item`: from 1. `offset`: of its first byte in the body.
    pub(super) fn at(mut self, item: u64, offset: u64) -> Self {
        if self.0.of_item {
            self.0.item = Some(item);
            self.0.offset = Some(offset);
        }
        self
    }

    /// What the client is told in a header of the response.
    pub(super) fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.0.header = Some((name, value));
        self
    }

    pub(super) fn cause(mut self, cause: impl Into<BoxError>) -> Self {
        self.0.cause = Some(cause.into());
        self
    }

    /// Which kind of fault it is.
    #[must_use]
    pub fn kind(&self) -> BodyErrorKind {
        self.0.kind
    }

    /// The status of the response that it becomes.
    #[must_use]
    pub fn status(&self) -> ErrorStatus {
        self.0.kind.status()
    }

    /// The number of the item, from 1. None when it is not one item's fault.
    #[must_use]
    pub fn item_number(&self) -> Option<u64> {
        self.0.item
    }

    /// Where the item begins: bytes from the beginning of the body, after decompression.
    #[must_use]
    pub fn offset(&self) -> Option<u64> {
        self.0.offset
    }

    /// Whether nothing can be read after it; the next item is then none.
    #[must_use]
    pub fn ends_body(&self) -> bool {
        self.0.ends
    }
}

fn shortened(text: Cow<'static, str>) -> Cow<'static, str> {
    match text.char_indices().nth(MOST_SAID) {
        Some((end, _)) => format!("{}…", &text[..end]).into(),
        None => text,
    }
}

impl fmt::Display for BodyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let (Some(item), Some(offset)) = (self.0.item, self.0.offset) {
            write!(f, "item {item}, at byte {offset}: ")?;
        }
        f.write_str(&self.0.what)
    }
}

impl fmt::Debug for BodyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BodyError")
            .field("kind", &self.0.kind)
            .field("item", &self.0.item)
            .field("offset", &self.0.offset)
            .field("what", &self.0.what)
            .finish_non_exhaustive()
    }
}

impl StdError for BodyError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.cause.as_deref().map(|cause| cause as &(dyn StdError + 'static))
    }
}

impl From<BodyError> for Problem {
    fn from(error: BodyError) -> Self {
        let problem = Self::new(error.status()).detail(error.to_string());
        match error.0.cause {
            Some(cause) => problem.cause(cause),
            None => problem,
        }
    }
}

impl IntoResponse for BodyError {
    fn into_response(mut self) -> Response {
        let header = self.0.header.take();
        let mut response = Problem::from(self).into_response();
        if let Some((name, value)) = header {
            response.headers_mut().insert(name, value);
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_says_where_and_what() {
        let error = BodyError::item(BodyErrorKind::Malformed, "it is not UTF-8").at(3, 57);
        assert_eq!(error.to_string(), "item 3, at byte 57: it is not UTF-8");
        let problem = Problem::from(error);
        assert_eq!(problem.status(), ErrorStatus::BAD_REQUEST);
        assert_eq!(problem.public_detail(), Some("item 3, at byte 57: it is not UTF-8"));
    }

    #[test]
    fn what_a_client_sent_is_not_quoted_without_end() {
        let error = BodyError::item(BodyErrorKind::Mismatch, "ä".repeat(1000));
        assert_eq!(error.to_string(), format!("{}…", "ä".repeat(300)));
    }
}
