//! The page that shows the streams as they are: how many of each are open, and the events of one.

use axum::extract::MatchedPath;
use axum::http::header::{CACHE_CONTROL, X_CONTENT_TYPE_OPTIONS};
use axum::routing::get;
use axum::{Json, Router};

use super::asset::{Asset, Cache};
use super::html::{HTML, SCRIPT, STYLE, back, escaped, filled};
use super::relative::relative;
use super::security_headers::{SecurityHeaders, security_headers};
use super::{ListStreams, StreamStatus};
use crate::config::DocsSettings;

/// It has no styles or scripts but those of its files.
const MAY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; \
                   base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

static SECURITY_HEADERS: SecurityHeaders = security_headers(MAY);

/// What the page loads, which names one another.
const FILES: [(&str, &str, &str); 8] = [
    ("style.css", STYLE, include_str!("streams/style.css")),
    ("main.js", SCRIPT, include_str!("streams/main.js")),
    ("connection.js", SCRIPT, include_str!("streams/connection.js")),
    ("json.js", SCRIPT, include_str!("streams/json.js")),
    ("log.js", SCRIPT, include_str!("streams/log.js")),
    ("rate.js", SCRIPT, include_str!("streams/rate.js")),
    ("request.js", SCRIPT, include_str!("streams/request.js")),
    ("sse.js", SCRIPT, include_str!("streams/sse.js")),
];

/// As JSON.
#[derive(serde::Serialize)]
struct Now {
    streams: Vec<StreamStatus>,
}

/// The page, what it loads below it, and the counts.
pub(super) fn routes<S: Clone + Send + Sync + 'static>(
    title: &str,
    settings: &DocsSettings,
    list_streams: ListStreams,
) -> Router<S> {
    let folder = settings.streams.trim_end_matches('/');
    let from_page = |path: &str| relative(&settings.streams, path);
    // A name and a slash at the least, so that a script's address is one.
    let files = relative(&settings.streams, &format!("{folder}/"));
    let html = filled(
        include_str!("streams/page.html"),
        &[
            ("title", &escaped(title)),
            ("folder", files.trim_end_matches('/')),
            ("document", &from_page(&settings.openapi)),
            ("docs", &from_page(&settings.path)),
            ("root", &from_page("/")),
        ],
    );
    let page = Asset::new(HTML, Cache::Ask, html.as_bytes()).with(&SECURITY_HEADERS);
    let counts = format!("{folder}/counts.json");
    let own = counts.clone();
    let now = get(|route: Option<MatchedPath>| async move {
        let always = [(CACHE_CONTROL, "no-store"), (X_CONTENT_TYPE_OPTIONS, "nosniff")];
        let prefix = route.as_ref().and_then(|route| route.as_str().strip_suffix(&own));
        let prefix = prefix.filter(|prefix| !prefix.is_empty());
        (always, Json(Now { streams: list_streams(prefix) }))
    });
    let mut router = Router::new().route(&settings.streams, page.route()).route(&counts, now);
    for (name, media_type, file) in FILES {
        let file = Asset::new(media_type, Cache::Ask, file.as_bytes());
        router = router.route(&format!("{folder}/{name}"), file.route());
    }
    match back(&settings.streams) {
        Some((with_slash, back)) => router.route(&with_slash, back),
        None => router,
    }
}
