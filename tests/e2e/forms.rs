//! One stream in the form that its client asks for.

use std::collections::BTreeMap;
use std::io::{BufRead as _, Write as _};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bolt::axum::body::{Body, to_bytes};
use bolt::axum::http::Request;
use bolt::axum::response::Response as AxumResponse;
use bolt::axum::routing::get;
use bolt::prelude::*;
use bolt_tests::client::answer;
use bolt_tests::wire::Response;
use bolt_tests::{Events, PATIENCE, Probe, Process, Server, spec};
use bytes::Bytes;
use flate2::write::GzDecoder;
use proptest::prelude::*;
use reqwest::Method;
use serde_json::value::RawValue;
use serde_json::{Value, json};
use tokio::time::{sleep, timeout};
use tokio_stream::Stream;
use tower_http::compression::CompressionLayer;
use tower_service::Service as _;

use crate::events::END;

const EVENTS: &str = "text/event-stream";
const JSON: &str = "application/json";
const SEQ: &str = "application/json-seq";
const LINES: [&str; 3] = ["application/jsonl", "application/x-ndjson", "application/ndjson"];
const JSON_FORMS: [&str; 5] = [LINES[0], LINES[1], LINES[2], SEQ, JSON];

/// What a client reads of a whole body in a form, by parsers that know nothing of bolt.
fn elements(form: &str, body: &str) -> Vec<Value> {
    let value = |text: &str| serde_json::from_str(text).unwrap_or_else(|e| panic!("{e}: {body:?}"));
    match form {
        EVENTS => {
            let events = bolt_tests::items(spec::Parser::default().feed(body.as_bytes()));
            events.into_iter().map(|event| value(&event.data)).collect()
        }
        JSON => serde_json::from_str(body).unwrap_or_else(|e| panic!("{e}: {body:?}")),
        SEQ => {
            assert!(body.is_empty() || body.starts_with('\u{1e}'), "{body:?}");
            // Section 2.2: a separator begins a text; bolt has more of them in front of the first.
            let texts = body.trim_start_matches('\u{1e}');
            let empty = texts.contains("\u{1e}\u{1e}") || texts.ends_with('\u{1e}');
            assert!(!empty, "{body:?}");
            // RFC 7464, section 2.1: nothing between separators is no element.
            let texts = body.split('\u{1e}').filter(|text| !text.is_empty());
            // Section 2.4: a number is whole when white space follows it.
            texts.inspect(|text| assert!(text.ends_with('\n'), "{body:?}")).map(value).collect()
        }
        _ => {
            assert!(body.is_empty() || body.ends_with('\n'), "{body:?}");
            let by_line: Vec<Value> =
                body.as_bytes().lines().map(|line| value(&line.expect("a line"))).collect();
            let by_value: Result<Vec<Value>, _> =
                serde_json::Deserializer::from_str(body).into_iter().collect();
            assert_eq!(by_line, by_value.expect("values"));
            by_line
        }
    }
}

async fn ask(server: &Server, method: Method, path: &str, form: &str) -> reqwest::Response {
    let answer = answer(server.client().request(method, path).header("accept", form)).await;
    assert_eq!(answer.headers()["vary"], "accept", "{path} {form}");
    answer
}

/// The whole body of a stream that is answered in the form.
async fn body(server: &Server, path: &str, form: &str) -> String {
    let answer = ask(server, Method::GET, path, form).await;
    assert_eq!(answer.status(), 200, "{path} {form}");
    assert_eq!(answer.headers()["content-type"], form, "{path}");
    let text = timeout(PATIENCE, answer.text()).await;
    text.expect("the stream ends").expect("the body is whole")
}

#[derive(Serialize, ToSchema)]
struct Tick {
    n: u64,
}

#[stream(get, "/generator/{to}")]
async fn generator(Path(to): Path<u64>) -> Tick {
    for n in 0..to {
        emit!(Tick { n });
    }
}

#[stream(get, "/blocking/{to}")]
fn blocking(Path(to): Path<u64>) -> Tick {
    for n in 0..to {
        emit!(Tick { n });
    }
}

#[stream(get, "/stream/{to}")]
fn stream(Path(to): Path<u64>) -> impl Stream<Item = Tick> {
    tokio_stream::iter((0..to).map(|n| Tick { n }))
}

#[stream(get, "/iterator/{to}")]
fn iterator(Path(to): Path<u64>) -> impl Iterator<Item = Tick> {
    (0..to).map(|n| Tick { n })
}

