//! The API documentation: pages for people, and the OpenAPI document for programs.
//!
//! All of it is in the binary, compressed; nothing is loaded from elsewhere. One page is Scalar's, with the script
//! of the crate `scalar_api_reference`; what is said to it is in `start.js`. The other shows the streams as they are;
//! its files are in `streams/`.

mod asset;
mod encoding;
mod etag;
#[cfg(feature = "docs")]
mod html;
#[cfg(feature = "docs")]
mod page;
#[cfg(feature = "docs")]
mod relative;
#[cfg(feature = "docs")]
mod security_headers;
#[cfg(feature = "docs")]
mod streams_page;

use std::sync::Arc;

use axum::Router;

use crate::config::DocsSettings;
use crate::observe::Counts;
use crate::routes::Reserved;
use asset::{Asset, Cache};

/// What the pages show of a stream that is mounted.
#[derive(Debug, serde::Serialize)]
pub(crate) struct StreamStatus {
    pub(crate) method: &'static str,
    /// As axum's router has it.
    pub(crate) path: String,
    /// The path of the function.
    pub(crate) name: &'static str,
    /// Since the app was started. None when it was never asked for.
    #[serde(flatten)]
    pub(crate) counts: Option<Counts>,
}

/// Looks at the streams, in the order in which they were mounted. It is given the path below which the app's router was
/// nested in another router, if it was: their counts are kept under the whole path.
pub(crate) type ListStreams = Arc<dyn Fn(Option<&str>) -> Vec<StreamStatus> + Send + Sync>;

/// The routes of the pages and of the document, which is JSON, and where they are. `title` is the pages'.
#[cfg_attr(
    not(feature = "docs"),
    expect(unused_variables, clippy::needless_pass_by_value, reason = "for the pages")
)]
pub(crate) fn routes<'a, S: Clone + Send + Sync + 'static>(
    document: &[u8],
    title: &str,
    settings: &'a DocsSettings,
    list_streams: ListStreams,
) -> (Reserved<'a>, Router<S>) {
    let pages = [settings.path.as_str(), &settings.streams];
    let pages = cfg!(feature = "docs").then_some(pages).into_iter().flatten();
    let reserved = Reserved {
        what: "the API documentation",
        paths: [settings.openapi.as_str()].into_iter().chain(pages).collect(),
        instead: "set docs.path, docs.openapi or docs.streams to another path, or docs.enabled to false",
    };
    // There is `application/vnd.oai.openapi+json` too, but browsers offer that as a download instead of showing it.
    let document = Asset::new("application/json", Cache::Ask, document);
    let routes = Router::new().route(&settings.openapi, document.route());
    #[cfg(feature = "docs")]
    let routes = routes.merge(page::routes(title, settings)).merge(streams_page::routes(
        title,
        settings,
        list_streams,
    ));
    (reserved, routes)
}
