//! `Problem`: a request that failed, as its client may see it (RFC 9457).

mod body;
mod format;
mod header;
mod log;
mod member;
mod schema;
mod status;
#[cfg(feature = "testing")]
mod unheard;

use std::borrow::Cow;
use std::error::Error as StdError;
use std::fmt;
use std::time::Duration;

use axum::http::{self, HeaderMap, HeaderName, HeaderValue, header as http_header};
use serde::Serialize;
use serde_json::Value;

use self::member::Member;
use crate::trace::current;

pub(crate) use self::format::{PROBLEM_JSON, ProblemFormat, ProblemSettings};
pub(crate) use self::header::{InvalidHeader, checked as checked_header, is_of_the_server};
pub use self::status::{ErrorStatus, NotAnError};

/// Any error, boxed.
pub type BoxError = Box<dyn StdError + Send + Sync>;

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
/// An app may answer its problems with another body: [`App::problem_format`](crate::App::problem_format).
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
/// It may say more, in members and in headers of its own:
///
/// ```
/// use bolt::Problem;
/// use bolt::axum::http::header::CONTENT_LANGUAGE;
///
/// let problem = Problem::forbidden("the account has 30, and this costs 50")
///     .kind("https://example.com/probs/out-of-credit")
///     .title("Not enough credit")
///     .with("balance", 30)
///     .with("accounts", ["/account/12345", "/account/67890"])
///     .header(CONTENT_LANGUAGE, "en");
/// assert_eq!(
///     serde_json::to_string(&problem).unwrap(),
///     r#"{"type":"https://example.com/probs/out-of-credit","title":"Not enough credit","status":403,"#.to_owned()
///         + r#""detail":"the account has 30, and this costs 50","balance":30,"#
///         + r#""accounts":["/account/12345","/account/67890"]}"#,
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
    title: Option<Cow<'static, str>>,
    detail: Option<Cow<'static, str>>,
    instance: Option<Cow<'static, str>>,
    members: Vec<Member>,
    headers: HeaderMap,
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
            title: None,
            detail: None,
            instance: None,
            members: Vec::new(),
            headers: HeaderMap::new(),
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
        /// 410: there was such a thing, and there will be none again; `detail` is sent to the client.
        gone = GONE;
        /// 413: the request is larger than may be; `detail` is sent to the client.
        payload_too_large = PAYLOAD_TOO_LARGE;
        /// 422: understood, but not acceptable; `detail` is sent to the client.
        unprocessable = UNPROCESSABLE_ENTITY;
    }

    /// 401: the client has to say who it is. `challenge` is the header `www-authenticate`, which this status must have
    /// (RFC 9110, section 15.5.2), such as `Bearer` or `Basic realm="staff"`. Text that no header can carry is a fault of
    /// the server, as in [`header`](Self::header).
    ///
    /// ```
    /// use bolt::Problem;
    ///
    /// let problem = Problem::unauthorized("the token has expired", "Bearer error=\"invalid_token\"");
    /// assert_eq!(problem.headers()["www-authenticate"], "Bearer error=\"invalid_token\"");
    /// ```
    #[must_use]
    pub fn unauthorized(
        detail: impl Into<Cow<'static, str>>,
        challenge: impl TryInto<HeaderValue, Error: Into<http::Error>>,
    ) -> Self {
        Self::new(ErrorStatus::UNAUTHORIZED)
            .detail(detail)
            .header(http_header::WWW_AUTHENTICATE, challenge)
    }

    /// 429: the client has asked too often. It is told to try again after `wait` (rounded up to seconds).
    #[must_use]
    pub fn too_many_requests(detail: impl Into<Cow<'static, str>>, wait: Duration) -> Self {
        Self::new(ErrorStatus::TOO_MANY_REQUESTS).detail(detail).retry_after(wait)
    }

    /// 500: the server is at fault. `cause` goes to the log, never to the client.
    #[must_use]
    pub fn internal(cause: impl Into<BoxError>) -> Self {
        Self::server_fault(ErrorStatus::INTERNAL_SERVER_ERROR, cause)
    }

    /// The server is at fault, and the client is not told how.
    pub(crate) fn server_fault(status: ErrorStatus, cause: impl Into<BoxError>) -> Self {
        Self::new(status).detail("the server failed; the reason is in its log").cause(cause)
    }

    /// 502: another server that this one asked has failed. `cause` goes to the log, never to the client.
    #[must_use]
    pub fn bad_gateway(detail: impl Into<Cow<'static, str>>, cause: impl Into<BoxError>) -> Self {
        Self::new(ErrorStatus::BAD_GATEWAY).detail(detail).cause(cause)
    }

    /// 503: not now. The client is told to try again after `retry_after` (rounded up to seconds).
    #[must_use]
    pub fn unavailable(detail: impl Into<Cow<'static, str>>, retry_after: Duration) -> Self {
        Self::new(ErrorStatus::SERVICE_UNAVAILABLE).detail(detail).retry_after(retry_after)
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

    /// Sets the `title`: what this kind of problem is, the same every time (RFC 9457, section 3.1.3). Default: what the
    /// status means, such as `Not Found`.
    #[must_use]
    pub fn title(mut self, title: impl Into<Cow<'static, str>>) -> Self {
        self.0.title = Some(title.into());
        self
    }

    /// Sets the `instance`: a URI that names this occurrence (RFC 9457, section 3.1.5). Default: absent.
    #[must_use]
    pub fn instance(mut self, uri: impl Into<Cow<'static, str>>) -> Self {
        self.0.instance = Some(uri.into());
        self
    }

    /// Adds an extension member (RFC 9457, section 3.2), or sets it again. Any value that is JSON is one.
    ///
    /// Names are the caller's choice, best of letters, digits and `_`; but `type`, `title`, `status`, `detail`,
    /// `instance` and `request_id` are taken. With one of those, with an empty name, or with a value that does not
    /// serialise, the whole problem becomes [`internal`](Self::internal), whose cause says why.
    #[must_use]
    pub fn with(mut self, name: impl Into<Cow<'static, str>>, value: impl Serialize) -> Self {
        let member = match Member::new(name.into(), &value) {
            Ok(member) => member,
            Err(error) => return self.misused(error),
        };
        match self.0.members.iter_mut().find(|old| old.name == member.name) {
            Some(old) => *old = member,
            None => self.0.members.push(member),
        }
        self
    }

    /// Adds a header to the response; called twice with one name, the response has both (but one `retry-after`). After the first event there is
    /// no head any more, and headers are not sent.
    ///
    /// With text that no header can carry, or with a header that says how the body is sent, which is the server's
    /// (`content-type`, `content-length`, `content-encoding`, `transfer-encoding`, `connection` and others of the
    /// connection), the whole problem becomes [`internal`](Self::internal), whose cause says why.
    #[must_use]
    pub fn header<N, V>(mut self, name: N, value: V) -> Self
    where
        N: TryInto<HeaderName, Error: Into<http::Error>>,
        V: TryInto<HeaderValue, Error: Into<http::Error>>,
    {
        let added = checked_header(name, value).and_then(|(name, value)| {
            if name == http_header::RETRY_AFTER {
                self.0.headers.remove(&name);
            }
            self.0.headers.try_append(name, value).map_err(InvalidHeader::from)
        });
        match added {
            Ok(_) => self,
            Err(error) => self.misused(error),
        }
    }

    /// Sets the header `retry-after`: how long the client is to wait (rounded up to seconds).
    #[must_use]
    pub fn retry_after(mut self, wait: Duration) -> Self {
        let seconds = wait.as_secs().saturating_add(u64::from(wait.subsec_nanos() > 0));
        self.0.headers.insert(http_header::RETRY_AFTER, HeaderValue::from(seconds));
        self
    }

    /// Sets the private cause: logged with a server error, never sent.
    #[must_use]
    pub fn cause(mut self, cause: impl Into<BoxError>) -> Self {
        self.0.cause = Some(cause.into());
        self
    }

    /// What is sent instead of a problem with a member or a header that cannot be.
    fn misused(&self, fault: impl Into<BoxError>) -> Self {
        Self::internal(Misused { problem: self.to_string(), fault: fault.into() })
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

    /// What kind of problem it is, in words: as it was [set](Self::title), or what the status means.
    #[must_use]
    pub fn public_title(&self) -> &str {
        self.0.title.as_deref().unwrap_or_else(|| self.0.status.reason())
    }

    /// The URI that names this kind of problem, if it was [set](Self::kind).
    #[must_use]
    pub fn public_kind(&self) -> Option<&str> {
        self.0.kind.as_deref()
    }

    /// The URI that names this occurrence, if it was [set](Self::instance).
    #[must_use]
    pub fn public_instance(&self) -> Option<&str> {
        self.0.instance.as_deref()
    }

    /// The extension member of this name.
    #[must_use]
    pub fn member(&self, name: &str) -> Option<&Value> {
        self.members().find(|(member, _)| *member == name).map(|(_, value)| value)
    }

    /// All extension members, in the order in which they were added.
    pub fn members(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.0.members.iter().map(|Member { name, value }| (&**name, value))
    }

    /// The headers that the response is to have.
    #[must_use]
    pub fn headers(&self) -> &HeaderMap {
        &self.0.headers
    }

    /// The id of the request that this thread is answering, as the header `x-request-id` has it.
    #[must_use]
    pub fn request_id(&self) -> Option<String> {
        current().map(|id| id.to_string())
    }

    /// The cause, if it is of this type.
    pub(crate) fn cause_as<E: StdError + 'static>(&self) -> Option<&E> {
        self.0.cause.as_deref()?.downcast_ref()
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

/// Code of the app has made a problem that cannot be sent.
#[derive(Debug)]
struct Misused {
    problem: String,
    fault: BoxError,
}

impl fmt::Display for Misused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the problem `{}` cannot be sent", self.problem)
    }
}

