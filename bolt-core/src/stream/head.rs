//! The head of every response of a stream.

use axum::body::Body;
use axum::http::{HeaderName, HeaderValue, header};
use axum::response::{IntoResponse, Response};

use crate::event::{Form, OFFERS, Offer};
use crate::info::Info;
use crate::problem::{ErrorStatus, Problem};

/// One address has several forms, which caches must not confuse (RFC 9110, section 12.5.5).
const VARY: (HeaderName, HeaderValue) = (header::VARY, HeaderValue::from_static("accept"));

const HEADERS: [(HeaderName, HeaderValue); 2] = [
    // What compresses on the way may keep events back until it has enough of them (RFC 9111, section 5.2.2.6).
    (header::CACHE_CONTROL, HeaderValue::from_static("no-cache, no-transform")),
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
    let live = OFFERS.iter().filter(|offer| offer.form != Form::ARRAY);
    live.map(|offer| offer.media_type.as_bytes()).any(|live| essence.eq_ignore_ascii_case(live))
        || response.extensions().get::<LiveArray>().is_some()
}

/// Status 200 and the headers of a stream.
pub(super) fn head(info: &Info, offer: &Offer, body: Body) -> Response {
    let mut response = Response::new(body);
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(offer.media_type));
    headers.extend(info.negotiates().then_some(VARY));
    headers.extend(HEADERS);
    if offer.form == Form::ARRAY {
        response.extensions_mut().insert(LiveArray);
    }
    response
}

/// A response instead of the stream. It must not be cached: the next request may get the stream.
pub(super) fn instead(info: &Info, answer: impl IntoResponse) -> Response {
    let mut response = answer.into_response();
    let headers = response.headers_mut();
    if info.negotiates() {
        let (vary, accept) = VARY;
        headers.append(vary, accept);
    }
    // Unless a problem says something else.
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

/// 406 with the list of forms, for a client that accepts none of them (RFC 9110, section 15.5.7).
pub(super) fn not_acceptable(info: &Info) -> Response {
    let supported = info.forms.iter().flat_map(|form| Offer::of(*form));
    let supported: Vec<_> = supported.map(|offer| offer.media_type).collect();
    let detail = format!("this stream is sent as one of: {}", supported.join(", "));
    let problem = Problem::new(ErrorStatus::NOT_ACCEPTABLE).detail(detail);
    instead(info, problem.with("supported", supported))
}
