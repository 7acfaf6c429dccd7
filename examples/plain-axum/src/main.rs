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
    use bolt::App;
    use bolt::testing::TestClient;

    use super::*;

    /// The router is tested inside an `App`; it serves any.
    fn client() -> TestClient {
        TestClient::new(App::new().merge(router(Pace(Duration::from_secs(1)))))
    }

    #[tokio::test(start_paused = true)]
    async fn counts_down_to_zero_and_ends() {
        let client = client();
        let mut countdown = client.get("/countdown/3").events::<u32>().await;
        assert_eq!(countdown.rest_data().await, [3, 2, 1, 0]);
    }

    #[tokio::test]
    async fn an_extractor_refuses_as_in_axum() {
        client().get("/countdown/many").send().await.assert_status(400);
    }
}