impl StdError for Misused {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        Some(&*self.fault)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_is_whole_seconds_and_there_is_one() {
        for (wait, seconds) in [
            (Duration::ZERO, "0"),
            (Duration::from_millis(1), "1"),
            (Duration::from_secs(2), "2"),
            (Duration::MAX, "18446744073709551615"),
        ] {
            let problem = Problem::unavailable("later", Duration::from_secs(7)).retry_after(wait);
            let waits: Vec<_> = problem.headers().get_all("retry-after").iter().collect();
            assert_eq!(waits, [seconds]);
        }
        let problem = Problem::unavailable("later", Duration::ZERO).header("Retry-After", 5);
        let waits: Vec<_> = problem.headers().get_all("retry-after").iter().collect();
        assert_eq!(waits, ["5"]);
    }

    #[test]
    fn what_cannot_be_sent_says_why_in_its_cause() {
        let sold_out = || Problem::conflict("sold out");
        for (problem, why) in [
            (sold_out().with("status", 200), "the member `status` of a problem is reserved"),
            (sold_out().with("", 1), "a member of a problem needs a name"),
            (sold_out().with("big", u128::MAX), "the member `big` of a problem is no JSON"),
            (sold_out().header("content-length", 1), "the header `content-length` is the server's"),
            (sold_out().header("x a", "1"), "the name of a header is none"),
            (sold_out().header("x-a", "1\n2"), "the value of the header `x-a` is none"),
        ] {
            assert_eq!(problem.status(), ErrorStatus::INTERNAL_SERVER_ERROR, "{why}");
            let misused = problem.source().expect("a cause");
            assert_eq!(misused.to_string(), "the problem `409 Conflict: sold out` cannot be sent");
            let fault = misused.source().expect("a cause of that").to_string();
            assert!(fault.starts_with(why), "{fault}");
        }
    }
}
