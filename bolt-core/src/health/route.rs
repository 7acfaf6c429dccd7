//! The routes, and the body of their answers.

use std::sync::Arc;

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde::Serialize;

use super::check::Found;
use super::state::Health;
use crate::config::HealthSettings;
use crate::routes::Reserved;

#[derive(Serialize)]
struct Answer {
    status: &'static str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    checks: Vec<Found>,
}

/// The routes, and where they are.
pub(crate) fn routes<'a, S: Clone + Send + Sync + 'static>(
    health: &Arc<Health>,
    settings: &'a HealthSettings,
) -> (Reserved<'a>, Router<S>) {
    let reserved = Reserved {
        what: "the health checks",
        paths: vec![&settings.path, &settings.ready],
        instead: "set health.path or health.ready to another path, or health.enabled to false",
    };
    let health = Arc::clone(health);
    let ready = move || {
        let health = Arc::clone(&health);
        async move { ready(health.ready().await) }
    };
    (reserved, Router::new().route(&settings.path, get(alive)).route(&settings.ready, get(ready)))
}

/// That this is answered is the answer.
async fn alive() -> Response {
    answer(StatusCode::OK, "alive", Vec::new())
}

fn ready(checks: Vec<Found>) -> Response {
    match checks.iter().all(|check| check.ok) {
        true => answer(StatusCode::OK, "ready", checks),
        false => answer(StatusCode::SERVICE_UNAVAILABLE, "not ready", checks),
    }
}

fn answer(code: StatusCode, status: &'static str, checks: Vec<Found>) -> Response {
    (code, [(header::CACHE_CONTROL, "no-store")], Json(Answer { status, checks })).into_response()
}
