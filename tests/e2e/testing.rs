//! `bolt::testing`: what it reads, what it waits for, and what it says of a failure.

use std::net::SocketAddr;
use std::time::Duration;

use bolt::ErrorStatus;
use bolt::axum::body::Body;
use bolt::axum::extract::ConnectInfo;
use bolt::axum::http::HeaderMap;
use bolt::axum::response::IntoResponse;
use bolt::axum::routing::{get, post};
use bolt::prelude::*;
use bolt::testing::{TestClient, TestItem};
use bolt_tests::{PATIENCE, Probe, process};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::time::{Instant, sleep, timeout};

use crate::events::END;

#[derive(Debug, PartialEq, Serialize, Deserialize, ToSchema)]
struct Tick {
    n: u64,
}

#[derive(Deserialize, Serialize, IntoParams)]
struct Range {
    from: u64,
    to: u64,
}

#[stream(get, "/ticks")]
async fn ticks(Query(range): Query<Range>) -> Event<Tick> {
    for n in range.from..range.to {
        emit!(Event::new(Tick { n }).id(n));
    }
}

#[stream(get, "/hourly")]
async fn hourly(State(probe): State<Probe>) -> Tick {
    let _inside = probe.enter();
    for n in 0.. {
        emit!(Tick { n });
        sleep(Duration::from_secs(3600)).await;
    }
}

/// As long as its thread works, a paused clock must stand still.
#[stream(get, "/slow")]
fn slow() -> Result<u64, Problem> {
    for n in 0..3 {
        std::thread::sleep(Duration::from_millis(20));
        emit!(n);
    }
}

#[stream(get, "/fails/{after}")]
async fn fails(Path(after): Path<u32>) -> Result<u32, Problem> {
    for n in 0..after {
        emit!(n);
        tokio::task::yield_now().await;
    }
    return Err(Problem::conflict("sold out").kind("https://example.com/sold-out"));
}

#[stream(get, "/once-then-silence")]
async fn once_then_silence() -> &'static str {
    emit!("hello");
    std::future::pending::<()>().await;
}

#[stream(post, "/poem")]
async fn poem(lines: String) -> Text {
    emit!(Text::from(lines));
}

async fn who(ConnectInfo(address): ConnectInfo<SocketAddr>, headers: HeaderMap) -> Json<Value> {
    let host = headers.get("host").and_then(|host| host.to_str().ok());
    Json(json!({ "ip": address.ip().to_string(), "host": host }))
}

/// A stream of events with this body, which is cut off at its end when that is asked.
fn serves(body: &'static str, cut_off: bool) -> App {
    let respond = move || async move {
        let frames = async_stream::stream! {
            yield Ok(body);
            if cut_off {
                tokio::task::yield_now().await;
                yield Err(std::io::Error::other("cut off"));
            }
        };
        ([("content-type", "text/event-stream")], Body::from_stream(frames))
    };
    App::new().config(Config::defaults()).route("/served", get(respond))
}

fn app() -> App {
    app_with(Probe::default())
}

fn app_with(probe: Probe) -> App {
    let app = App::new().mount::<ticks>().mount::<hourly>().mount::<slow>().mount::<fails>();
    app.mount::<once_then_silence>()
        .mount::<poem>()
        .route("/who", get(who))
        .route("/echo", post(|Json(value): Json<Value>| async { Json(value) }))
        .route("/silent", get(std::future::pending::<()>))
        .state(probe)
        .config(Config::defaults())
}

/// What a test that fails is told.
async fn said(test: impl Future<Output = ()> + Send + 'static) -> String {
    let failed = tokio::spawn(test).await.expect_err("it fails").into_panic();
    *failed.downcast::<String>().expect("a message")
}

