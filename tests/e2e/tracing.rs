//! Which request it was: ids, traces, spans, and what the log says of a stream.

use bolt::axum::Router;
use bolt::axum::routing::get;
use bolt::prelude::*;
use bolt_tests::client::answer;
use bolt_tests::{Events, Process, Server};
use reqwest::Method;
use serde_json::{Value, json};

const APP: &str = env!("CARGO_BIN_EXE_test-app");

const TRACEPARENT: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

#[stream(get, "/one")]
async fn one() -> u32 {
    emit!(1);
}

#[stream(get, "/refuses")]
async fn refuses() -> Result<u32, Problem> {
    if true {
        return Err(Problem::not_found("there is none"));
    }
    emit!(1);
}

fn app() -> App {
    let plain = async || Problem::conflict("no");
    App::new()
        .mount::<one>()
        .mount::<refuses>()
        .route("/plain", get(plain))
        .config(Config::defaults())
}

/// The id that a request is answered with, and the body.
async fn id_of(server: &Server, path: &str, sent: &[&str]) -> (String, String) {
    let mut request = server.client().request(Method::GET, path);
    for id in sent {
        request = request.header("x-request-id", *id);
    }
    let response = answer(request).await;
    let id = response.headers()["x-request-id"].to_str().expect("text").to_owned();
    (id, response.text().await.expect("a body"))
}

