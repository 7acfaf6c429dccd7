//! `User`: the guard of a stream, an extractor like any other.

use std::sync::Arc;
use std::time::Duration;

use axum_extra::extract::CookieJar;
use axum_extra::headers::authorization::Bearer;
use axum_extra::headers::{Authorization, HeaderMapExt as _};
use bolt::axum::extract::{FromRef, FromRequestParts, OriginalUri};
use bolt::axum::http::request::Parts;
use bolt::axum::http::{HeaderMap, Method, StatusCode};
use bolt::axum::response::{IntoResponse, Response};
use bolt::openapi::{Operation, OperationInput, Security};
use bolt::prelude::*;
use bolt::utoipa::openapi::security::{
    ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme,
};

use crate::access::Access;
use crate::token::{Session, Ticket, now};

/// How long a session is, in seconds. Who shows a key with every request has one that begins with it.
pub(crate) const SESSION: u64 = 8 * 60 * 60;

/// The cookie of a session. A browser takes this name only with `Secure` and the whole site as its path.
pub(crate) const COOKIE: &str = "__Host-session";

/// Somebody who may see the stream.
#[derive(Clone, Debug)]
pub struct User {
    /// Who it is, and for how long.
    pub session: Session,
}

impl<S: Sync> FromRequestParts<S> for User
where
    Arc<Access>: FromRef<S>,
{
    type Rejection = Unauthorized;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Unauthorized> {
        let access = Arc::<Access>::from_ref(state);
        // The first that is there counts: what is wrong is not made good by another.
        let session = if let Some(user) = by_key(&access, &parts.headers) {
            user?.session
        } else if let Some(ticket) = ticket(parts) {
            by_ticket(&access, parts, &ticket)?
        } else if let Some(cookie) = CookieJar::from_headers(&parts.headers).get(COOKIE) {
            access.secret.reveal().read(cookie.value()).ok_or(Unauthorized("this is no session"))?
        } else {
            return Err(Unauthorized("say who you are: by a key, a cookie or a token"));
        };
        // A user who was taken out of the configuration has no session any more; one with a new key still has.
        if session.ends <= now() || !access.keys.contains_key(&session.user) {
            return Err(Unauthorized("the session is over: sign in again"));
        }
        Ok(Self { session })
    }
}

/// Who shows a key, in the header; none when no key is shown.
pub(crate) fn by_key(access: &Access, headers: &HeaderMap) -> Option<Result<User, Unauthorized>> {
    let Authorization(key) = headers.typed_get::<Authorization<Bearer>>()?;
    let user = access.user_of(key.token()).ok_or(Unauthorized("this is nobody's key"));
    Some(user.map(|name| User {
        session: Session { user: name.to_owned(), ends: now().saturating_add(SESSION) },
    }))
}

#[derive(Deserialize)]
struct InQuery {
    token: String,
}

/// The token in the address. It opens streams and nothing else.
fn ticket(parts: &Parts) -> Option<String> {
    let reads = parts.method == Method::GET;
    let query = reads.then(|| Query::<InQuery>::try_from_uri(&parts.uri).ok()).flatten();
    query.map(|Query(InQuery { token })| token)
}

fn by_ticket(access: &Access, parts: &Parts, token: &str) -> Result<Session, Unauthorized> {
    let ticket: Ticket =
        access.secret.reveal().read(token).ok_or(Unauthorized("this is no token"))?;
    // The whole path, also where a router is nested.
    let path = parts.extensions.get::<OriginalUri>().map_or(parts.uri.path(), |uri| uri.path());
    if ticket.path != path {
        return Err(Unauthorized("the token is for another path"));
    }
    if ticket.until <= now() {
        return Err(Unauthorized("the token is too old: ask for another"));
    }
    Ok(ticket.session)
}

impl User {
    /// Waits until the session is over, and says so.
    pub async fn session_over(&self) -> Unauthorized {
        let left = self.session.ends.saturating_sub(now());
        tokio::time::sleep(Duration::from_secs(left)).await;
        Unauthorized("the session is over: sign in again")
    }
}

/// Why somebody is not let in: 401, or the last event of a stream.
#[derive(Clone, Copy, Debug)]
pub struct Unauthorized(pub(crate) &'static str);

impl From<Unauthorized> for Problem {
    fn from(Unauthorized(why): Unauthorized) -> Self {
        // No answer with this status is without a challenge: RFC 9110, section 15.5.2.
        Self::unauthorized(why, "Bearer")
    }
}

impl IntoResponse for Unauthorized {
    fn into_response(self) -> Response {
        Problem::from(self).into_response()
    }
}

impl OperationInput for User {
    fn describe(operation: &mut Operation) {
        let bearer = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).build();
        operation.security([
            Security::new("key", SecurityScheme::Http(bearer)),
            Security::new(
                "session",
                SecurityScheme::ApiKey(ApiKey::Cookie(ApiKeyValue::new(COOKIE))),
            ),
            Security::new(
                "ticket",
                SecurityScheme::ApiKey(ApiKey::Query(ApiKeyValue::new("token"))),
            ),
        ]);
        operation.problem(StatusCode::UNAUTHORIZED, "Nobody who may see this, or not any more.");
    }
}