#[tokio::test]
async fn in_process_and_on_a_port_it_is_the_same() {
    for client in [TestClient::new(app()), TestClient::bind(app()).await] {
        let mut events = client.get("/ticks?from=3").query(&[("to", "5")]).events::<Tick>().await;
        assert_eq!(events.headers()["content-type"], "text/event-stream");
        let first = events.next().await;
        assert_eq!(
            (first.data, first.name.as_str(), first.id.as_str()),
            (Tick { n: 3 }, "message", "3")
        );
        assert_eq!(first.text, r#"{"n":3}"#);
        assert_eq!(events.next_or_end().await.map(|event| event.data), Some(Tick { n: 4 }));
        assert_eq!(events.next_or_end().await, None);

        let echoed = client.post("/echo").json(&json!({ "a": [1, 2] })).send().await;
        assert_eq!(echoed.assert_status(200).json::<Value>(), json!({ "a": [1, 2] }));
        let who: Value = client.get("/who").send().await.json();
        assert_eq!(who["ip"], "127.0.0.1");
        let refused = client.get("/ticks").query(&Range { from: 1, to: 2 }).query(&[("to", "x")]);
        assert_eq!(refused.send().await.status(), 400);
        client.shutdown().await.expect("it served");
    }
}

#[tokio::test]
async fn on_a_port_it_is_found_by_other_clients() {
    let client = TestClient::bind(app()).await;
    let answer = reqwest::get(client.url("/ticks?from=1&to=2")).await.expect("an answer");
    let text = answer.text().await.expect("text");
    assert!(text.starts_with("id: 1\ndata: {\"n\":1}\n\n"), "{text}");
    let who: Value = client.get("/who").send().await.json();
    assert_eq!(who["host"], client.addr().to_string());
}

#[tokio::test]
async fn streams_are_read_as_text_and_as_they_came_too() {
    let client = TestClient::new(app());
    let mut lines = client.post("/poem").body("roses\n\nviolets").events::<Text>().await;
    assert_eq!(lines.rest_data().await, [Text::from("roses\n\nviolets")]);
    let raw = client.post("/poem").body("a\nb").send().await.into_text().await;
    assert_eq!(raw, format!("data: a\ndata: b\n\n{END}"));
    let mut values = client.get("/ticks?from=1&to=3").events::<Value>().await;
    assert_eq!(values.rest_data().await, [json!({ "n": 1 }), json!({ "n": 2 })]);
}

#[tokio::test]
async fn events_of_other_names_are_passed_over() {
    let app = || App::new().mount::<all_answers>().config(Config::defaults());
    let client = TestClient::new(app());
    // `token` and `maybe` are no `Both`, and are not read.
    let mut events = client.get("/answers").events::<Value>().await;
    assert_eq!(events.next_named("pair").await.data, json!([1, "b"]));
    assert_eq!(events.next_named("maybe").await.data, Value::Null);
    assert_eq!(events.next_named("maybe").await.data, json!(7));
    assert_eq!(events.next().await.name, "all_done");
    let strict = client.get("/answers").events::<(u8, String)>().await.next_named("pair").await;
    assert_eq!(strict.data, (1, "b".to_owned()));

    let missed = said(async move {
        TestClient::new(app()).get("/answers").events::<Answer>().await.next_named("pear").await;
    });
    let expected = "no 7th event from GET /answers: the stream has ended, without a `pear`\n  \
                    the 6th was `all_done` null\n";
    let missed = missed.await;
    assert!(missed.starts_with(expected), "{missed}");

    let failed = said(async {
        let client = TestClient::new(self::app());
        client.get("/fails/1").events::<u32>().await.next_named("pear").await;
    });
    let failed = failed.await;
    assert!(failed.contains(": the stream failed: 409 Conflict: sold out (https://"), "{failed}");
}

/// Every kind of variant, under names of serde's.
#[derive(Debug, PartialEq, Serialize, Deserialize, StreamEvent, ToSchema)]
#[serde(rename_all = "snake_case")]
enum Answer {
    Token {
        text: String,
    },
    #[serde(rename = "pair")]
    Both(u8, String),
    Wrapped(Tick),
    Maybe(Option<u8>),
    AllDone,
}

/// With its tag in the data.
#[derive(Debug, PartialEq, Serialize, Deserialize, StreamEvent, ToSchema)]
#[serde(tag = "type")]
enum Tagged {
    Begun { n: u8 },
    Ended,
}

/// Without names of its own.
#[derive(Debug, PartialEq, Serialize, Deserialize, ToSchema)]
enum Plain {
    Begun { n: u8 },
    Ended,
}

#[derive(Debug, PartialEq, Serialize, Deserialize, ToSchema)]
struct Around(Plain);

fn answers() -> Vec<Answer> {
    vec![
        Answer::Token { text: "a".to_owned() },
        Answer::Both(1, "b".to_owned()),
        Answer::Wrapped(Tick { n: 1 }),
        Answer::Maybe(None),
        Answer::Maybe(Some(7)),
        Answer::AllDone,
    ]
}

#[stream(get, "/answers")]
fn all_answers() -> impl Iterator<Item = Answer> {
    answers().into_iter()
}

#[stream(get, "/tagged")]
async fn tagged() -> Tagged {
    emit!(Tagged::Begun { n: 1 });
    emit!(Tagged::Ended);
}

#[stream(get, "/plain")]
async fn plain() -> Event<Plain> {
    emit!(Event::new(Plain::Begun { n: 1 }));
    emit!(Event::new(Plain::Ended).name(EventName::from_static("named")));
}

#[tokio::test]
async fn enums_are_read_as_they_were_sent() {
    let app = App::new().mount::<all_answers>().mount::<tagged>().mount::<plain>();
    let client = TestClient::new(app.config(Config::defaults()));
    let mut events = client.get("/answers").events::<Answer>().await;
    let read = events.rest().await;
    let names: Vec<_> = read.iter().map(|event| event.name.as_str()).collect();
    assert_eq!(names, ["token", "pair", "wrapped", "maybe", "maybe", "all_done"]);
    assert_eq!(read.into_iter().map(|event| event.data).collect::<Vec<_>>(), answers());

    let tagged = client.get("/tagged").events::<Tagged>().await.rest_data().await;
    assert_eq!(tagged, [Tagged::Begun { n: 1 }, Tagged::Ended]);
    let plain = client.get("/plain").events::<Plain>().await.rest_data().await;
    assert_eq!(plain, [Plain::Begun { n: 1 }, Plain::Ended]);
    let around = client.get("/plain").events::<Around>().await.rest_data().await;
    assert_eq!(around[1], Around(Plain::Ended));
}

/// Some of the answers, and one for all others.
#[derive(Debug, PartialEq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Known {
    Token {
        text: String,
    },
    AllDone,
    #[serde(other)]
    Other,
}

