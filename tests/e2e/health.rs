//! Whether an app lives and is ready, as a load balancer asks.

use std::convert::Infallible;
use std::future::pending;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use bolt::ErrorKind;
use bolt::axum::routing::get;
use bolt::prelude::*;
use bolt_tests::client::answer;
use bolt_tests::{PATIENCE, Process, Server};
use reqwest::{Method, Response};
use serde_json::{Value, json};
use tokio::time::{sleep, timeout};

const APP: &str = env!("CARGO_BIN_EXE_test-app");

#[stream(get, "/ready")]
async fn in_the_way() -> u32 {
    emit!(1);
}

#[stream(get, "/thread")]
fn thread() -> u32 {
    loop {
        emit!(1);
        std::thread::sleep(Duration::from_millis(5));
    }
}

fn config() -> Config {
    Config::defaults()
}

/// The status and the body, which nobody may keep.
async fn said(response: Response) -> (u16, Value) {
    let status = response.status().as_u16();
    assert_eq!(response.headers()["content-type"], "application/json");
    assert_eq!(response.headers()["cache-control"], "no-store");
    let text = response.text().await.expect("a body");
    (status, serde_json::from_str(&text).expect("JSON"))
}

/// Asks until the status is this one, and gives the checks that fail.
async fn turns(server: &Server, status: u16) -> Vec<Value> {
    let asks = async {
        loop {
            let (found, body) = said(server.client().get("/ready").await).await;
            if found == status {
                let checks = body["checks"].as_array().expect("a list").clone();
                return checks.into_iter().filter(|check| check["ok"] == false).collect();
            }
            sleep(Duration::from_millis(20)).await;
        }
    };
    timeout(PATIENCE, asks).await.unwrap_or_else(|_| panic!("it never was {status}"))
}

#[tokio::test]
async fn an_app_lives_and_is_ready_without_a_word_of_code() {
    let server = Server::start(App::new().config(config())).await;
    let client = server.client();
    assert_eq!(said(client.get("/health").await).await, (200, json!({"status": "alive"})));
    let ok = |name: &str| json!({"name": name, "ok": true});
    let checks = [ok("serving"), ok("connections"), ok("blocking streams")];
    let ready = json!({"status": "ready", "checks": checks});
    assert_eq!(said(client.get("/ready").await).await, (200, ready));
    let head = answer(client.request(Method::HEAD, "/ready")).await;
    assert_eq!(head.status(), 200);
}

#[tokio::test]
async fn every_check_is_told_and_the_reason_of_none() {
    async fn fine() -> Result<(), Infallible> {
        Ok(())
    }
    async fn down() -> Result<(), io::Error> {
        Err(io::Error::other("password=hunter2"))
    }
    async fn hangs() -> Result<(), Infallible> {
        pending().await
    }
    async fn panics() -> Result<(), Infallible> {
        panic!("hunter2")
    }
    // One is of an app that is merged in.
    let other = App::new().ready_check("panics", panics);
    let app = App::new()
        .ready_check("fine", fine)
        .ready_check("down", down)
        .ready_check("hangs", hangs)
        .nest("/below", other);
    let server = Server::start(app.config(config().set("health.timeout", "50ms"))).await;
    let (status, body) = said(server.client().get("/ready").await).await;
    assert_eq!((status, &body["status"]), (503, &json!("not ready")));
    let late = "no answer within 50ms (health.timeout)";
    assert_eq!(
        body["checks"].as_array().expect("a list")[3..],
        [
            json!({"name": "fine", "ok": true}),
            json!({"name": "down", "ok": false, "detail": "failed"}),
            json!({"name": "hangs", "ok": false, "detail": late}),
            json!({"name": "panics", "ok": false, "detail": "failed"}),
        ]
    );
    assert_eq!(server.client().get("/health").await.status(), 200, "it lives all the same");
}

#[tokio::test]
async fn a_check_that_recovers_makes_the_app_ready_and_many_who_ask_are_no_load() {
    let up = Arc::new(AtomicBool::new(false));
    let asked = Arc::new(AtomicUsize::new(0));
    let check = {
        let (up, asked) = (Arc::clone(&up), Arc::clone(&asked));
        move || {
            let (up, asked) = (Arc::clone(&up), Arc::clone(&asked));
            async move {
                asked.fetch_add(1, Ordering::SeqCst);
                // Longer than it takes all of them to ask.
                sleep(Duration::from_millis(200)).await;
                up.load(Ordering::SeqCst).then_some(()).ok_or("down")
            }
        }
    };
    let server = Server::start(App::new().ready_check("it", check).config(config())).await;
    let all: Vec<_> = (0..20)
        .map(|_| {
            let client = server.client();
            tokio::spawn(async move { client.get("/ready").await.status().as_u16() })
        })
        .collect();
    for one in all {
        assert_eq!(one.await.expect("it was asked"), 503);
    }
    assert!(asked.load(Ordering::SeqCst) < 20, "each of them ran the check");
    up.store(true, Ordering::SeqCst);
    assert!(turns(&server, 200).await.is_empty());
    up.store(false, Ordering::SeqCst);
    assert_eq!(turns(&server, 503).await, [json!({"name": "it", "ok": false, "detail": "failed"})]);
}