#[stream(post, "/posted/{to}")]
async fn posted(Path(to): Path<u64>) -> Tick {
    for n in 0..to {
        emit!(Tick { n });
    }
}

const KINDS: [&str; 4] = ["/generator", "/blocking", "/stream", "/iterator"];

fn kinds() -> App {
    App::new()
        .mount::<generator>()
        .mount::<blocking>()
        .mount::<stream>()
        .mount::<iterator>()
        .mount::<posted>()
}

#[tokio::test]
async fn every_kind_of_function_has_every_form() {
    let server = Server::start(kinds()).await;
    for kind in KINDS {
        for to in [0, 1, 3, 20_000] {
            let expected: Vec<_> = (0..to).map(|n| json!({ "n": n })).collect();
            for form in [EVENTS].into_iter().chain(JSON_FORMS) {
                let body = body(&server, &format!("{kind}/{to}"), form).await;
                assert!(elements(form, &body) == expected, "{kind}/{to} {form}");
            }
        }
    }
}

#[tokio::test]
async fn the_bytes_of_each_form_are_its_own() {
    let server = Server::start(kinds()).await;
    for kind in KINDS {
        for (form, none, two) in [
            (EVENTS, "", "data: {\"n\":0}\n\ndata: {\"n\":1}\n\n"),
            (LINES[0], "", "{\"n\":0}\n{\"n\":1}\n"),
            (LINES[1], "", "{\"n\":0}\n{\"n\":1}\n"),
            (SEQ, "", "\u{1e}{\"n\":0}\n\u{1e}{\"n\":1}\n"),
            (JSON, "[]", "[{\"n\":0},{\"n\":1}]"),
        ] {
            let end = if form == EVENTS { END } else { "" };
            for (to, expected) in [(0, none), (2, two)] {
                let body = body(&server, &format!("{kind}/{to}"), form).await;
                assert_eq!(body, format!("{expected}{end}"), "{kind} {form}");
            }
        }
    }
}

#[tokio::test]
async fn a_plain_router_chooses_too() {
    let router = Router::new()
        .route("/generator/{to}", get(generator))
        .route("/iterator/{to}", get(iterator));
    let server = Server::start_router(router).await;
    for path in ["/generator/1", "/iterator/1"] {
        for form in [EVENTS].into_iter().chain(JSON_FORMS) {
            let body = body(&server, path, form).await;
            assert_eq!(elements(form, &body), [json!({ "n": 0 })], "{form}");
        }
        assert_eq!(ask(&server, Method::GET, path, "text/html").await.status(), 406);
    }
}

