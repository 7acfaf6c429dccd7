//! The page, and its scripts. What it looks like is Scalar's affair.

use axum::Router;
use bytes::Bytes;

use super::asset::{Asset, Cache};
use super::html::{HTML, SCRIPT, back, escaped, filled};
use super::relative::relative;
use super::security_headers::{SecurityHeaders, security_headers};
use crate::config::DocsSettings;

/// Scalar's script, as `build.rs` has compressed it.
const SCALAR: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/scalar.js.gz"));

/// What the page may do: run its own scripts and speak with its own server. A description of a stream that smuggles
/// in a script or an image from elsewhere gets nowhere. Scalar puts its styles into the page by script.
const MAY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; connect-src 'self'; \
                   img-src 'self' data: blob:; font-src 'self' data:; media-src 'self' data: blob:; \
                   base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

static SECURITY_HEADERS: SecurityHeaders = security_headers(MAY);

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
    let html = filled(
        include_str!("page.html"),
        &[
            ("title", &escaped(title)),
            ("start", &from_page(&start_path)),
            ("scalar", &from_page(&scalar_path)),
            ("document", &from_page(&settings.openapi)),
            ("root", &from_page("/")),
        ],
    );
    let page = Asset::new(HTML, Cache::Ask, html.as_bytes()).with(&SECURITY_HEADERS);
    let router = Router::new()
        .route(&settings.path, page.route())
        .route(&scalar_path, scalar.route())
        .route(&start_path, start.route());
    match back(&settings.path) {
        Some((with_slash, back)) => router.route(&with_slash, back),
        None => router,
    }
}