#[tokio::test]
async fn an_enum_may_know_some_of_the_names_and_may_be_an_option() {
    let app = || App::new().mount::<all_answers>().config(Config::defaults());
    let client = TestClient::new(app());
    let known = client.get("/answers").events::<Known>().await.rest_data().await;
    use Known::{AllDone, Other};
    let token = Known::Token { text: "a".to_owned() };
    assert_eq!(known, [token, Other, Other, Other, Other, AllDone]);
    let options = client.get("/answers").events::<Option<Answer>>().await.rest_data().await;
    assert_eq!(options, answers().into_iter().map(Some).collect::<Vec<_>>());

    let body = "data: null\n\nevent: x\ndata: null\n\nevent: x\ndata: 7\n\n";
    let client = TestClient::new(serves(body, false));
    let numbers = client.get("/served").events::<Option<u8>>().await.rest_data().await;
    assert_eq!(numbers, [None, None, Some(7)]);

    let unknown = said_of::<Tagless>("event: tock\ndata: {\"n\":1}\n\n", false).await;
    let expected =
        "unknown variant `tock`, expected `Tick`; or, without its name, unknown variant `n`";
    assert!(unknown.contains(expected), "{unknown}");
    // Not what a variant without content is.
    let wrong = said_of::<Known>("event: all_done\ndata: {\"n\":1}\n\n", false).await;
    assert!(wrong.contains("expected unit"), "{wrong}");
}

