//! The API documentation: a page for people, and the OpenAPI document for programs.
//!
//! All of it is in the binary, compressed; nothing is loaded from elsewhere. The page is Scalar's, with the script
//! of the crate `scalar_api_reference`; what is said to it is in `start.js`.

mod asset;
mod encoding;
mod etag;
#[cfg(not(feature = "docs"))]
#[path = "no_page.rs"]
mod page;
#[cfg(feature = "docs")]
mod page;
#[cfg(feature = "docs")]
mod relative;

use axum::Router;

use crate::config::DocsSettings;
use asset::{Asset, Cache};

/// The paths that the configuration gives them.
pub(crate) fn paths(settings: &DocsSettings) -> Vec<&str> {
    let page = cfg!(feature = "docs").then_some(settings.path.as_str());
    page.into_iter().chain([settings.openapi.as_str()]).collect()
}

/// The routes of the page and of the document, which is JSON. `title` is the page's.
pub(crate) fn routes<S: Clone + Send + Sync + 'static>(
    document: &[u8],
    title: &str,
    settings: &DocsSettings,
) -> Router<S> {
    // There is `application/vnd.oai.openapi+json` too, but browsers offer that as a download instead of showing it.
    let document = Asset::new("application/json", Cache::Ask, document);
    page::routes(title, settings).route(&settings.openapi, document.route())
}
