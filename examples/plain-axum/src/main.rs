//! A `#[stream]` in an app that is axum from end to end, without bolt's `App`.
//!
//! ```sh
//! cargo run -p plain-axum
//! curl -N localhost:8080/countdown/3
//! ```

use std::time::Duration;

use axum::Router;
use axum::extract::{Path, State};
use axum::routing::get;
use bolt::stream;

#[derive(Clone)]
struct Pace(Duration);

/// Counts down to zero. No route here: the function is a handler like any other.
#[stream]
async fn countdown(State(pace): State<Pace>, Path(from): Path<u32>) -> u32 {
    for left in (0..=from).rev() {
        emit!(left);
        tokio::time::sleep(pace.0).await;
    }
}

fn router(pace: Pace) -> Router {
    Router::new()
        .route("/", get(|| async { "try /countdown/3\n" }))
        .route("/countdown/{from}", get(countdown))
        .with_state(pace)
}

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:8080").await?;
    axum::serve(listener, router(Pace(Duration::from_secs(1)))).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn counts_down_to_zero_and_ends() {
        let server = bolt_tests::Server::start_router(router(Pace(Duration::ZERO))).await;
        let mut events = server.client().events("/countdown/3").await;
        assert_eq!(events.rest_data().await, ["3", "2", "1", "0"]);
    }

    #[tokio::test]
    async fn an_extractor_refuses_as_in_axum() {
        let server = bolt_tests::Server::start_router(router(Pace(Duration::ZERO))).await;
        let answer = server.client().get("/countdown/many").await;
        assert_eq!(answer.status(), 400);
    }
}