#[derive(Debug, Deserialize)]
enum Tagless {
    #[expect(dead_code, reason = "nothing is read as it")]
    Tick(u8),
}

#[tokio::test(start_paused = true)]
async fn a_paused_clock_jumps_over_the_silence_and_not_over_the_patience() {
    let probe = Probe::default();
    let client = TestClient::new(app_with(probe.clone()));
    let before = Instant::now();
    let mut events = client.get("/hourly").events::<Tick>().await;
    assert_eq!(events.take(25).await.pop().map(|event| event.data), Some(Tick { n: 24 }));
    assert_eq!(before.elapsed().as_secs() / 3600, 24, "a day has passed");
    assert_eq!(probe.open(), 1);
    events.close();
    probe.opens(0).await;
}

#[tokio::test(start_paused = true)]
async fn a_paused_clock_waits_for_a_thread() {
    let client = TestClient::new(app());
    let before = Instant::now();
    let numbers = client.get("/slow").events::<u64>().await.rest_data().await;
    assert_eq!(numbers, [0, 1, 2]);
    // Neither the deadline of the head nor a comment.
    assert_eq!(before.elapsed(), Duration::ZERO);
}

#[tokio::test]
async fn a_problem_is_read_from_an_answer_and_from_a_stream() {
    let client = TestClient::new(app());
    let mut events = client.get("/fails/1").events::<u32>().await;
    assert_eq!(events.next().await.data, 0);
    let late = events.problem().await;
    let early = client.get("/fails/0").send().await;
    let mut early = early.assert_status(409).problem();
    // In the stream it is in the head.
    assert!(early.more.remove("request_id").is_some());
    assert_eq!(early, late);
    assert_eq!((late.status, late.title.as_str()), (409, "Conflict"));
    assert_eq!(late.detail.as_deref(), Some("sold out"));
    assert_eq!(late.kind.as_deref(), Some("https://example.com/sold-out"));

    let client = TestClient::new(serves("event: error\ndata: {\"code\":7}\n\n", false));
    let own = client.get("/served").events::<Value>().await.next().await;
    assert_eq!((own.name.as_str(), own.data), ("error", json!({ "code": 7 })), "is the app's own");
}

/// With an error of its own that looks like a problem.
#[derive(Debug, PartialEq, Serialize, Deserialize, StreamEvent, ToSchema)]
#[serde(rename_all = "snake_case")]
enum Job {
    Error { status: u16, title: String },
    Done,
}

#[stream(get, "/job/{done}")]
async fn job(Path(done): Path<bool>) -> Result<Job, Problem> {
    emit!(Job::Error { status: 7, title: "a file is missing".to_owned() });
    if !done {
        return Err(Problem::new(ErrorStatus::GONE));
    }
    emit!(Job::Done);
}

#[tokio::test]
async fn an_error_that_is_a_variant_is_no_problem() {
    let client = TestClient::new(App::new().mount::<job>().config(Config::defaults()));
    let error = || Job::Error { status: 7, title: "a file is missing".to_owned() };
    let done = client.get("/job/true").events::<Job>().await.rest_data().await;
    assert_eq!(done, [error(), Job::Done]);
    let mut failed = client.get("/job/false").events::<Job>().await;
    assert_eq!(failed.next().await.data, error());
    assert_eq!(failed.problem().await.status, 410, "which looks the same, and is the last");
}

