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
use crate::routes::Place;
use asset::{Asset, Cache};

/// The routes of the page and of the document, which is JSON, and where they are. `title` is the page's.
pub(crate) fn routes<'a, S: Clone + Send + Sync + 'static>(
    document: &[u8],
    title: &str,
    settings: &'a DocsSettings,
) -> (Place<'a>, Router<S>) {
    let page = cfg!(feature = "docs").then_some(settings.path.as_str());
    let place = Place {
        what: "the API documentation",
        paths: page.into_iter().chain([settings.openapi.as_str()]).collect(),
        instead: "set docs.path or docs.openapi to another path, or docs.enabled to false",
    };
    // There is `application/vnd.oai.openapi+json` too, but browsers offer that as a download instead of showing it.
    let document = Asset::new("application/json", Cache::Ask, document);
    (place, page::routes(title, settings).route(&settings.openapi, document.route()))
}
