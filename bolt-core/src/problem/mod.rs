//! `Problem`: a request that failed, as its client may see it (RFC 9457).

mod schema;
mod status;
#[cfg(feature = "testing")]
mod unheard;

use std::borrow::Cow;
use std::error::Error as StdError;
use std::fmt;
use std::panic::{self, AssertUnwindSafe};
use std::time::Duration;

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde::ser::SerializeMap;
use tracing::field::display;

use crate::trace::current;

pub use status::{ErrorStatus, NotAnError};

/// Any error, boxed.
pub type BoxError = Box<dyn StdError + Send + Sync>;

/// The media type of a problem body.
pub(crate) const PROBLEM_JSON: &str = "application/problem+json";

/// Why one request failed: a status, a sentence for the client, and a private cause for the log.
///
/// As a response it is `application/problem+json`
/// ([RFC 9457](https://www.rfc-editor.org/rfc/rfc9457)). As the `Err` of a `#[stream]` function it is
/// that response when nothing was emitted yet, and the data of a last event named `error` afterwards.
///
/// While a request is answered, its id is a member too: `request_id`, as in the header `x-request-id`.
///
/// The cause is never sent. It is logged when the status is a server error.
///
/// ```
/// use bolt::Problem;
///
/// let problem = Problem::not_found("there is no room 17");
/// assert_eq!(problem.status().as_u16(), 404);
/// assert_eq!(
///     serde_json::to_string(&problem).unwrap(),
///     r#"{"title":"Not Found","status":404,"detail":"there is no room 17"}"#,
/// );
/// ```
///
/// To give your own error type a status, convert it; `#[stream]` uses the conversion:
///
/// ```
/// use bolt::Problem;
///
/// enum ShopError { SoldOut, Database(std::io::Error) }
///
/// impl From<ShopError> for Problem {
///     fn from(error: ShopError) -> Self {
///         match error {
///             ShopError::SoldOut => Problem::conflict("sold out"),
///             ShopError::Database(cause) => Problem::internal(cause),
///         }
///     }
/// }
/// ```
pub struct Problem(Box<Inner>);

struct Inner {
    status: ErrorStatus,
    kind: Option<Cow<'static, str>>,
    detail: Option<Cow<'static, str>>,
    retry_after: Option<Duration>,
    /// The item of the request that it is about: its number, and where it begins.
    item: Option<(u64, u64)>,
    cause: Option<BoxError>,
}

