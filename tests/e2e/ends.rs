//! How a stream of events ends: finished, failed or cut off, and that every client can tell which.

use std::time::Duration;

use bolt::prelude::*;
use bolt::replay::{Epoch, Replay, Replayed};
use bolt_tests::client::answer;
use bolt_tests::spec::{Dispatched, Parser};
use bolt_tests::{Events, Server};
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use tokio_stream::Stream;

use crate::events::END;

#[stream(get, "/async")]
async fn in_async() -> u32 {
    emit!(1);
}

#[stream(post, "/posted")]
async fn posted() -> u32 {
    emit!(1);
}

#[stream(get, "/thread")]
fn in_thread() -> u32 {
    emit!(1);
}

#[stream(get, "/returned")]
fn returned() -> impl Stream<Item = u32> {
    tokio_stream::once(1)
}

#[stream(get, "/iterated")]
fn iterated() -> impl Iterator<Item = u32> {
    std::iter::once(1)
}

#[stream(get, "/renamed", end = "done")]
async fn renamed() -> u32 {
    emit!(1);
}

#[stream(post, "/sentinel", events, end = data("[DONE]"))]
async fn sentinel() -> u32 {
    emit!(1);
}

#[stream(get, "/endless-end", end = false)]
async fn without_end() -> u32 {
    emit!(1);
}

#[stream(get, "/again", restart)]
async fn again() -> u32 {
    emit!(1);
}

#[stream(get, "/nothing")]
async fn nothing() -> u32 {
    if false {
        emit!(1);
    }
}

#[stream(get, "/fails/{status}")]
async fn fails(Path(status): Path<u16>) -> Result<u32, Problem> {
    emit!(1);
    match status {
        404 => return Err(Problem::not_found("gone")),
        _ => return Err(Problem::internal("broken")),
    }
}

#[stream(get, "/fails-again", restart)]
async fn fails_again() -> Result<u32, Problem> {
    emit!(1);
    return Err(Problem::not_found("gone"));
}

#[stream(get, "/lasts")]
async fn lasts() -> u32 {
    emit!(1);
    std::future::pending::<()>().await;
}

