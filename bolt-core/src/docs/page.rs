//! The page, and its scripts. What it looks like is Scalar's affair.

use axum::Router;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, HeaderName, LOCATION, REFERRER_POLICY, X_FRAME_OPTIONS,
};
use axum::http::{HeaderValue, StatusCode};
use axum::response::IntoResponse as _;
use axum::routing::get;
use bytes::Bytes;

use super::asset::{Asset, Cache};
use super::relative::relative;
use crate::config::DocsSettings;

/// Scalar's script, as `build.rs` has compressed it.
const SCALAR: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/scalar.js.gz"));

const SCRIPT: &str = "text/javascript; charset=utf-8";

/// What the page may do: run its own scripts and speak with its own server. A description of a stream that smuggles
/// in a script or an image from elsewhere gets nowhere. Scalar puts its styles into the page by script.
const MAY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; connect-src 'self'; \
                   img-src 'self' data: blob:; font-src 'self' data:; media-src 'self' data: blob:; \
                   base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

static GUARDS: [(HeaderName, HeaderValue); 4] = [
    (CONTENT_SECURITY_POLICY, HeaderValue::from_static(MAY)),
    (REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    (X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
    (
        HeaderName::from_static("cross-origin-opener-policy"),
        HeaderValue::from_static("same-origin"),
    ),
];

/// The page, its scripts below it, and the way to it from its path with a slash at the end.
pub(super) fn routes<S: Clone + Send + Sync + 'static>(
    title: &str,
    settings: &DocsSettings,
) -> Router<S> {
    let scalar = Asset::compressed(
        SCRIPT,
        Cache::Keep,
        Bytes::from_static(SCALAR),
        env!("SCALAR_HASH").to_owned(),
    );
    let start = Asset::new(SCRIPT, Cache::Keep, include_bytes!("start.js"));
    // The hash in a name lets a client keep the script for ever.
    let folder = settings.path.trim_end_matches('/');
    let scalar_path = format!("{folder}/scalar-{}.js", scalar.hash());
    let start_path = format!("{folder}/start-{}.js", start.hash());
    let from_page = |path: &str| relative(&settings.path, path);
    let html = include_str!("page.html")
        .replace("{start}", &from_page(&start_path))
        .replace("{scalar}", &from_page(&scalar_path))
        .replace("{document}", &from_page(&settings.openapi))
        .replace("{root}", &from_page("/"))
        // The last, because it is the only one that could hold another's name.
        .replace("{title}", &escaped(title));
    let page = Asset::new("text/html; charset=utf-8", Cache::Ask, html.as_bytes()).with(&GUARDS);
    let router = Router::new()
        .route(&settings.path, page.route())
        .route(&scalar_path, scalar.route())
        .route(&start_path, start.route());
    if folder.is_empty() {
        return router;
    }
    // The page's own links begin beside it. So does this one, for a proxy that has taken off a part of the path.
    let with_slash = format!("{folder}/");
    let back = format!("../{}", folder.rsplit('/').next().unwrap_or_default());
    router.route(
        &with_slash,
        // The path may be another tomorrow.
        get(|| async move {
            (StatusCode::PERMANENT_REDIRECT, [(LOCATION, &*back), (CACHE_CONTROL, "no-cache")])
                .into_response()
        }),
    )
}

/// Text for HTML, between tags.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::escaped;

    #[test]
    fn a_title_stays_text() {
        let hostile = "</title><script>alert(1)</script>&lt;{document}";
        assert_eq!(
            escaped(hostile),
            "&lt;/title&gt;&lt;script&gt;alert(1)&lt;/script&gt;&amp;lt;{document}"
        );
    }
}
