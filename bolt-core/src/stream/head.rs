//! The head of every response of a stream.

use axum::body::Body;
use axum::http::{HeaderName, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use crate::event::{Form, JsonForm, OFFERS, Offer};
use crate::problem::{ErrorStatus, Problem};

/// One address has several forms, which caches must not confuse (RFC 9110, section 12.5.5).
const VARY: (HeaderName, HeaderValue) = (header::VARY, HeaderValue::from_static("accept"));

const HEADERS: [(HeaderName, HeaderValue); 3] = [
    VARY,
    (header::CACHE_CONTROL, HeaderValue::from_static("no-cache")),
    // Without it, nginx and others buffer the response.
    (HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no")),
];

/// Marks a response that is a live stream although its media type does not say so.
#[derive(Clone, Copy, Debug)]
struct LiveArray;

/// Whether a response is a stream of events, lines or elements, from bolt or from another handler.
pub(crate) fn is_stream<B>(response: &Response<B>) -> bool {
    let kind = response.headers().get(header::CONTENT_TYPE);
    let kind = kind.map_or(&b""[..], |value| value.as_bytes());
    let essence = kind.split(|byte| *byte == b';').next().unwrap_or_default().trim_ascii();
    // `application/json` may be any response: only arrays from bolt are known to be live.
    let array = Form::Json(JsonForm::Array);
    let live = OFFERS.iter().filter(|offer| offer.form != array);
    live.map(|offer| offer.media_type.as_bytes()).any(|live| essence.eq_ignore_ascii_case(live))
        || response.extensions().get::<LiveArray>().is_some()
}

/// Status 200 and the headers of a stream.
pub(super) fn head(offer: &Offer, body: Body) -> Response {
    let mut response = Response::new(body);
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(offer.media_type));
    headers.extend(HEADERS);
    if offer.form == Form::Json(JsonForm::Array) {
        response.extensions_mut().insert(LiveArray);
    }
    response
}

/// A response instead of the stream. It must not be cached: the next request may get the stream.
pub(super) fn instead(answer: impl IntoResponse) -> Response {
    let no_store = (header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    ([VARY, no_store], answer).into_response()
}

/// 406 with the list of forms, for a client that accepts none of them (RFC 9110, section 15.5.7).
pub(super) fn not_acceptable() -> Response {
    #[derive(Serialize)]
    struct Refusal<'a> {
        #[serde(flatten)]
        problem: &'a Problem,
        supported: [&'static str; OFFERS.len()],
    }

    let supported = OFFERS.map(|offer| offer.media_type);
    let detail = format!("this stream is sent as one of: {}", supported.join(", "));
    let problem = Problem::new(ErrorStatus::NOT_ACCEPTABLE).detail(detail);
    // Strings and an integer always serialise.
    let body = serde_json::to_vec(&Refusal { problem: &problem, supported });
    instead(problem.into_response().map(|own| body.map_or(own, Body::from)))
}
