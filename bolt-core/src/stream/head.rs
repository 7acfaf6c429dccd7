//! The head of every event stream.

use axum::body::Body;
use axum::http::{HeaderName, HeaderValue, header};
use axum::response::{IntoResponse, Response};

const HEADERS: [(HeaderName, HeaderValue); 3] = [
    (header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream")),
    (header::CACHE_CONTROL, HeaderValue::from_static("no-cache")),
    // nginx and its kin hold a response back without it.
    (HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no")),
];

/// Status 200 and the headers of an event stream.
pub(super) fn head(body: Body) -> Response {
    (HEADERS, body).into_response()
}
