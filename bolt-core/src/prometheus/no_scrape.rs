//! In place of `scrape.rs`, in an app that is built without metrics.

use axum::Router;

use crate::config::MetricsSettings;
use crate::routes::Reserved;

pub(crate) fn install(_: &MetricsSettings) {}

pub(crate) fn routes<S>(_: &MetricsSettings) -> Option<(Reserved<'_>, Router<S>)> {
    None
}