#[tokio::test]
async fn the_client_has_what_it_wants_most() {
    let server = Server::start(kinds()).await;
    for (accept, form) in [
        ("*/*", EVENTS),
        ("text/*", EVENTS),
        ("application/*", LINES[0]),
        ("application/json, text/event-stream;q=0.9", JSON),
        ("application/json;q=0.5, application/x-ndjson;q=0.8", LINES[1]),
        ("*/*, text/event-stream;q=0", LINES[0]),
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", EVENTS),
        ("not a type, application/json-seq", SEQ),
        ("not a type", EVENTS),
        ("", EVENTS),
    ] {
        for kind in KINDS {
            let answer = ask(&server, Method::GET, &format!("{kind}/1"), accept).await;
            assert_eq!(
                (answer.status().as_u16(), &answer.headers()["content-type"]),
                (200, &form.parse().expect("a value")),
                "{accept}"
            );
        }
    }
    assert_eq!(server.client().get("/generator/1").await.headers()["content-type"], EVENTS);
    let two = server.client().request(Method::GET, "/generator/1");
    let two = answer(two.header("accept", "text/html").header("accept", JSON)).await;
    assert_eq!(two.headers()["content-type"], JSON);
    let posted = ask(&server, Method::POST, "/posted/2", JSON).await;
    assert_eq!(posted.text().await.expect("a body"), r#"[{"n":0},{"n":1}]"#);
}

#[stream(get, "/watched")]
async fn watched(State(probe): State<Probe>) -> Result<u32, Problem> {
    let _inside = probe.enter();
    emit!(1);
    std::future::pending::<()>().await;
}

#[stream(get, "/watched-thread")]
fn watched_thread(State(probe): State<Probe>) -> u32 {
    let _inside = probe.enter();
    loop {
        emit!(1);
        std::thread::sleep(Duration::from_millis(5));
    }
}

fn watched_app(probe: &Probe, config: Config) -> App {
    App::new().mount::<watched>().mount::<watched_thread>().state(probe.clone()).config(config)
}

#[tokio::test]
async fn who_accepts_none_of_the_forms_is_told_which_there_are() {
    let probe = Probe::default();
    let config = Config::defaults().set("stream.max_blocking", 1_u32);
    let server = Server::start(watched_app(&probe, config)).await;
    let mut holds_the_permit = server.client().events("/watched-thread").await;
    holds_the_permit.next().await.expect("it runs");
    for path in ["/watched", "/watched-thread"] {
        for accept in ["text/html", "*/*;q=0", "text/event-stream;q=0", "application/problem+json"]
        {
            let refused = ask(&server, Method::GET, path, accept).await;
            assert_eq!(refused.status(), 406, "{path} {accept}");
            assert_eq!(refused.headers()["content-type"], "application/problem+json");
            let problem: Value =
                serde_json::from_str(&refused.text().await.expect("a body")).expect("JSON");
            assert_eq!(
                (&problem["title"], &problem["status"]),
                (&json!("Not Acceptable"), &json!(406))
            );
            let supported = [EVENTS, LINES[0], LINES[1], LINES[2], SEQ, JSON];
            assert_eq!(problem["supported"], json!(supported));
            let detail = problem["detail"].as_str().expect("text");
            assert!(supported.iter().all(|form| detail.contains(form)), "{detail}");
            let head = ask(&server, Method::HEAD, path, accept).await;
            assert_eq!(head.status(), 406);
        }
    }
    assert_eq!(probe.begun(), 1, "none of them ran");
}

#[tokio::test]
async fn head_answers_with_what_get_would_send() {
    let probe = Probe::default();
    let server = Server::start(watched_app(&probe, Config::defaults())).await;
    for form in [EVENTS].into_iter().chain(JSON_FORMS) {
        for path in ["/watched", "/watched-thread"] {
            let head = ask(&server, Method::HEAD, path, form).await;
            assert_eq!(head.status(), 200);
            assert_eq!(head.headers()["content-type"], form);
            assert_eq!(head.headers()["cache-control"], "no-cache, no-transform");
            assert_eq!(head.headers().get("content-length"), None);
        }
    }
    assert_eq!(probe.begun(), 0);
}

#[tokio::test]
async fn a_client_that_leaves_ends_its_generator_in_every_form() {
    let probe = Probe::default();
    let server = Server::start(watched_app(&probe, Config::defaults())).await;
    for form in JSON_FORMS {
        for path in ["/watched", "/watched-thread"] {
            let mut answer = ask(&server, Method::GET, path, form).await;
            let first = timeout(PATIENCE, answer.chunk()).await.expect("it begins").expect("whole");
            assert!(first.expect("a first element").contains(&b'1'), "{path} {form}");
            assert_eq!(probe.open(), 1);
            drop(answer);
            probe.opens(0).await;
        }
    }
}

#[derive(Serialize, StreamEvent, ToSchema)]
#[serde(rename_all = "snake_case")]
enum Named {
    Token { text: &'static str },
    Done,
}

#[stream(get, "/named")]
async fn named() -> Named {
    emit!(Named::Token { text: "hello" });
    emit!(Named::Done);
}

#[stream(get, "/named-thread")]
fn named_thread() -> impl Iterator<Item = Named> {
    [Named::Token { text: "hello" }, Named::Done].into_iter()
}

#[stream(get, "/named-inside")]
async fn named_inside() -> Event<Named> {
    emit!(Event::new(Named::Token { text: "hello" }).id(7).comment("not data"));
    emit!(Event::without_data().comment("nothing"));
    emit!(Event::new(Named::Done));
}

#[stream(get, "/event")]
async fn event() -> Result<Event<Vec<u32>>, bolt::InvalidField> {
    emit!(Event::without_data().comment("first"));
    emit!(Event::new(vec![1]).id(1).try_name("named")?.retry(Duration::from_secs(1)));
    emit!(Event::without_data().id(2));
    emit!(Event::new(vec![]).comment("several\nlines"));
}

#[stream(get, "/no-data")]
fn no_data() -> Event<u32> {
    emit!(Event::without_data().comment("only a comment"));
    emit!(Event::without_data().id(1));
}

#[stream(get, "/text")]
async fn text() -> Text {
    emit!(Text::from("roses are \"red\"\nviolets\r\nare blue"));
    emit!(Text::from(""));
}

#[stream(get, "/text-event")]
fn text_event() -> Event<Text> {
    emit!(Event::new(Text::from("roses are \"red\"\nviolets\r\nare blue")).id(1));
    emit!(Event::without_data());
    emit!(Event::new(Text::from("")));
}

/// JSON that was written by hand, on several lines.
#[stream(get, "/raw", undocumented)]
async fn raw() -> Box<RawValue> {
    for text in ["{\n  \"a\": [1,\r\n 2]\r}", "\"\\n\"", "[\n]"] {
        emit!(RawValue::from_string(text.to_owned()).expect("JSON"));
    }
}

#[tokio::test]
async fn every_kind_of_item_is_its_data_as_json() {
    let app = App::new()
        .mount::<named>()
        .mount::<named_thread>()
        .mount::<named_inside>()
        .mount::<event>()
        .mount::<no_data>()
        .mount::<text>()
        .mount::<text_event>()
        .mount::<raw>();
    let server = Server::start(app).await;
    let with_tags = vec![json!({ "token": { "text": "hello" } }), json!("done")];
    let texts = vec![json!("roses are \"red\"\nviolets\r\nare blue"), json!("")];
    let expected = BTreeMap::from([
        ("/named", with_tags.clone()),
        ("/named-thread", with_tags.clone()),
        ("/named-inside", with_tags),
        ("/event", vec![json!([1]), json!([])]),
        ("/no-data", vec![]),
        ("/text", texts.clone()),
        ("/text-event", texts),
        ("/raw", vec![json!({ "a": [1, 2] }), json!("\n"), json!([])]),
    ]);
    for (path, expected) in &expected {
        for form in JSON_FORMS {
            let body = body(&server, path, form).await;
            assert_eq!(&elements(form, &body), expected, "{path} {form}");
        }
    }
}

#[stream(get, "/early/{kind}")]
async fn early(Path(kind): Path<String>) -> Result<Event<u32>, Problem> {
    // An event without data is nothing yet.
    emit!(Event::without_data());
    match kind.as_str() {
        "refused" => return Err(Problem::not_found("no such thing")),
        _ => panic!("the password is 12345"),
    }
}

#[stream(get, "/early-thread/{kind}")]
fn early_thread(Path(kind): Path<String>) -> Result<u32, Problem> {
    match kind.as_str() {
        "refused" => return Err(Problem::not_found("no such thing")),
        _ => panic!("the password is 12345"),
    }
}

#[tokio::test]
async fn an_error_before_the_first_element_is_a_status() {
    let config = Config::defaults().set("stream.head_deadline", "20s");
    let server =
        Server::start(App::new().mount::<early>().mount::<early_thread>().config(config)).await;
    for path in ["/early", "/early-thread"] {
        for (kind, status) in [("refused", 404), ("panic", 500)] {
            for form in JSON_FORMS {
                let refused = ask(&server, Method::GET, &format!("{path}/{kind}"), form).await;
                assert_eq!(refused.status(), status, "{path} {form}");
                assert_eq!(refused.headers()["content-type"], "application/problem+json");
            }
        }
    }
}

#[stream(get, "/late/{kind}")]
async fn late(Path(kind): Path<String>) -> Result<u32, Problem> {
    emit!(1);
    sleep(Duration::from_millis(5)).await;
    match kind.as_str() {
        "refused" => return Err(Problem::not_found("no such thing")),
        _ => panic!("the password is 12345"),
    }
}

#[stream(get, "/late-thread/{kind}")]
fn late_thread(Path(kind): Path<String>) -> Result<u32, Problem> {
    emit!(1);
    match kind.as_str() {
        "refused" => return Err(Problem::not_found("no such thing")),
        _ => panic!("the password is 12345"),
    }
}

#[stream(get, "/late-stream/{kind}")]
fn late_stream(Path(kind): Path<String>) -> impl Stream<Item = Result<u32, Problem>> {
    tokio_stream::iter(late_items(kind))
}

#[stream(get, "/late-iterator/{kind}")]
fn late_iterator(Path(kind): Path<String>) -> impl Iterator<Item = Result<u32, Problem>> {
    late_items(kind)
}

fn late_items(kind: String) -> impl Iterator<Item = Result<u32, Problem>> {
    (1..).map(move |n| match kind.as_str() {
        _ if n == 1 => Ok(n),
        "refused" => Err(Problem::not_found("no such thing")),
        _ => panic!("the password is 12345"),
    })
}

/// The head is sent before it fails, and no element.
#[stream(get, "/quiet-late/{kind}")]
async fn quiet_late(Path(kind): Path<String>) -> Result<u32, Problem> {
    sleep(Duration::from_millis(250)).await;
    match kind.as_str() {
        "refused" => return Err(Problem::not_found("no such thing")),
        _ => panic!("the password is 12345"),
    }
}

#[tokio::test]
async fn an_error_after_the_head_is_the_last_element() {
    let app = App::new()
        .mount::<late>()
        .mount::<late_thread>()
        .mount::<late_stream>()
        .mount::<late_iterator>()
        .mount::<quiet_late>()
        .config(Config::defaults().set("stream.head_deadline", "20ms"));
    let server = Server::start(app).await;
    for (path, before) in [
        ("/late", vec![json!(1)]),
        ("/late-thread", vec![json!(1)]),
        ("/late-stream", vec![json!(1)]),
        ("/late-iterator", vec![json!(1)]),
        ("/quiet-late", vec![]),
    ] {
        for (kind, status) in [("refused", 404), ("panic", 500)] {
            for form in JSON_FORMS {
                let body = body(&server, &format!("{path}/{kind}"), form).await;
                let mut elements = elements(form, &body);
                let last = elements.pop().expect("the error");
                assert_eq!(elements, before, "{path} {form}");
                assert_eq!(last["error"]["status"], status, "{path} {form} {body}");
                assert_eq!(last.as_object().map(serde_json::Map::len), Some(1));
                assert!(!body.contains("12345"), "{body}");
            }
        }
    }
}

#[tokio::test]
async fn a_stream_whose_time_is_over_does_not_look_complete() {
    let probe = Probe::default();
    let config = Config::defaults().set("stream.max_duration", "150ms");
    let server = Server::start(watched_app(&probe, config)).await;
    for path in ["/watched", "/watched-thread"] {
        for form in JSON_FORMS {
            let body = body(&server, path, form).await;
            let elements = elements(form, &body);
            let (last, before) = elements.split_last().expect("an error");
            assert!(!before.is_empty() && before.iter().all(|n| n == 1), "{body}");
            assert_eq!(last["error"]["status"], 503, "{body}");
            let detail = last["error"]["detail"].as_str().expect("text");
            assert!(detail.contains("ask for it again"), "{detail}");
        }
        // An EventSource is told when to come back, and nothing else.
        let source = answer(server.client().event_source(path)).await;
        let events = source.text().await.expect("a whole body");
        let last = events.trim_end().rsplit('\n').next().expect("a line");
        assert!(last.starts_with("retry: ") && !events.contains("error"), "{events}");
        // Who does not come back by itself would take the end for that of the stream.
        let events = body(&server, path, EVENTS).await;
        let (_, last) = events.trim_end().rsplit_once("\n\n").unwrap_or(("", &events));
        assert!(last.contains("event: error\ndata: {") && last.contains("503"), "{events}");
    }
}

#[tokio::test]
async fn what_the_shutdown_ends_does_not_look_complete() {
    let app = env!("CARGO_BIN_EXE_test-app");
    let mut process = Process::start(app, &[("BOLT_SERVER__DRAIN", "100ms")]).await;
    let mut open = Vec::new();
    for path in ["/async", "/blocking"] {
        for form in JSON_FORMS {
            let request = process.client().request(Method::GET, path).header("accept", form);
            let mut answer = answer(request).await;
            let first = answer.chunk().await.expect("whole").expect("a first element");
            open.push((path, form, first.to_vec(), answer));
        }
    }
    process.signal("TERM").await;
    for (path, form, mut body, mut answer) in open {
        while let Some(chunk) =
            timeout(PATIENCE, answer.chunk()).await.expect("it ends").expect("whole")
        {
            body.extend_from_slice(&chunk);
        }
        let elements = elements(form, std::str::from_utf8(&body).expect("text"));
        let last = elements.last().expect("an error");
        assert_eq!(last["error"]["status"], 503, "{path} {form}");
    }
    assert_eq!(process.ended().await.code(), Some(0));
}

#[tokio::test]
async fn silence_is_broken_by_what_means_nothing() {
    for (form, first, filler, bare) in [
        (EVENTS, ":\n", ":\n", "data: 1\n\ndata: 2\n\n"),
        (SEQ, "\u{1e}", "\n", "12"),
        (JSON, "\n", "\n", "[1,2]"),
    ] {
        let (feed, fed_by) = tokio::sync::mpsc::unbounded_channel();
        let fed_by: Feed = Arc::new(Mutex::new(fed_by));
        let config = Config::defaults().set("stream.keep_alive", "5ms");
        let server = Server::start(App::new().mount::<fed>().state(fed_by).config(config)).await;
        let mut client = server.connect().await;
        client.send(format!("GET /fed HTTP/1.1\r\nhost: x\r\naccept: {form}\r\n\r\n")).await;
        // Before the first element, between the two, and before the end.
        for (after, next) in [(None, Some(1)), (Some('1'), Some(2)), (Some('2'), None)] {
            loop {
                let come = Response::read(&client.got, false, false).map(|come| come.body);
                let come = String::from_utf8(come.unwrap_or_default()).expect("text");
                let rest = after.map_or(Some(&*come), |n| Some(come.split_once(n)?.1));
                let filler = if after.is_none() { first } else { filler };
                // One is the end of an element.
                if rest.is_some_and(|rest| rest.matches(filler).count() > 3) {
                    break;
                }
                client.read().await;
            }
            if let Some(n) = next {
                feed.send(n).expect("the stream runs");
            }
        }
        drop(feed);
        let response = client.response().await;
        let body = response.text();
        assert_eq!(elements(form, body), [1, 2]);
        let end = if form == EVENTS { END } else { "" };
        assert_eq!(body.replace(first, "").replace(filler, ""), format!("{bare}{end}"));
    }
}

#[stream(get, "/pauses")]
async fn pauses() -> u32 {
    for n in [1, 2] {
        sleep(Duration::from_millis(50)).await;
        emit!(n);
    }
}

#[tokio::test]
async fn nothing_breaks_the_silence_of_lines() {
    let config = Config::defaults().set("stream.keep_alive", "5ms");
    let server = Server::start(App::new().mount::<pauses>().config(config)).await;
    for form in LINES {
        assert_eq!(body(&server, "/pauses", form).await, "1\n2\n");
    }
}

#[tokio::test]
async fn only_a_reader_of_events_is_taken_for_an_event_source() {
    let probe = Probe::default();
    let config =
        Config::defaults().set("stream.max_blocking", 1_u32).set("stream.overload", "retry");
    let app = watched_app(&probe, config).mount::<generator>();
    let server = Server::start(app).await;
    // It is one by every mark, but would rather have JSON.
    let request = |path: &str, form: &str| {
        let request = server.client().request(Method::GET, path);
        let accept = format!("{form}, text/event-stream;q=0.5");
        answer(request.header("accept", accept).header("cache-control", "no-cache"))
    };
    let mut permit = server.client().events("/watched-thread").await;
    permit.next().await.expect("it runs");
    for form in JSON_FORMS {
        let refused = request("/watched-thread", form).await;
        assert_eq!(refused.status(), 503, "{form}");
        assert_eq!(refused.headers()["vary"], "accept");
        assert!(refused.headers().contains_key("retry-after"));
        let body = request("/generator/1", form).await.text().await;
        assert_eq!(elements(form, &body.expect("a body")), [json!({ "n": 0 })], "{form}");
    }
    let sent_away = ask(&server, Method::GET, "/watched-thread", EVENTS).await;
    assert_eq!(sent_away.status(), 200);
    let finished =
        server.client().event_source("/generator/1").header("last-event-id", "bolt-finished");
    let finished = answer(finished).await;
    assert_eq!(finished.status(), 204);
    assert_eq!(finished.headers()["vary"], "accept");
    // Who reads JSON has no last event id; what another client of the same page had is not its.
    let again = server.client().request(Method::GET, "/generator/1");
    let again = answer(again.header("accept", JSON).header("last-event-id", "bolt-finished")).await;
    assert_eq!(again.status(), 200);
}

/// Says who asks the body for the second item.
#[stream(get, "/asked")]
async fn asked() -> bool {
    for _ in 0..2 {
        emit!(
            std::backtrace::Backtrace::force_capture().to_string().contains("server::pump::Pump")
        );
        sleep(Duration::from_millis(100)).await;
    }
}

/// JSON of a length that is not known, but no stream of bolt's.
async fn plain_json() -> AxumResponse {
    let pieces = async_stream::stream! {
        for piece in ["[", "]"] {
            let pump = std::backtrace::Backtrace::force_capture();
            let pump = pump.to_string().contains("server::pump::Pump");
            assert!(!pump, "it stays with hyper");
            yield Ok::<_, std::io::Error>(Bytes::from(piece));
            sleep(Duration::from_millis(20)).await;
        }
    };
    let mut answer = AxumResponse::new(Body::from_stream(pieces));
    answer.headers_mut().insert("content-type", JSON.parse().expect("a value"));
    answer
}

#[tokio::test]
async fn every_form_leaves_hyper_and_its_connection_goes_on() {
    let app = App::new().mount::<asked>().mount::<generator>().route("/plain", get(plain_json));
    let server = Server::start(app).await;
    let mut client = server.connect().await;
    for form in [EVENTS].into_iter().chain(JSON_FORMS) {
        for (path, expected) in [
            ("/asked", vec![json!(false), json!(true)]),
            ("/generator/1", vec![json!({ "n": 0 })]),
            ("/generator/0", vec![]),
        ] {
            client.send(format!("GET {path} HTTP/1.1\r\nhost: x\r\naccept: {form}\r\n\r\n")).await;
            let response = client.response().await;
            assert_eq!(elements(form, response.text()), expected, "{path} {form}");
        }
        client.get("/plain").await;
        assert_eq!(client.response().await.text(), "[]");
        client.send(format!("HEAD /asked HTTP/1.1\r\nhost: x\r\naccept: {form}\r\n\r\n")).await;
        assert_eq!(client.response_to_head().await.header("content-type"), Some(form));
    }
}

#[tokio::test]
async fn http_1_0_and_http_2_have_every_form() {
    let server = Server::start(kinds()).await;
    let tcp = tokio::net::TcpStream::connect(server.address()).await.expect("connected");
    let (mut send, connection) = h2::client::handshake(tcp).await.expect("a handshake");
    let connection = tokio::spawn(connection);
    for form in JSON_FORMS {
        let mut old = server.connect().await;
        old.send(format!("GET /blocking/2 HTTP/1.0\r\naccept: {form}\r\n\r\n")).await;
        old.end().await;
        let response = old.response().await;
        let expected = [json!({ "n": 0 }), json!({ "n": 1 })];
        assert_eq!(elements(form, response.text()), expected, "{form}");

        let request = Request::get("http://x/generator/2").header("accept", form);
        send = send.ready().await.expect("the connection is well");
        let (response, _) =
            send.send_request(request.body(()).expect("a request"), true).expect("sent");
        let response = timeout(PATIENCE, response).await.expect("an answer").expect("an answer");
        assert_eq!(response.headers()["content-type"], form);
        let (mut body, mut text) = (response.into_body(), Vec::new());
        while let Some(data) = timeout(PATIENCE, body.data()).await.expect("it goes on") {
            text.extend_from_slice(&data.expect("a whole body"));
        }
        assert_eq!(elements(form, std::str::from_utf8(&text).expect("text")), expected, "{form}");
    }
    drop(send);
    connection.abort();
}

/// Gives the next item when it is asked for.
type Feed = Arc<Mutex<tokio::sync::mpsc::UnboundedReceiver<u32>>>;

#[stream(get, "/fed")]
async fn fed(State(feed): State<Feed>) -> u32 {
    while let Some(n) = std::future::poll_fn(|cx| feed.lock().expect("sound").poll_recv(cx)).await {
        emit!(n);
    }
}

#[tokio::test]
async fn compressed_elements_arrive_one_by_one() {
    for form in JSON_FORMS {
        let (feed, fed_by) = tokio::sync::mpsc::unbounded_channel();
        let fed_by: Feed = Arc::new(Mutex::new(fed_by));
        let app = App::new().mount::<fed>().layer(CompressionLayer::new()).state(fed_by);
        let server = Server::start(app).await;
        let mut client = server.connect().await;
        let head = format!(
            "GET /fed HTTP/1.1\r\nhost: x\r\naccept: {form}\r\naccept-encoding: gzip\r\n\r\n"
        );
        client.send(head).await;
        for n in 100..110 {
            feed.send(n).expect("the stream runs");
            let wanted = n.to_string();
            loop {
                let response = Response::read(&client.got, false, false);
                let come = response.map(|response| response.body).unwrap_or_default();
                let mut decoder = GzDecoder::new(Vec::new());
                if decoder.write_all(&come).is_ok()
                    && decoder.flush().is_ok()
                    && String::from_utf8_lossy(decoder.get_ref()).contains(&wanted)
                {
                    break;
                }
                client.read().await;
            }
        }
        drop(feed);
        let response = client.response().await;
        let varies: Vec<_> = response.headers.iter().filter(|(name, _)| name == "vary").collect();
        assert!(varies.iter().any(|(_, value)| value.contains("accept-encoding")), "{varies:?}");
        assert!(varies.iter().any(|(_, value)| value == "accept"), "{varies:?}");
        let mut decoder = GzDecoder::new(Vec::new());
        decoder.write_all(&response.body).expect("gzip");
        let text = String::from_utf8(decoder.finish().expect("a whole stream")).expect("text");
        assert_eq!(elements(form, &text), (100..110).collect::<Vec<_>>(), "{form}");
    }
}

/// Ends what would hold up everything for ever.
#[derive(Clone, Default)]
struct Over(Arc<AtomicBool>);

impl Over {
    fn is_said(&self) -> bool {
        self.0.load(Ordering::SeqCst)
    }
}

#[stream(get, "/nothing")]
async fn nothing(State(over): State<Over>) -> Event<u32> {
    while !over.is_said() {
        emit!(Event::without_data());
    }
}

#[stream(get, "/nothing-stream")]
fn nothing_stream(State(over): State<Over>) -> impl Stream<Item = Event<u32>> {
    tokio_stream::iter(std::iter::from_fn(move || (!over.is_said()).then(Event::without_data)))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_stream_that_leaves_everything_out_holds_up_no_other() {
    let over = Over::default();
    let app = App::new().mount::<nothing>().mount::<nothing_stream>().mount::<generator>();
    let server = Server::start(app.state(over.clone())).await;
    // No timer of the runtime would be heard.
    let watch = over.clone();
    std::thread::spawn(move || {
        std::thread::sleep(PATIENCE);
        watch.0.store(true, Ordering::SeqCst);
    });
    for path in ["/nothing", "/nothing-stream"] {
        let mut client = server.connect().await;
        client.send(format!("GET {path} HTTP/1.1\r\nhost: x\r\naccept: {JSON}\r\n\r\n")).await;
        sleep(Duration::from_millis(20)).await;
        let other = body(&server, "/generator/3", JSON).await;
        assert_eq!(elements(JSON, &other).len(), 3);
        assert!(!over.is_said(), "{path} held it up");
    }
}

/// What a stream is to emit, and what of it as data.
type Queue = Arc<Mutex<Vec<Event<Value>>>>;

#[stream]
async fn emits(State(queue): State<Queue>) -> Event<Value> {
    let events = std::mem::take(&mut *queue.lock().expect("not poisoned"));
    for event in events {
        emit!(event);
    }
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
        prop::sample::select(vec!["\n", "\r\n", "\u{1e}", ",", "[", "]", "\u{2028}", "\0"])
            .prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map(any::<String>(), inner, 0..4)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn every_value_survives_every_form(values in prop::collection::vec(prop::option::of(value()), 0..8)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        // Read back as any client does, which may round a number.
        let sent = values.iter().flatten().map(|value| serde_json::from_str(&value.to_string()));
        let sent: Vec<Value> = sent.collect::<Result<_, _>>().expect("JSON");
        for form in JSON_FORMS {
            let events = values.iter().map(|value| match value.clone() {
                Some(value) => Event::new(value).id(1),
                None => Event::without_data().id(2),
            });
            let queue: Queue = Arc::new(Mutex::new(events.collect()));
            let mut router = Router::new().route("/", get(emits)).with_state(queue);
            let body = runtime.block_on(async {
                let request = Request::get("/").header("accept", form).body(Body::empty());
                let answer: AxumResponse =
                    router.call(request.expect("a request")).await.expect("routers do not fail");
                to_bytes(answer.into_body(), usize::MAX).await.expect("the whole body")
            });
            let body = std::str::from_utf8(&body).expect("UTF-8");
            prop_assert_eq!(&elements(form, body), &sent);
        }
    }
}

#[tokio::test]
async fn an_event_source_sees_what_it_always_saw() {
    let server = Server::start(kinds()).await;
    for kind in KINDS {
        let path = format!("{kind}/1");
        let mut events = Events::of(answer(server.client().event_source(&path)).await);
        assert_eq!(events.rest_data().await, [r#"{"n":0}"#]);
        assert_eq!(events.parser().last_event_id, "bolt-finished");
    }
}