/// What a program says that runs tests without a harness.
#[tokio::test]
async fn a_fault_has_its_reason_and_a_thread_that_is_stuck_is_told_of() {
    let still_runs = "bolt::testing: 1s after the `TestClient` of tests/src/bin/test-client.rs:27:18 was dropped, \
                      blocking streams of its app still run: 1. A test ends after them, and each of them at its next \
                      `emit!`";
    for (arguments, failed) in
        [(None, ""), (Some("fail"), ". It has failed: `--nocapture` shows why")]
    {
        let mut command = process::command(env!("CARGO_BIN_EXE_test-client"), &[]);
        command.args(arguments).stderr(std::process::Stdio::piped()).kill_on_drop(true);
        let mut program = command.spawn().expect("it starts");
        let mut lines = BufReader::new(program.stderr.take().expect("a pipe")).lines();
        let mut line = async || {
            let line = timeout(PATIENCE, lines.next_line()).await.expect("it says so");
            line.expect("text").expect("a line")
        };
        let reason = "the stream failed: test_client::fails: 500: the tank is empty";
        assert_eq!(line().await, reason);
        let expected = format!("{still_runs}{failed}");
        loop {
            let line = line().await;
            // Before it, what Rust says of a panic.
            if failed.is_empty() || line.starts_with("bolt::testing") {
                break assert_eq!(line, expected);
            }
        }
    }
}

/// Says which event was the last, sends one without an id, and one with an empty one.
async fn last_seen(headers: HeaderMap) -> impl IntoResponse {
    let last = headers.get("last-event-id").map(|id| String::from_utf8_lossy(id.as_bytes()));
    let body = format!("data: {}\n\nid\ndata: 2\n\n", json!(last));
    ([("content-type", "Text/Event-Stream; Charset=UTF-8")], body)
}

#[tokio::test]
async fn a_client_comes_back_with_the_last_id_of_all_its_streams() {
    let app = App::new().config(Config::defaults()).route("/seen", get(last_seen));
    let client = TestClient::new(app);
    let first = client.get("/seen").last_event_id("ä5");
    let mut events = first.clone().events::<Value>().await;
    let event = events.next().await;
    assert_eq!((event.data, event.id.as_str()), (json!("ä5"), "ä5"));
    let mut events = events.reconnect().events::<Value>().await;
    assert_eq!(events.next().await.data, json!("ä5"), "no other was sent");
    assert_eq!(events.next().await.id, "");
    let none = events.reconnect().events::<Value>().await.next().await;
    assert_eq!(none.data, Value::Null, "an empty id is sent as none");
}

#[tokio::test]
async fn a_header_may_come_twice_and_a_fragment_never() {
    async fn accepted(headers: HeaderMap) -> String {
        headers.get_all("accept").iter().filter_map(|value| value.to_str().ok()).collect()
    }
    let app = || App::new().config(Config::defaults()).route("/accepted", get(accepted));
    let client = TestClient::new(app());
    let twice = client.get("/accepted").header("accept", "a/b").header("accept", "c/d");
    assert_eq!(twice.send().await.text(), "a/bc/d");
    let fragment = said(async move {
        drop(TestClient::new(app()).get("/accepted#top"));
    });
    let expected = "a fragment is never sent: write `#` as %23 in \"/accepted#top\"";
    assert_eq!(fragment.await, expected);
}

#[tokio::test]
async fn a_client_that_comes_back_is_one() {
    let client = TestClient::new(app());
    let mut events = client.get("/ticks?from=1&to=3").event_source().events::<Tick>().await;
    assert_eq!(events.last_event_id(), "");
    events.next().await;
    assert_eq!(events.last_event_id(), "1");
    assert!(!events.is_finished());
    events.rest().await;
    assert!(events.is_finished());
    assert_eq!(events.reconnect().send().await.status(), 204);

    let mut events = client.get("/ticks?from=1&to=3").events::<Tick>().await;
    events.rest().await;
    assert!(events.is_finished(), "everyone is told");
    let again = client.get("/ticks?from=1&to=3").events::<Tick>().await.next().await;
    assert_eq!(again.data, Tick { n: 1 });
}

