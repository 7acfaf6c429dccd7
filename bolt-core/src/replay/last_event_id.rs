//! `LastEventId`: the id of the last event that a returning client has had.

use std::borrow::Cow;
use std::fmt::Display;
use std::str::FromStr;

use axum::extract::{FromRequestParts, OptionalFromRequestParts, Query};
use axum::http::request::Parts;
use axum::http::{HeaderName, StatusCode};
use axum::response::{IntoResponse, Response};
use utoipa::openapi::path::{ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::ObjectBuilder;
use utoipa::openapi::{Required, Type};

use crate::event::TERMINAL_ID;
use crate::openapi::{Operation, OperationInput};
use crate::problem::Problem;

/// An extractor for the id of the last event that a returning client has received.
///
/// It reads the header `last-event-id`, which an EventSource sends when it reconnects, or for clients that cannot set
/// headers `lastEventId` or `last-event-id` in the query. The header takes precedence: a browser's header is newer than
/// the address. If the query has both names, the first counts. An empty id counts as absent, and so does the id by
/// which bolt marks a finished stream.
///
/// Use an `Option` to accept requests without an id; otherwise they are refused.
///
/// ```
/// use bolt::prelude::*;
///
/// #[stream(get, "/changes")]
/// async fn changes(last: Option<LastEventId<u64>>) -> Event<String> {
///     let first = last.map_or(0, |last| last.0 + 1);
///     for n in first..10 {
///         emit!(Event::new(format!("change {n}")).id(n));
///     }
/// }
/// ```
///
/// # Errors
/// 400 with a problem body that says what was sent and what was expected: it is not UTF-8, is no `T`, or is missing.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct LastEventId<T = String>(pub T);

/// The header by its name (HTML, section 9.2.4).
pub(crate) const HEADER: HeaderName = HeaderName::from_static("last-event-id");

const IN_QUERY: [&str; 2] = ["lastEventId", "last-event-id"];

/// What a problem repeats of an id, in characters.
const SHOWN: usize = 64;

/// An id as it was sent.
struct Sent<'a> {
    place: &'static str,
    value: Cow<'a, [u8]>,
}

/// The id that a request has, if it has one.
fn sent(parts: &Parts) -> Option<Sent<'_>> {
    let header = parts.headers.get(HEADER).map(|value| Cow::Borrowed(value.as_bytes()));
    let header = header.filter(|value| !value.is_empty());
    if let Some(value) = header {
        return Some(Sent { place: "header `last-event-id`", value });
    }
    let query = parts.uri.query()?;
    // Decoded only where it is there.
    let named = |pair: &&str| IN_QUERY.contains(&pair.split('=').next().unwrap_or_default());
    let mut values = query.split('&').filter(named).filter_map(decoded);
    let value = values.find(|value| !value.is_empty())?;
    Some(Sent { place: "query", value: Cow::Owned(value.into_bytes()) })
}

/// The value of one pair of a query.
fn decoded(pair: &str) -> Option<String> {
    let address = format!("/?{pair}").parse().ok()?;
    let Query(pairs) = Query::<Vec<(String, String)>>::try_from_uri(&address).ok()?;
    pairs.into_iter().next().map(|(_, value)| value)
}

impl Sent<'_> {
    /// Whether it marks a finished stream.
    fn is_terminal(&self) -> bool {
        *self.value == *TERMINAL_ID.as_bytes()
    }
}

/// Whether the client says that it has seen the stream end; and else the id that it sends, as text.
pub(crate) fn returning(parts: &Parts) -> (bool, Option<LastEventId>) {
    match sent(parts) {
        None => (false, None),
        Some(sent) if sent.is_terminal() => (true, None),
        Some(sent) => (false, Some(LastEventId(String::from_utf8_lossy(&sent.value).into_owned()))),
    }
}

/// The id, read as a `T`; none where there is none.
fn read<T: FromStr<Err: Display>>(parts: &Parts) -> Result<Option<LastEventId<T>>, Problem> {
    let Some(Sent { place, value }) = sent(parts).filter(|sent| !sent.is_terminal()) else {
        return Ok(None);
    };
    let text = String::from_utf8_lossy(&value);
    let shown: String = text.chars().take(SHOWN).collect();
    let refuse = |why: &dyn Display| {
        // What type it is read as is no client's business.
        let detail = format!(
            "the last event id in the {place} is {shown:?}, which is none of this stream: {why}; send the id of an \
             event of this stream, or none"
        );
        Err(Problem::bad_request(detail))
    };
    match std::str::from_utf8(&value).map(str::parse) {
        Ok(Ok(id)) => Ok(Some(LastEventId(id))),
        Ok(Err(error)) => refuse(&error),
        Err(error) => refuse(&error),
    }
}

impl<S: Sync, T: FromStr<Err: Display>> OptionalFromRequestParts<S> for LastEventId<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Option<Self>, Problem> {
        read(parts)
    }
}

impl<S: Sync, T: FromStr<Err: Display>> FromRequestParts<S> for LastEventId<T> {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Response> {
        match read(parts) {
            Ok(Some(id)) => Ok(id),
            // It has had all: what the stream itself would answer.
            Ok(None) if returning(parts).0 => Err(StatusCode::NO_CONTENT.into_response()),
            Ok(None) => {
                let detail = "this stream begins after an event that the client has: send its id as the header \
                              `last-event-id`, or in the query as `lastEventId`";
                Err(Problem::bad_request(detail).into_response())
            }
            Err(problem) => Err(problem.into_response()),
        }
    }
}

impl<T> OperationInput for LastEventId<T> {
    fn describe(operation: &mut Operation) {
        let text = || ObjectBuilder::new().schema_type(Type::String);
        let places = [
            (
                "last-event-id",
                ParameterIn::Header,
                "The id of the last event that the client has had.",
            ),
            (
                IN_QUERY[0],
                ParameterIn::Query,
                "The same, for clients that cannot set headers; the header wins.",
            ),
        ];
        for (name, place, description) in places {
            // One of them is enough, which OpenAPI cannot say.
            let parameter = ParameterBuilder::new()
                .name(name)
                .parameter_in(place)
                .required(Required::False)
                .description(Some(description))
                .schema(Some(text()));
            operation.parameter(parameter);
        }
        operation.problem(StatusCode::BAD_REQUEST, "The last event id is none of this stream.");
    }
}
