//! In place of `page.rs`, in an app that is built without the page.

use axum::Router;

use crate::config::DocsSettings;

pub(super) fn routes<S: Clone + Send + Sync + 'static>(_: &str, _: &DocsSettings) -> Router<S> {
    Router::new()
}
