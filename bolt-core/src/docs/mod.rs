//! The API documentation: pages for people, and the OpenAPI document for programs.
//!
//! All of it is in the binary, compressed; nothing is loaded from elsewhere. One page is Scalar's, with the script
//! of the crate `scalar_api_reference`; what is said to it is in `start.js`. The other shows the streams as they are;
//! its files are in `streams/`.

mod asset;
mod encoding;
mod etag;
#[cfg(feature = "docs")]
mod guards;
#[cfg(feature = "docs")]
mod html;
#[cfg(feature = "docs")]
mod page;
#[cfg(feature = "docs")]
mod relative;
#[cfg(feature = "docs")]
mod watch;

use std::sync::Arc;

use axum::Router;

use crate::config::DocsSettings;
use asset::{Asset, Cache};

/// A stream that is mounted, and how many of it there are.
#[derive(Debug, serde::Serialize)]
pub(crate) struct Count {
    pub(crate) method: &'static str,
    /// As axum's router has it.
    pub(crate) path: String,
    /// The path of the function.
    pub(crate) name: &'static str,
    /// Now.
    pub(crate) open: u64,
    /// Since the app was started.
    pub(crate) started: u64,
}

/// Counts the streams, in the order in which they were mounted.
pub(crate) type Counts = Arc<dyn Fn() -> Vec<Count> + Send + Sync>;

/// The paths that the configuration gives them.
pub(crate) fn paths(settings: &DocsSettings) -> Vec<&str> {
    let pages = [&settings.path, &settings.streams].map(String::as_str);
    let pages = cfg!(feature = "docs").then_some(pages);
    [settings.openapi.as_str()].into_iter().chain(pages.into_iter().flatten()).collect()
}

/// The routes of the pages and of the document, which is JSON. `title` is the pages'.
#[cfg_attr(not(feature = "docs"), expect(unused_variables, reason = "for the pages"))]
pub(crate) fn routes<S: Clone + Send + Sync + 'static>(
    document: &[u8],
    title: &str,
    settings: &DocsSettings,
    counts: Counts,
) -> Router<S> {
    // There is `application/vnd.oai.openapi+json` too, but browsers offer that as a download instead of showing it.
    let document = Asset::new("application/json", Cache::Ask, document);
    let routes = Router::new().route(&settings.openapi, document.route());
    #[cfg(feature = "docs")]
    let routes =
        routes.merge(page::routes(title, settings)).merge(watch::routes(title, settings, counts));
    routes
}