#[stream(post, "/lasts-in-thread")]
fn lasts_in_thread() -> u32 {
    loop {
        emit!(1);
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[stream(get, "/occupied")]
fn occupied() -> u32 {
    loop {
        emit!(1);
        std::thread::sleep(Duration::from_millis(5));
    }
}

fn app() -> App {
    App::new()
        .mount::<occupied>()
        .mount::<in_async>()
        .mount::<posted>()
        .mount::<in_thread>()
        .mount::<returned>()
        .mount::<iterated>()
        .mount::<renamed>()
        .mount::<sentinel>()
        .mount::<without_end>()
        .mount::<again>()
        .mount::<nothing>()
        .mount::<fails>()
        .mount::<fails_again>()
        .mount::<lasts>()
        .mount::<lasts_in_thread>()
}

async fn text(request: RequestBuilder) -> String {
    answer(request).await.text().await.expect("a whole body")
}

#[tokio::test]
async fn a_finished_stream_says_so_to_everyone_who_reads_events() {
    let server = Server::start(app()).await;
    let client = server.client();
    for path in ["/async", "/thread", "/returned", "/iterated"] {
        let expected = format!("data: 1\n\n{END}");
        assert_eq!(text(client.request(Method::GET, path)).await, expected, "{path}");
        // That of a thread begins with the usual `retry:`, in case it was refused for load before.
        let source = text(client.event_source(path)).await;
        assert_eq!(source.trim_start_matches("retry: 3000\n"), expected, "{path}");
    }
    assert_eq!(text(client.request(Method::POST, "/posted")).await, format!("data: 1\n\n{END}"));
    assert_eq!(text(client.event_source("/nothing")).await, END);
}

#[tokio::test]
async fn whoever_brings_the_end_back_is_answered_204() {
    let server = Server::start(app()).await;
    for (method, path) in [
        (Method::GET, "/async"),
        (Method::HEAD, "/async"),
        (Method::POST, "/posted"),
        (Method::GET, "/renamed"),
        (Method::POST, "/sentinel"),
        (Method::GET, "/fails/404"),
    ] {
        let request = server.client().request(method.clone(), path);
        let back = answer(request.header("last-event-id", "bolt-finished")).await;
        assert_eq!(back.status(), 204, "{method} {path}");
    }
    let back = server.client().request(Method::GET, "/async?lastEventId=bolt-finished");
    assert_eq!(answer(back).await.status(), 204);
    let again = server.client().event_source("/again").header("last-event-id", "bolt-finished");
    assert_eq!(text(again).await, "data: 1\n\n", "it is to be run again");
}

#[tokio::test]
async fn the_end_is_what_the_function_says() {
    let server = Server::start(app()).await;
    let client = server.client();
    for (request, expected) in [
        (
            client.event_source("/renamed"),
            "data: 1\n\nevent: done\nid: bolt-finished\ndata: null\n\n",
        ),
        (
            client.request(Method::POST, "/sentinel"),
            "data: 1\n\nid: bolt-finished\ndata: [DONE]\n\n",
        ),
        (client.event_source("/endless-end"), "data: 1\n\n"),
        (client.event_source("/again"), "data: 1\n\n"),
    ] {
        assert_eq!(text(request).await, expected);
    }
}

#[tokio::test]
async fn a_failure_says_whether_to_come_back() {
    let server = Server::start(app()).await;
    for (path, status, id) in [
        ("/fails/404", 404, "bolt-finished"),
        ("/fails/500", 500, ""),
        // It is to be run again, whatever has become of it.
        ("/fails-again", 404, ""),
    ] {
        for request in
            [server.client().event_source(path), server.client().request(Method::GET, path)]
        {
            let events = Parser::default().feed(text(request).await.as_bytes());
            let [_, error] = events.as_slice() else { panic!("{events:?}") };
            assert_eq!((error.name.as_str(), error.id.as_str()), ("error", id), "{path}");
            let problem: Value = serde_json::from_str(&error.data).expect("JSON");
            assert_eq!(problem["status"], status, "{path}");
        }
    }
}

/// The last event, and the wait that was told.
fn last(body: &str) -> (Option<Dispatched>, Option<u64>) {
    let mut parser = Parser::default();
    (parser.feed(body.as_bytes()).pop(), parser.retry)
}

#[tokio::test]
async fn a_cut_looks_like_one_to_whom_it_would_look_like_the_end() {
    let config = Config::defaults().set("stream.max_duration", "50ms");
    let server = Server::start(app().config(config)).await;
    let client = server.client();
    let source = text(client.event_source("/lasts")).await;
    let (event, retry) = last(&source);
    assert_eq!(event.expect("an event").data, "1", "an EventSource comes back by itself");
    assert!(retry.is_some() && source.ends_with('\n') && !source.contains("error"), "{source}");
    for (method, path) in [(Method::GET, "/lasts"), (Method::POST, "/lasts-in-thread")] {
        let (error, retry) = last(&text(client.request(method, path)).await);
        let error = error.expect("an error");
        assert_eq!((error.name.as_str(), error.id.as_str()), ("error", ""), "{path}");
        let problem: Value = serde_json::from_str(&error.data).expect("JSON");
        assert_eq!(problem["status"], 503);
        let detail = problem["detail"].as_str().expect("text");
        assert!(detail.contains("stream.max_duration") && retry.is_some(), "{detail}");
    }
}

#[tokio::test]
async fn a_shutdown_says_that_it_is_one() {
    let config = Config::defaults().set("server.drain", "0s");
    let client = bolt::testing::TestClient::bind(app().config(config)).await;
    let reader = reqwest::Client::new();
    let lasts = answer(reader.get(client.url("/lasts"))).await;
    let source = reader.get(client.url("/lasts")).header("accept", "text/event-stream");
    let source = answer(source.header("cache-control", "no-cache")).await;
    client.shutdown().await.expect("it served");
    let (error, _) = last(&lasts.text().await.expect("a whole body"));
    let error = error.expect("an error");
    let problem: Value = serde_json::from_str(&error.data).expect("JSON");
    let detail = problem["detail"].as_str().expect("text");
    assert!(error.name == "error" && detail.contains("shuts down"), "{detail}");
    let (event, retry) = last(&source.text().await.expect("a whole body"));
    assert_eq!((event.expect("an event").data.as_str(), retry.is_some()), ("1", true));
}

#[tokio::test]
async fn only_what_reconnects_by_itself_is_an_event_source() {
    let config = Config::defaults().set("stream.max_duration", "20ms");
    let cuts = Server::start(app().config(config)).await;
    let config = Config::defaults().set("stream.max_blocking", 1);
    let full = Server::start(app().config(config)).await;
    let mut first = full.client().events("/occupied").await;
    first.next().await.expect("it runs");
    let accept = ("accept", "text/event-stream");
    for (headers, is_one, told_of_cuts) in [
        // Chromium and Firefox; npm's `eventsource` in Node.js.
        (&[accept, ("cache-control", "no-cache"), ("sec-fetch-mode", "cors")][..], true, false),
        (&[accept, ("cache-control", "no-cache")], true, false),
        // Libraries without it, when they come back, and code that reads by hand.
        (&[accept, ("last-event-id", "7")], true, true),
        // `fetch`, and libraries around it.
        (&[accept, ("sec-fetch-mode", "cors")], false, true),
        (&[accept, ("sec-fetch-mode", "cors"), ("last-event-id", "7")], false, true),
        (&[accept, ("cache-control", "no-store")], false, true),
        (&[accept], false, true),
        (&[("accept", "*/*"), ("cache-control", "no-cache")], false, true),
        (&[("sec-fetch-mode", "cors")], false, true),
        (&[], false, true),
    ] {
        let get = |server: &Server, path| {
            let request = server.client().request(Method::GET, path);
            headers.iter().fold(request, |request, (name, value)| request.header(*name, *value))
        };
        let body = text(get(&cuts, "/lasts")).await;
        assert_eq!(body.contains("event: error"), told_of_cuts, "{headers:?}: {body}");
        let refused = answer(get(&full, "/occupied")).await;
        assert_eq!(refused.status() == 200, is_one, "{headers:?}: {refused:?}");
    }
    let post = cuts.client().request(Method::POST, "/lasts-in-thread");
    let post = post.header("accept", "text/event-stream").header("cache-control", "no-cache");
    assert!(text(post).await.contains("event: error"), "no EventSource can POST");
}

#[tokio::test]
async fn no_proxy_may_transform_a_stream() {
    let server = Server::start(app()).await;
    for form in ["text/event-stream", "application/jsonl", "application/json"] {
        let request = server.client().request(Method::GET, "/async").header("accept", form);
        let answer = answer(request).await;
        assert_eq!(answer.headers()["cache-control"], "no-cache, no-transform", "{form}");
    }
}

#[stream(get, "/feed")]
async fn feed(
    State(feed): State<Replay<u64>>,
    last: Option<LastEventId>,
) -> impl Stream<Item = Replayed<u64>> {
    feed.subscribe(last)
}

#[stream(get, "/feed/at", position = "at")]
async fn feed_at(
    State(feed): State<Replay<u64>>,
    last: Option<LastEventId>,
) -> Result<Replayed<u64>, Problem> {
    let mut items = feed.subscribe(last);
    while let Some(item) = items.next().await {
        emit!(item);
    }
}

#[stream(get, "/feed/unsaid", position = false)]
fn feed_unsaid(
    State(feed): State<Replay<u64>>,
    last: Option<LastEventId>,
) -> impl Stream<Item = Replayed<u64>> {
    feed.subscribe(last)
}

#[stream(get, "/feed/even")]
async fn feed_even(
    State(feed): State<Replay<u64>>,
    last: Option<LastEventId>,
) -> impl Stream<Item = Replayed<u64>> {
    feed.subscribe(last).filter(|n| n % 2 == 0)
}

#[tokio::test]
async fn a_reader_of_a_log_is_told_where_it_is_by_an_event_with_data() {
    let log = Replay::<u64>::builder().epoch(Epoch::new("e").expect("an epoch")).build();
    log.publish(1).expect("published");
    let app = App::new().mount::<feed>().mount::<feed_at>().mount::<feed_unsaid>();
    let app = app.mount::<feed_even>().state(log.clone());
    let server = Server::start(app).await;
    let client = server.client();
    let odd = client.request(Method::GET, "/feed/even").header("last-event-id", "e-0");
    let odd = answer(odd).await;
    log.close();
    let position = |name: &str| format!("event: {name}\nid: e-1\ndata: null\n\n{END}");
    assert_eq!(text(client.event_source("/feed")).await, position("position"));
    assert_eq!(text(client.event_source("/feed/at")).await, position("at"));
    assert_eq!(text(client.event_source("/feed/unsaid")).await, END);
    assert_eq!(odd.text().await.expect("a whole body"), position("position"));
}

#[stream(post, "/events", events)]
async fn events_only() -> u32 {
    emit!(1);
}

#[stream(get, "/lines-or-events", lines, events)]
async fn lines_or_events() -> u32 {
    emit!(1);
}

#[stream(get, "/array", array)]
async fn array_only() -> u32 {
    emit!(1);
}

#[tokio::test]
async fn a_function_says_which_forms_it_has() {
    let app = App::new().mount::<events_only>().mount::<lines_or_events>().mount::<array_only>();
    let document = serde_json::to_value(app.openapi().expect("a document")).expect("JSON");
    let server = Server::start(app).await;
    let ask = async |method: &Method, path: &str, accept: &str| {
        let request = server.client().request(method.clone(), path).header("accept", accept);
        let answer = answer(request).await;
        let vary = answer.headers().contains_key("vary");
        let kind = answer.headers()["content-type"].to_str().expect("text").to_owned();
        (answer.status().as_u16(), kind, vary)
    };
    for accept in ["application/json", "*/*", "text/html", "text/event-stream;q=0"] {
        let (status, kind, vary) = ask(&Method::POST, "/events", accept).await;
        assert_eq!((status, kind.as_str(), vary), (200, "text/event-stream", false), "{accept}");
        let (status, kind, _) = ask(&Method::GET, "/array", accept).await;
        assert_eq!((status, kind.as_str()), (200, "application/json"), "{accept}");
    }
    for (accept, status, expected) in [
        ("*/*", 200, "application/jsonl"),
        ("text/event-stream", 200, "text/event-stream"),
        ("application/x-ndjson", 200, "application/x-ndjson"),
        ("application/json", 406, "application/problem+json"),
    ] {
        let (answered, kind, vary) = ask(&Method::GET, "/lines-or-events", accept).await;
        assert_eq!((answered, kind.as_str(), vary), (status, expected, true), "{accept}");
    }
    let refused = server.client().request(Method::GET, "/lines-or-events");
    let refused = text(refused.header("accept", "application/json")).await;
    let refused: Value = serde_json::from_str(&refused).expect("JSON");
    let lines = ["application/jsonl", "application/x-ndjson", "application/ndjson"];
    assert_eq!(refused["supported"], json!([lines[0], lines[1], lines[2], "text/event-stream"]));
    let forms = |path: &str, method: &str| -> Vec<String> {
        let content = &document["paths"][path][method]["responses"]["200"]["content"];
        content.as_object().expect("content").keys().cloned().collect()
    };
    assert_eq!(forms("/events", "post"), ["text/event-stream"]);
    assert_eq!(forms("/array", "get"), ["application/json"]);
    assert_eq!(forms("/lines-or-events", "get").len(), 4);
    let responses = &document["paths"]["/events"]["post"]["responses"];
    assert!(responses.get("406").is_none(), "{responses}");
}

#[derive(Deserialize, ToSchema)]
struct Question {
    #[serde(default)]
    stream: bool,
    #[serde(default)]
    late: bool,
}

#[derive(Serialize, ToSchema)]
struct Whole {
    whole: &'static str,
}

#[stream(post, "/ask", answer = Whole)]
async fn ask(Json(question): Json<Question>) -> Result<u32, Problem> {
    if !question.stream && !question.late {
        answer!(Whole { whole: "one" });
    }
    emit!(1);
    if question.late {
        tokio::time::sleep(Duration::from_millis(20)).await;
        answer!(Whole { whole: "late" });
    }
}

#[stream(post, "/ask-thread", answer = Whole)]
fn ask_thread(Json(question): Json<Question>) -> u32 {
    if !question.stream && !question.late {
        answer!(Whole { whole: "one" });
    }
    emit!(1);
    if question.late {
        answer!(Whole { whole: "late" });
    }
}

/// It takes longer than any head waits elsewhere.
#[stream(post, "/slow", answer = Whole)]
async fn slow() -> u32 {
    tokio::time::sleep(Duration::from_millis(600)).await;
    answer!(Whole { whole: "slow" });
}

#[tokio::test]
async fn one_function_answers_with_a_stream_or_with_one_value() {
    let app = App::new().mount::<ask>().mount::<ask_thread>().mount::<slow>();
    let document = serde_json::to_value(app.openapi().expect("a document")).expect("JSON");
    let server = Server::start(app).await;
    let asked = |path: &str, question: Value| {
        let request = server.client().request(Method::POST, path);
        request.header("content-type", "application/json").body(question.to_string())
    };
    for path in ["/ask", "/ask-thread"] {
        // The clients of language-model APIs accept JSON, whichever they ask for.
        let request = asked(path, json!({})).header("accept", "application/json");
        let whole = answer(request).await;
        assert_eq!(whole.headers()["content-type"], "application/json", "{path}");
        assert_eq!(whole.headers()["content-length"], "15", "{path}");
        assert_eq!(whole.text().await.expect("text"), r#"{"whole":"one"}"#, "{path}");
        let request = asked(path, json!({ "stream": true })).header("accept", "application/json");
        let mut events = Events::of(answer(request).await);
        assert_eq!(events.rest_data().await, ["1"], "{path}");
        assert_eq!(events.notices().len(), 1, "{path}");
        // Too late: the function is at fault.
        let mut events = Events::of(answer(asked(path, json!({ "late": true }))).await);
        let all = events.rest().await;
        assert_eq!((all[0].data.as_str(), all[1].name.as_str(), all.len()), ("1", "error", 2));
        assert!(all[1].data.contains("\"status\":500"), "{path}: {all:?}");
        let content = &document["paths"][path]["post"]["responses"]["200"]["content"];
        let schema = &content["application/json"]["schema"]["$ref"];
        assert_eq!(schema, "#/components/schemas/Whole", "{path}");
        assert!(content["text/event-stream"]["itemSchema"].is_object(), "{path}");
    }
    let slow = answer(server.client().request(Method::POST, "/slow")).await;
    assert_eq!(slow.text().await.expect("text"), r#"{"whole":"slow"}"#);
}

#[tokio::test]
async fn what_bolt_says_of_a_stream_is_documented() {
    let log = Replay::<u64>::new();
    let app = App::new().mount::<in_async>().mount::<renamed>().mount::<sentinel>();
    let app = app.mount::<again>().mount::<feed>().mount::<feed_at>().state(log);
    let document = serde_json::to_value(app.openapi().expect("a document")).expect("JSON");
    let kinds = |path: &str, method: &str| {
        let content = &document["paths"][path][method]["responses"]["200"]["content"];
        let schema = &content["text/event-stream"]["itemSchema"];
        let variants = schema["oneOf"].as_array().or(schema["anyOf"].as_array()).expect("variants");
        let named = |variant: &Value| {
            let name = &variant["properties"]["event"]["const"];
            let data = &variant["properties"]["data"]["const"];
            name.as_str().or(data.as_str()).map(str::to_owned)
        };
        variants.iter().filter_map(named).collect::<Vec<_>>()
    };
    assert_eq!(kinds("/async", "get"), ["message", "end"]);
    assert_eq!(kinds("/renamed", "get"), ["message", "done"]);
    assert_eq!(kinds("/sentinel", "post"), ["message", "[DONE]"]);
    assert_eq!(kinds("/again", "get"), ["message"]);
    assert_eq!(kinds("/feed", "get"), ["gap", "position", "end"]);
    assert_eq!(kinds("/feed/at", "get"), ["gap", "at", "end"]);
}