fn is_made(id: &str) -> bool {
    id.len() == 32 && id.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

#[tokio::test]
async fn every_answer_has_the_id_of_its_request() {
    let server = Server::start(app()).await;
    let mut made = std::collections::BTreeSet::new();
    for path in ["/one", "/refuses", "/plain", "/nowhere", "/health"] {
        let (id, _) = id_of(&server, path, &["0-ab.c_D~1:/+=@"]).await;
        assert_eq!(id, "0-ab.c_D~1:/+=@", "{path}");
        let (id, _) = id_of(&server, path, &[]).await;
        assert!(is_made(&id) && made.insert(id.clone()), "{path}: {id}");
    }
    let long = "x".repeat(129);
    for ids in [&["a b"][..], &["a", "b"], &["\"}"], &[&long], &[""]] {
        let (id, _) = id_of(&server, "/one", ids).await;
        assert!(is_made(&id), "{ids:?}: {id}");
    }
}

#[tokio::test]
async fn a_seed_repeats_the_ids() {
    let mut ids = Vec::new();
    for seed in [7, 7, 8] {
        let server = Server::start(app().seed(seed)).await;
        ids.push(id_of(&server, "/one", &[]).await.0);
    }
    assert_eq!(ids[0], ids[1]);
    assert_ne!(ids[0], ids[2]);
}

#[tokio::test]
async fn a_problem_has_the_id_in_its_body() {
    let server = Server::start(app()).await;
    for (path, status) in [("/refuses", 404), ("/plain", 409)] {
        let (_, body) = id_of(&server, path, &["it"]).await;
        let body: Value = serde_json::from_str(&body).expect("JSON");
        assert_eq!(
            (&body["status"], &body["request_id"]),
            (&json!(status), &json!("it")),
            "{path}"
        );
    }
}

#[tokio::test]
async fn a_handler_in_a_plain_router_has_it_too() {
    let server =
        Server::start_router(Router::new().route("/one", get(one)).route("/no", get(refuses)));
    let server = server.await;
    assert_eq!(id_of(&server, "/one", &["mine"]).await.0, "mine");
    let (id, body) = id_of(&server, "/no", &[]).await;
    assert!(is_made(&id) && body.contains(&format!("\"request_id\":\"{id}\"")), "{body}");
}

#[tokio::test]
async fn a_trace_is_given_back_when_it_is_valid() {
    let server = Server::start(app()).await;
    let mut children = std::collections::BTreeSet::new();
    for path in ["/one", "/refuses", "/plain"] {
        let asked = server.client().request(Method::GET, path).header("traceparent", TRACEPARENT);
        let response = answer(asked).await;
        let back = response.headers()["traceresponse"].to_str().expect("text");
        let parts: Vec<_> = back.split('-').collect();
        let [version, trace, child, flags] = parts[..] else { panic!("{back}") };
        assert_eq!((version, trace, flags), ("00", "4bf92f3577b34da6a3ce929d0e0e4736", "01"));
        let child = u64::from_str_radix(child, 16).expect("16 digits");
        assert!(child != 0 && child != 0x00f0_67aa_0ba9_02b7 && children.insert(child), "{back}");
    }
    for bad in ["", "00-0-0-00", "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"] {
        let asked = server.client().request(Method::GET, "/one").header("traceparent", bad);
        assert!(!answer(asked).await.headers().contains_key("traceresponse"), "{bad:?}");
    }
}

/// Starts the app with a JSON log.
async fn logging(spans: &str) -> Process {
    let vars = [
        ("BOLT_LOG__FORMAT", "json"),
        ("BOLT_LOG__LEVEL", "debug"),
        ("BOLT_LOG__SPANS", spans),
        ("BOLT_SERVER__DRAIN", "0s"),
    ];
    Process::start(APP, &vars).await
}

/// Reads a stream to its end.
async fn read(process: &Process, path: &str) {
    let asked = process.client().request(Method::GET, path).header("traceparent", TRACEPARENT);
    Events::of(answer(asked.header("x-request-id", "it")).await).rest().await;
}

/// The next line of the log with this in it.
async fn line(process: &mut Process, text: &str) -> Value {
    serde_json::from_str(&process.logs(text).await).expect("JSON")
}

#[tokio::test]
async fn what_is_logged_in_a_stream_says_in_which() {
    let mut process = logging("true").await;
    for (path, kind) in [
        ("/says/async", "async"),
        ("/says-blocking/blocking", "blocking"),
        ("/says-iterator/iterator", "blocking"),
    ] {
        read(&process, path).await;
        let route = format!("{}/{{how}}", path.rsplit_once('/').expect("two parts").0);
        let said = line(&mut process, "in the middle").await;
        let span = &said["span"];
        for (name, value) in [
            ("name", "stream"),
            ("route", &*route),
            ("method", "GET"),
            ("kind", kind),
            ("form", "events"),
            ("request_id", "it"),
            ("trace_id", "4bf92f3577b34da6a3ce929d0e0e4736"),
            ("parent_id", "00f067aa0ba902b7"),
        ] {
            assert_eq!(span[name], value, "{path}: {said}");
        }
        let ended = line(&mut process, "a stream ended").await;
        let fields = &ended["fields"];
        assert_eq!((&fields["reason"], &fields["events"]), (&json!("finished"), &json!(1)));
        assert_eq!((&fields["route"], &fields["request_id"]), (&json!(route), &json!("it")));
        assert!(fields["bytes"].as_u64().expect("a number") >= 9, "{ended}");
        assert_eq!(ended["span"]["reason"], "finished", "{ended}");
    }
    read(&process, "/says/error").await;
    let failed = line(&mut process, "the stream failed").await;
    assert_eq!(failed["fields"]["request_id"], "it");
    assert_eq!(failed["span"]["route"], "/says/{how}");
    assert_eq!(line(&mut process, "a stream ended").await["fields"]["reason"], "error");
}

#[tokio::test]
async fn without_spans_bolts_own_lines_still_say_which_request_it_was() {
    let mut process = logging("false").await;
    read(&process, "/says/error").await;
    let said = line(&mut process, "in the middle").await;
    assert!(said.get("span").is_none(), "{said}");
    let failed = line(&mut process, "the stream failed").await;
    assert_eq!(failed["fields"]["request_id"], "it", "{failed}");
    let ended = line(&mut process, "a stream ended").await;
    assert_eq!(ended["fields"]["request_id"], "it", "{ended}");
    read(&process, "/says/panic").await;
    assert_eq!(line(&mut process, "a stream ended").await["fields"]["reason"], "panic");
}
