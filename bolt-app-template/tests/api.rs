//! Every route, as a client sees it.

use app::app;
use bolt::prelude::*;
use bolt::testing::TestClient;

#[derive(Debug, PartialEq, Deserialize)]
struct Tick {
    n: u64,
}

/// In process, without files and variables.
fn client() -> TestClient {
    TestClient::new(app(Config::defaults()))
}

// The clock of this test jumps over every wait.
#[tokio::test(start_paused = true)]
async fn ticks_go_on() {
    let client = client();
    let mut events = client.get("/ticks").events::<Tick>().await;
    for n in 0..100 {
        assert_eq!(events.next().await.data, Tick { n });
    }
}

// Over a real socket.
#[tokio::test]
async fn primes_are_found_and_end() {
    let client = TestClient::bind(app(Config::defaults())).await;
    let mut events = client.get("/primes/12").events::<u64>().await;
    assert_eq!(events.rest_data().await, [2, 3, 5, 7, 11]);
}

#[tokio::test]
async fn too_many_primes_are_refused() {
    let config = Config::defaults().set("app.primes_below", 100);
    let client = TestClient::new(app(config));
    let refused = client.get("/primes/101").send().await;
    refused.assert_status(400);
    let detail = "101 is too many: ask for 100 at most";
    assert_eq!(refused.problem().detail.as_deref(), Some(detail));
}

#[tokio::test]
async fn about_says_which_app_this_is() {
    let about = client().get("/about").send().await;
    assert!(
        about
            .assert_status(200)
            .text()
            .contains(env!("CARGO_PKG_NAME"))
    );
}

#[test]
fn every_route_is_documented() {
    let document = app(Config::defaults()).openapi().expect("a document");
    let paths: Vec<_> = document.paths.paths.keys().collect();
    assert_eq!(paths, ["/about", "/primes/{below}", "/ticks"]);
}

// `bolt.toml` and the variables of whoever runs the tests are without faults too.
#[test]
fn the_configuration_is_valid() -> bolt::Result<()> {
    app(Config::load()).into_router().map(drop)
}