macro_rules! client_faults {
    ($($(#[$doc:meta])* $name:ident = $status:ident;)*) => {
        $(
            $(#[$doc])*
            #[must_use]
            pub fn $name(detail: impl Into<Cow<'static, str>>) -> Self {
                Self::new(ErrorStatus::$status).detail(detail)
            }
        )*
    };
}

impl Problem {
    /// A problem with this status and no detail.
    #[must_use]
    pub fn new(status: ErrorStatus) -> Self {
        Self(Box::new(Inner {
            status,
            kind: None,
            detail: None,
            retry_after: None,
            item: None,
            cause: None,
        }))
    }

    client_faults! {
        /// 400: the request cannot be understood; `detail` is sent to the client.
        bad_request = BAD_REQUEST;
        /// 403: the client has no access; `detail` is sent to the client.
        forbidden = FORBIDDEN;
        /// 404: there is no such thing; `detail` is sent to the client.
        not_found = NOT_FOUND;
        /// 409: in conflict with the current state; `detail` is sent to the client.
        conflict = CONFLICT;
        /// 422: understood, but not acceptable; `detail` is sent to the client.
        unprocessable = UNPROCESSABLE_ENTITY;
    }

    /// 500: the server is at fault. `cause` goes to the log, never to the client.
    #[must_use]
    pub fn internal(cause: impl Into<BoxError>) -> Self {
        Self::new(ErrorStatus::INTERNAL_SERVER_ERROR)
            .detail("the server failed; the reason is in its log")
            .cause(cause)
    }

    /// 503: not now. The client is told to try again after `retry_after` (rounded up to seconds).
    #[must_use]
    pub fn unavailable(detail: impl Into<Cow<'static, str>>, retry_after: Duration) -> Self {
        let mut problem = Self::new(ErrorStatus::SERVICE_UNAVAILABLE).detail(detail);
        problem.0.retry_after = Some(retry_after);
        problem
    }

    /// Sets the sentence for the client: this occurrence, in plain words.
    #[must_use]
    pub fn detail(mut self, detail: impl Into<Cow<'static, str>>) -> Self {
        self.0.detail = Some(detail.into());
        self
    }

    /// Sets the `type` member: a URI that names this kind of problem. Default: absent, which means
    /// `about:blank` (RFC 9457, section 3.1.1).
    #[must_use]
    pub fn kind(mut self, uri: impl Into<Cow<'static, str>>) -> Self {
        self.0.kind = Some(uri.into());
        self
    }

    /// Sets the private cause: logged with a server error, never sent.
    #[must_use]
    pub fn cause(mut self, cause: impl Into<BoxError>) -> Self {
        self.0.cause = Some(cause.into());
        self
    }

    /// Says which item of a request's body it is about, in the members `item`, from 1, and `offset`, in bytes.
    pub(crate) fn of_item(mut self, item: u64, offset: u64) -> Self {
        self.0.item = Some((item, offset));
        self
    }

    /// The status of the response.
    #[must_use]
    pub fn status(&self) -> ErrorStatus {
        self.0.status
    }

    /// The sentence for the client.
    #[must_use]
    pub fn public_detail(&self) -> Option<&str> {
        self.0.detail.as_deref()
    }

    /// The cause, if it is of this type.
    pub(crate) fn cause_as<E: StdError + 'static>(&self) -> Option<&E> {
        self.0.cause.as_deref()?.downcast_ref()
    }

    /// The body as it is sent.
    pub(crate) fn to_json(&self) -> Vec<u8> {
        // Strings and one integer always serialise.
        serde_json::to_vec(self).unwrap_or_else(|_| b"{}".to_vec())
    }

    /// Writes a server fault to the log with its whole chain of causes; a client fault only at debug.
    pub(crate) fn log(&self, source: &'static str) {
        // The cause is the user's, and its `Display` may panic.
        let cause = panic::catch_unwind(AssertUnwindSafe(|| {
            self.0.cause.as_deref().map(|cause| Chain(cause).to_string())
        }));
        let cause = cause.unwrap_or_else(|_| Some("(its description panicked)".to_owned()));
        let status = self.status().as_u16();
        let detail = self.public_detail();
        let request_id = current().map(display);
        if self.status().is_server_error() {
            tracing::error!(
                stream = source,
                request_id,
                status,
                detail,
                cause,
                "the stream failed"
            );
            #[cfg(feature = "testing")]
            unheard::tell(source, status, cause.as_deref());
        } else {
            tracing::debug!(
                stream = source,
                request_id,
                status,
                detail,
                cause,
                "the stream refused the request"
            );
        }
    }
}

/// An error and what caused it, on one line.
struct Chain<'a>(&'a (dyn StdError + Send + Sync + 'static));

impl fmt::Display for Chain<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self.0, f)?;
        let mut next = self.0.source();
        while let Some(cause) = next {
            write!(f, ": {cause}")?;
            next = cause.source();
        }
        Ok(())
    }
}

impl Serialize for Problem {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        if let Some(kind) = &self.0.kind {
            map.serialize_entry("type", kind)?;
        }
        map.serialize_entry("title", self.0.status.reason())?;
        map.serialize_entry("status", &self.0.status.as_u16())?;
        if let Some(detail) = &self.0.detail {
            map.serialize_entry("detail", detail)?;
        }
        if let Some((item, offset)) = &self.0.item {
            map.serialize_entry("item", item)?;
            map.serialize_entry("offset", offset)?;
        }
        if let Some(id) = current() {
            map.serialize_entry("request_id", &format_args!("{id}"))?;
        }
        map.end()
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let content_type = [(header::CONTENT_TYPE, HeaderValue::from_static(PROBLEM_JSON))];
        let status = StatusCode::from(self.0.status);
        let mut response = (status, content_type, self.to_json()).into_response();
        if let Some(wait) = self.0.retry_after {
            let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.0.status.as_u16(), self.0.status.reason())?;
        match &self.0.detail {
            Some(detail) => write!(f, ": {detail}"),
            None => Ok(()),
        }
    }
}

impl fmt::Debug for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Problem")
            .field("status", &self.0.status.as_u16())
            .field("detail", &self.0.detail)
            .field("cause", &self.0.cause)
            .finish_non_exhaustive()
    }
}

impl StdError for Problem {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.cause.as_deref().map(|cause| cause as &(dyn StdError + 'static))
    }
}