#[tokio::test]
async fn a_stream_that_is_dropped_was_left() {
    let probe = Probe::default();
    for client in
        [TestClient::new(app_with(probe.clone())), TestClient::bind(app_with(probe.clone())).await]
    {
        let events = client.get("/hourly").events::<Tick>().await;
        assert_eq!(probe.open(), 1);
        drop(events);
        probe.opens(0).await;

        let left_open = client.get("/hourly").events::<Tick>().await;
        drop(client);
        // The app is stopped, whoever still reads.
        probe.opens(0).await;
        drop(left_open);
    }
}

#[tokio::test(start_paused = true)]
async fn an_app_that_is_shut_down_ends_its_streams() {
    let probe = Probe::default();
    let client = TestClient::new(app_with(probe.clone()));
    let mut events = client.get("/hourly").event_source().events::<Tick>().await;
    events.next().await;
    let (served, rest) = tokio::join!(client.shutdown(), events.rest());
    served.expect("it served");
    assert_eq!((rest.len(), probe.open()), (0, 0));
}

#[tokio::test(start_paused = true)]
async fn who_does_not_reconnect_is_told_of_the_shutdown() {
    let client = TestClient::new(app());
    let mut events = client.get("/hourly").events::<Tick>().await;
    events.next().await;
    let (served, problem) = tokio::join!(client.shutdown(), events.problem());
    served.expect("it served");
    assert_eq!(problem.status, 503);
}

#[tokio::test]
async fn an_app_that_cannot_start_says_why() {
    let wrong = || app().config(Config::defaults().set("server.prot", 1));
    let message = said(async move {
        TestClient::new(wrong()).get("/who").send().await;
    });
    let message = message.await;
    assert!(message.starts_with("GET /who: no answer: the app did not start: "), "{message}");
    assert!(message.contains("server.prot") && message.contains("testing.rs"), "{message}");
    let error = TestClient::new(wrong()).shutdown().await.expect_err("it did not start");
    assert_eq!(error.kind(), bolt::ErrorKind::Config);
}

#[test]
fn a_test_without_a_runtime_is_told_to_have_one() {
    let failed = std::thread::spawn(|| TestClient::new(app())).join().expect_err("it fails");
    let message = failed.downcast::<&str>().expect("a message");
    assert!(message.contains("#[tokio::test]"), "{message}");
}

/// What a test is told that reads this body to its end.
async fn said_of<T: TestItem + Send + 'static>(body: &'static str, cut_off: bool) -> String {
    said(async move {
        let client = TestClient::new(serves(body, cut_off));
        client.get("/served").events::<T>().await.rest().await;
    })
    .await
}

#[tokio::test]
async fn what_did_not_come_is_said_with_what_came() {
    let silence = said(async {
        let client = TestClient::new(app()).timeout(Duration::from_millis(500));
        let mut events = client.get("/once-then-silence").events::<String>().await;
        events.take(2).await;
    });
    let silence = silence.await;
    let line = line!() - 3;
    assert_eq!(
        silence,
        format!(
            "no 2nd event from GET /once-then-silence: nothing came within 500ms; the stream is open\n  \
             the 1st was `message` \"hello\"\n  asked at {}:{line}:16",
            file!()
        )
    );

    let ended = said(async {
        TestClient::new(app()).get("/ticks?from=1&to=2").events::<Tick>().await.take(2).await;
    });
    let expected = "no 2nd event from GET /ticks?from=1&to=2: the stream has ended\n  \
                    the 1st was `message` {\"n\":1}\n";
    assert!(ended.await.starts_with(expected));

    let failed = said(async {
        TestClient::new(app()).get("/fails/1").events::<u32>().await.rest().await;
    });
    let failed = failed.await;
    assert!(failed.starts_with("no 2nd event from GET /fails/1: the stream failed: "), "{failed}");
    assert!(failed.contains("sold out"), "{failed}");

    let other = said_of::<Tick>("event: tick\ndata: {\"m\":1}\n\n", false).await;
    assert!(other.contains("`tick` {\"m\":1} came, which is not a "), "{other}");
    assert!(other.contains("Tick: missing field `n`"), "{other}");

    let dropped = said(async {
        let client = TestClient::new(app());
        let mut events = client.get("/hourly").events::<Tick>().await;
        drop(client);
        events.take(2).await;
    });
    let line = line!() - 5;
    let expected = format!(
        "the app was stopped when its `TestClient` was dropped: keep that of {}:{line}:22 for as long",
        file!()
    );
    let dropped = dropped.await;
    assert!(dropped.starts_with("no 2nd event from GET /hourly: "), "{dropped}");
    assert!(dropped.contains(&expected), "{dropped}");
    let late = said(async {
        let request = TestClient::new(app()).get("/hourly");
        request.send().await;
    });
    let late = late.await;
    assert!(late.starts_with("GET /hourly: no answer: the app was stopped when its "), "{late}");

    let cut = said_of::<u32>("data: 1\n\ndata: 2\n", true).await;
    assert!(cut.starts_with("no 2nd event from GET /served: the stream was cut off: "), "{cut}");

    let no_problem = said(async {
        let client = TestClient::new(app());
        client.get("/ticks?from=1&to=2").events::<Tick>().await.problem().await;
    });
    assert!(no_problem.await.contains(": not an error: `message` {\"n\":1}"));
}

