//! The security headers of bolt's pages.

use axum::http::HeaderValue;
use axum::http::header::{CONTENT_SECURITY_POLICY, HeaderName, REFERRER_POLICY, X_FRAME_OPTIONS};

pub(super) type SecurityHeaders = [(HeaderName, HeaderValue); 4];

/// The headers of a page with this `content-security-policy`.
pub(super) const fn security_headers(may: &'static str) -> SecurityHeaders {
    [
        (CONTENT_SECURITY_POLICY, HeaderValue::from_static(may)),
        (REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
        (X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
        (
            HeaderName::from_static("cross-origin-opener-policy"),
            HeaderValue::from_static("same-origin"),
        ),
    ]
}
