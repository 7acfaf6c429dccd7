//! A key becomes a session, and a session a token for an address.

use std::sync::Arc;

use axum_extra::extract::CookieJar;
use axum_extra::extract::cookie::{Cookie, SameSite};
use bolt::axum::http::header::CACHE_CONTROL;
use bolt::axum::http::{HeaderMap, StatusCode};
use bolt::axum::response::IntoResponse;
use bolt::prelude::*;

use crate::access::Access;
use crate::token::{Ticket, now};
use crate::user::{COOKIE, Unauthorized, User, by_key};

/// How long a token in an address can be used, in seconds: as long as a browser takes to use it.
const TICKET: u64 = 30;

/// `POST /session`: who shows a key has a cookie. A session makes no other, so it ends.
pub(crate) async fn sign_in(
    State(access): State<Arc<Access>>,
    headers: HeaderMap,
    jar: CookieJar,
) -> Result<(StatusCode, CookieJar), Unauthorized> {
    let user = by_key(&access, &headers).ok_or(Unauthorized("show a key"))??;
    let cookie = cookie(access.secret.reveal().sign(&user.session));
    Ok((StatusCode::NO_CONTENT, jar.add(cookie)))
}

/// `DELETE /session`: the browser forgets the cookie.
pub(crate) async fn sign_out(jar: CookieJar) -> (StatusCode, CookieJar) {
    (StatusCode::NO_CONTENT, jar.remove(cookie(String::new())))
}

/// No script reads it, nothing but TLS carries it, and no page of another site sends it.
fn cookie(value: String) -> Cookie<'static> {
    Cookie::build((COOKIE, value))
        .path("/")
        .secure(true)
        .http_only(true)
        .same_site(SameSite::Strict)
        .build()
}

/// What a token is wanted for.
#[derive(Deserialize)]
pub(crate) struct Wanted {
    path: String,
}

/// A token, and how many seconds it can be used.
#[derive(Serialize)]
pub(crate) struct Given {
    token: String,
    seconds: u64,
}

/// `POST /tickets`: who is known has a token to open one path. Nobody on the way keeps it.
pub(crate) async fn ticket(
    User { session }: User,
    State(access): State<Arc<Access>>,
    Json(Wanted { path }): Json<Wanted>,
) -> impl IntoResponse {
    let ticket = Ticket { session, path, until: now().saturating_add(TICKET) };
    let given = Json(Given { token: access.secret.reveal().sign(&ticket), seconds: TICKET });
    ([(CACHE_CONTROL, "no-store")], given)
}