#[tokio::test]
async fn an_answer_that_was_not_expected_is_shown() {
    let refused = said(async {
        TestClient::new(app()).get("/fails/0").events::<u32>().await;
    });
    let refused = refused.await;
    let expected = "not a stream of events: GET /fails/0: 409 Conflict\n  \
                    content-type: application/problem+json\n  {\"type\":";
    assert!(refused.starts_with(expected), "{refused}");

    let status = said(async {
        TestClient::new(app().keep_rejections()).get("/nowhere").send().await.assert_status(200);
    });
    assert_eq!(status.await, "not 200: GET /nowhere: 404 Not Found\n  (no body)");

    let stream = said(async {
        let _ = TestClient::new(app()).get("/hourly").send().await.text().len();
    });
    let stream = stream.await;
    assert!(stream.starts_with("a stream, to be read with `events` or `into_text`: "), "{stream}");

    let silent = said(async {
        let client = TestClient::new(app()).timeout(Duration::from_millis(500));
        client.get("/silent").send().await;
    });
    assert!(silent.await.starts_with("GET /silent: no answer within 500ms\n"));

    let endless = said(async {
        let client = TestClient::new(app()).timeout(Duration::from_millis(500));
        client.get("/once-then-silence").send().await.into_text().await;
    });
    let endless = endless.await;
    assert!(endless.contains("did not end within 500ms") && endless.contains("hello"), "{endless}");

    let json = said(async {
        let _: Tick = TestClient::new(app()).get("/who").send().await.json();
    });
    assert!(json.await.contains("missing field `n`"));
}

// The clock is stopped, so the stream never waits.
#[tokio::test(start_paused = true)]
async fn the_rest_of_a_stream_without_end_is_not_waited_for_for_ever() {
    let endless = said(async {
        let client = TestClient::new(app()).timeout(Duration::from_millis(500));
        client.get("/hourly").events::<Tick>().await.rest().await;
    });
    let endless = endless.await;
    assert!(endless.contains("no end within 500ms, but "), "{endless}");
}

#[tokio::test]
async fn a_wait_that_is_dropped_loses_no_event() {
    let client = TestClient::new(app());
    let mut events = client.get("/slow").events::<u64>().await;
    let mut read = Vec::new();
    while read.len() < 3 {
        tokio::select! {
            event = events.next() => read.push(event.data),
            () = sleep(Duration::from_millis(1)) => {}
        }
    }
    assert_eq!(read, [0, 1, 2]);
    let end = timeout(PATIENCE, events.next_or_end()).await;
    assert_eq!(end, Ok(None));
}
