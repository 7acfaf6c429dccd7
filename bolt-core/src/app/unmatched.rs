//! Requests that no route takes: problems, as those of streams are.

use axum::Router;
use axum::extract::Request;
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse as _, Response};
use axum::routing::MethodRouter;

use crate::problem::{ErrorStatus, Problem};
use crate::stream::AppStreams;

// Both are axum's own defaults with a layer, not fallbacks: a fallback of the app takes their place, layers of the app
// are around them, and routes can be merged.

/// A router without routes, which answers 404.
pub(super) fn not_found<S: Clone + Send + Sync + 'static>() -> Router<S> {
    Router::new().layer(from_fn(|request: Request, next: Next| {
        answer(request, next, ErrorStatus::NOT_FOUND, "there is nothing at this path")
    }))
}

/// Adds the routes of another router, and its fallback if it has one.
#[track_caller]
pub(super) fn put_into<S: Clone + Send + Sync + 'static>(
    router: Router<S>,
    other: Router<S>,
) -> Router<S> {
    // Of two defaults, axum takes that of the argument.
    other.merge(router)
}

/// A route without methods, which answers 405. axum adds the header `allow`.
pub(super) fn not_allowed<S: Clone + Send + Sync + 'static>() -> MethodRouter<S> {
    MethodRouter::new().layer(from_fn(|request: Request, next: Next| {
        let detail = "this path does not have the request's method; the header `allow` has those that it has";
        answer(request, next, ErrorStatus::METHOD_NOT_ALLOWED, detail)
    }))
}

async fn answer(
    request: Request,
    next: Next,
    status: ErrorStatus,
    detail: &'static str,
) -> Response {
    let app = request.extensions().get::<AppStreams>();
    if app.is_none_or(|app| app.shared.problems.keeps_rejections) {
        return next.run(request).await;
    }
    Problem::new(status).detail(detail).into_response()
}