#[tokio::test]
async fn an_app_whose_limits_are_reached_is_not_ready_and_lives() {
    let config = config().set("stream.max_blocking", 1).set("server.max_connections", 2);
    let server = Server::start(App::new().mount::<thread>().config(config)).await;
    // Both asked over one connection that stays open.
    let client = server.client();
    assert_eq!(client.get("/health").await.status(), 200);
    let mut stream = server.connect().await;
    stream.get("/thread").await;
    stream.until("data: 1").await;
    let (status, body) = said(client.get("/ready").await).await;
    assert_eq!(status, 503);
    assert_eq!(
        body["checks"].as_array().expect("a list")[1..],
        [
            json!({"name": "connections", "ok": false, "detail": "2 are open (server.max_connections)"}),
            json!({"name": "blocking streams", "ok": false,
                   "detail": "all 1 are in use (stream.max_blocking)"}),
        ]
    );
    assert_eq!(client.get("/health").await.status(), 200);
    drop(stream);
    let until_ready = async {
        while client.get("/ready").await.status() != 200 {
            sleep(Duration::from_millis(10)).await;
        }
    };
    timeout(PATIENCE, until_ready).await.expect("ready again");
}

#[tokio::test]
async fn before_it_drains_a_load_balancer_sees_that_it_will() {
    for runtime in ["work-stealing", "per-core"] {
        let vars = [("BOLT_SERVER__DRAIN_DELAY", "3s"), ("BOLT_SERVER__RUNTIME", runtime)];
        let mut process = Process::start(APP, &vars).await;
        assert_eq!(process.client().get("/ready").await.status(), 200);
        process.signal("TERM").await;
        process.logs("shutting down").await;
        // Clients that were sent here before the balancer noticed: on new connections.
        let (status, body) = said(process.client().get("/ready").await).await;
        assert_eq!(status, 503, "{runtime}");
        let why = json!({"name": "serving", "ok": false, "detail": "the server is shutting down"});
        assert_eq!(body["checks"][0], why);
        let mut events = process.client().events("/finite/1").await;
        assert_eq!(events.rest_data().await, ["\"begun\"", "\"done\""]);
        assert_eq!(process.client().get("/health").await.status(), 200);
        assert_eq!(process.ended().await.code(), Some(0), "{runtime}");
    }
}

#[tokio::test]
async fn they_can_be_moved_and_turned_off() {
    let config = config().set("health.path", "/livez").set("health.ready", "/readyz");
    let server = Server::start(App::new().config(config)).await;
    for (path, status) in [("/livez", 200), ("/readyz", 200), ("/health", 404), ("/ready", 404)] {
        assert_eq!(server.client().get(path).await.status(), status, "{path}");
    }
    let off = Config::defaults().set("health.enabled", false);
    let app = App::new().mount::<in_the_way>().config(off);
    let server = Server::start(app).await;
    assert_eq!(server.client().get("/health").await.status(), 404);
    let mut mine = server.client().events("/ready").await;
    assert_eq!(mine.rest_data().await, ["1"]);
}

#[test]
fn an_app_with_a_route_in_their_place_does_not_start_and_says_what_to_set() {
    let refused = |app: App, path: &str, by: &str| {
        let error = app.config(config()).into_router().expect_err("a conflict");
        assert_eq!(error.kind(), ErrorKind::Route);
        assert_eq!(
            error.to_string(),
            format!(
                "the health checks cannot be at {path}: {by} there; set health.path or health.ready to another \
                 path, or health.enabled to false"
            )
        );
    };
    refused(App::new().mount::<in_the_way>(), "/ready", "the stream `e2e::health::in_the_way` is");
    refused(App::new().route("/health", get(|| async {})), "/health", "a route of the app is");
    for (key, path, other) in
        [("health.path", "/ready", "health.ready"), ("health.ready", "/docs", "docs.path")]
    {
        let error = config().set(key, path).check().expect_err("a fault").to_string();
        let what = format!("{key} is {path:?}: {other} is at the same path\n    choose another");
        assert!(error.contains(&what), "{error}");
    }
}
