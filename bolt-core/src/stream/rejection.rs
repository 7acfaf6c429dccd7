//! What an extractor answers instead of a stream, as a problem.

use axum::body::{HttpBody as _, to_bytes};
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse as _, Response};

use crate::problem::{ErrorStatus, Problem};

/// A text that is longer is no sentence for the detail of a problem, in bytes.
const MAX_TEXT: usize = 16 * 1024;

/// The rejection of an extractor, as a problem with its status, its headers and its text.
///
/// One with a body that is not plain text is what its extractor wants it to be, and stays: bolt's own extractors have
/// made a problem of it already. So does one that is no error.
pub(super) async fn as_problem(rejection: Response) -> Response {
    let Ok(status) = ErrorStatus::try_from(rejection.status()) else { return rejection };
    let is_short = rejection.body().size_hint().exact().is_some_and(|size| size <= MAX_TEXT as u64);
    if !is_short || !is_text(rejection.headers()) {
        return rejection;
    }
    let (mut parts, body) = rejection.into_parts();
    let text = to_bytes(body, MAX_TEXT).await.unwrap_or_default();
    let text = String::from_utf8_lossy(&text).into_owned();
    let problem = match status.is_server_error() {
        // What the server lacks is not the client's business.
        true => Problem::server_fault(status, text),
        false if text.is_empty() => Problem::new(status),
        false => Problem::new(status).detail(text),
    };
    problem.log("an extractor");
    let mut response = problem.into_response();
    for name in [header::CONTENT_TYPE, header::CONTENT_LENGTH] {
        parts.headers.remove(name);
    }
    response.headers_mut().extend(parts.headers);
    *response.extensions_mut() = parts.extensions;
    response
}

/// Whether the body is plain text, or there is none.
fn is_text(headers: &HeaderMap) -> bool {
    let Some(kind) = headers.get(header::CONTENT_TYPE) else { return true };
    let essence = kind.as_bytes().split(|byte| *byte == b';').next().unwrap_or_default();
    essence.trim_ascii().eq_ignore_ascii_case(b"text/plain")
}
