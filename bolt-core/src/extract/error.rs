//! `BodyError`: what is wrong with a request's body.

use std::borrow::Cow;
use std::error::Error as StdError;
use std::fmt;

use axum::http::{HeaderName, HeaderValue};
use axum::response::{IntoResponse, Response};

use crate::problem::{BoxError, ErrorStatus, Problem};

/// Characters of a description; one of serde's may quote all of a value.
const MAX_SAID: usize = 300;

/// A fault of a request's body, or of one item of it.
///
/// It converts into a [`Problem`], so in a `#[stream]` function `?` makes it the response or, once something was
/// emitted, the last `error` event. As the rejection of an extractor it is a response itself. Its status is 400 to 499,
/// depending on its [kind](BodyErrorKind). The faults of a body that is [not the request's](super::Items::from_body)
/// are not the client's: their status is 502, or 504 if the body did not come in time.
///
/// A bad item is not the end: unless [`ends_body`](Self::ends_body) is true, the next item can be read.
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
    /// What it is of: an item or a field; none when it is of the body.
    part: Option<&'static str>,
    sender: Sender,
    ends: bool,
    header: Option<(HeaderName, HeaderValue)>,
    cause: Option<BoxError>,
}

/// Who sent a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sender {
    /// The client: its request.
    Client,
    /// Another server, whose answer is read.
    Server,
}

/// Which kind of fault a [`BodyError`] is. The status is that of a request's body.
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
    /// The client left in the middle of the body, or the stream that reads it was over: 400.
    Incomplete,
    /// Nothing came for `idle_timeout`, or not all in `max_duration`: 408.
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
            part: Some("item"),
            sender: Sender::Client,
            ends: false,
            header: None,
            cause: None,
        }))
    }

    /// A fault after which nothing can be read.
    pub(super) fn body(kind: BodyErrorKind, what: impl Into<Cow<'static, str>>) -> Self {
        let mut error = Self::item(kind, what).ending();
        error.0.part = None;
        error
    }

    /// Nothing can be read after it.
    pub(super) fn ending(mut self) -> Self {
        self.0.ends = true;
        self
    }

    /// Says where the item is whose fault it is. `item`: from 1. `offset`: of its first byte in the body.
    pub(super) fn at(mut self, item: u64, offset: u64) -> Self {
        if self.0.part.is_some() {
            self.0.item = Some(item);
            self.0.offset = Some(offset);
        }
        self
    }

    /// Says of which field it is. `offset`: of its boundary.
    pub(super) fn at_field(mut self, field: u64, offset: u64) -> Self {
        self.0.part = Some("field");
        self.at(field, offset)
    }

    /// Says whose body it is.
    pub(super) fn of(mut self, sender: Sender) -> Self {
        self.0.sender = sender;
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
        match (self.0.sender, self.0.kind) {
            (Sender::Client, kind) => kind.status(),
            (Sender::Server, BodyErrorKind::TimedOut) => ErrorStatus::GATEWAY_TIMEOUT,
            (Sender::Server, _) => ErrorStatus::BAD_GATEWAY,
        }
    }

    /// The number of the item, or of the field of a form, from 1. `None` if it concerns the whole body.
    #[must_use]
    pub fn item_number(&self) -> Option<u64> {
        self.0.item
    }

    /// The offset in bytes of the item, or of the field's boundary, in the body after decompression.
    #[must_use]
    pub fn offset(&self) -> Option<u64> {
        self.0.offset
    }

    /// Whether nothing can be read after it; `next` then returns `None`.
    #[must_use]
    pub fn ends_body(&self) -> bool {
        self.0.ends
    }
}

fn shortened(text: Cow<'static, str>) -> Cow<'static, str> {
    match text.char_indices().nth(MAX_SAID) {
        Some((end, _)) => format!("{}…", &text[..end]).into(),
        None => text,
    }
}

impl fmt::Display for BodyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.sender == Sender::Server {
            f.write_str("the other server: ")?;
        }
        if let (Some(part), Some(item), Some(offset)) = (self.0.part, self.0.item, self.0.offset) {
            write!(f, "{part} {item}, at byte {offset}: ")?;
        }
        f.write_str(&self.0.what)
    }
}

impl fmt::Debug for BodyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BodyError")
            .field("kind", &self.0.kind)
            .field("sender", &self.0.sender)
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
        let mut problem = Self::new(error.status()).detail(error.to_string());
        if let (Some(item), Some(offset)) = (error.0.item, error.0.offset) {
            problem = problem.with("item", item).with("offset", offset);
        }
        if let Some((name, value)) = error.0.header {
            problem = problem.header(name, value);
        }
        match error.0.cause {
            Some(cause) => problem.cause(cause),
            None => problem,
        }
    }
}

impl IntoResponse for BodyError {
    fn into_response(self) -> Response {
        Problem::from(self).into_response()
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
