//! Headers and cookies that a stream's function sets itself.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use bolt::HeadError;
use bolt::axum::extract::FromRequestParts;
use bolt::axum::http::header::{CACHE_CONTROL, SET_COOKIE, VARY};
use bolt::axum::http::request::Parts;
use bolt::axum::response::{AppendHeaders, IntoResponseParts, ResponseParts};
use bolt::axum::routing::get;
use bolt::prelude::*;
use bolt_tests::client::answer;
use bolt_tests::{Events, PATIENCE, Server};
use reqwest::header::HeaderMap;
use reqwest::{Method, StatusCode};
use tokio::sync::Notify;
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use tokio::time::{sleep, timeout};
use tokio_stream::Stream;

/// What the functions say of their own headers.
type Told = State<UnboundedSender<Result<(), HeadError>>>;

fn set(head: &ResponseHead) {
    head.insert("x-model", "small-0").expect("the head is open");
    head.insert("X-Model", "small-1").expect("the head is open");
    head.append(SET_COOKIE, "a=1; HttpOnly").expect("the head is open");
    head.append(SET_COOKIE, "b=2").expect("the head is open");
}

#[stream(get, "/async")]
async fn in_async(head: ResponseHead, State(told): Told) -> u32 {
    // Later than the body is first polled.
    sleep(Duration::from_millis(30)).await;
    set(&head);
    emit!(1);
    sent(&head).await;
    let _ = told.send(head.insert("x-late", "1"));
}

async fn sent(head: &ResponseHead) {
    while !head.is_sent() {
        tokio::task::yield_now().await;
    }
}

#[stream(get, "/blocking")]
fn in_blocking(State(told): Told, head: ResponseHead) -> u32 {
    std::thread::sleep(Duration::from_millis(30));
    set(&head);
    emit!(1);
    while !head.is_sent() {
        std::thread::sleep(Duration::from_millis(1));
    }
    let _ = told.send(head.append(SET_COOKIE, "c=3"));
}

#[stream(get, "/stream")]
fn in_a_stream(head: ResponseHead, State(told): Told) -> impl Stream<Item = u32> {
    set(&head);
    async_stream::stream! {
        yield 1;
        sent(&head).await;
        let _ = told.send(head.insert("x-late", "1"));
    }
}

#[stream(get, "/async-stream")]
async fn in_an_async_stream(
    head: ResponseHead,
    State(told): Told,
) -> Result<impl Stream<Item = u32>, Problem> {
    sleep(Duration::from_millis(30)).await;
    set(&head);
    Ok(async_stream::stream! {
        yield 1;
        sent(&head).await;
        let _ = told.send(head.extend([("x-late", "1")]));
    })
}

#[stream(get, "/iterator")]
fn in_an_iterator(head: ResponseHead, State(told): Told) -> impl Iterator<Item = u32> {
    std::thread::sleep(Duration::from_millis(30));
    set(&head);
    let late = std::iter::once_with(move || {
        while !head.is_sent() {
            std::thread::sleep(Duration::from_millis(1));
        }
        let _ = told.send(head.insert("x-late", "1"));
        2
    });
    std::iter::once(1).chain(late)
}

const KINDS: [&str; 5] = ["/async", "/blocking", "/stream", "/async-stream", "/iterator"];

/// With a deadline that no function here comes near.
fn patient() -> Config {
    Config::defaults().set("stream.head_deadline", "15s")
}

fn all<'a>(headers: &'a HeaderMap, name: &str) -> Vec<&'a str> {
    headers.get_all(name).iter().map(|value| value.to_str().expect("text")).collect()
}

#[tokio::test]
async fn a_function_sets_headers_and_cookies_before_its_first_event() {
    let (told, mut said) = unbounded_channel();
    let app = App::new()
        .mount::<in_async>()
        .mount::<in_blocking>()
        .mount::<in_a_stream>()
        .mount::<in_an_async_stream>()
        .mount::<in_an_iterator>()
        .state(told.clone())
        .config(patient());
    let router = Router::new()
        .route("/async", get(in_async))
        .route("/blocking", get(in_blocking))
        .route("/stream", get(in_a_stream))
        .route("/async-stream", get(in_an_async_stream))
        .route("/iterator", get(in_an_iterator))
        .with_state(told);
    // Without an app there is no other deadline than the default of 250 ms, which a busy machine may not keep.
    let merged = App::new().merge(router).config(patient());
    for server in [Server::start(app).await, Server::start(merged).await] {
        for path in KINDS {
            for form in ["text/event-stream", "application/jsonl", "application/json"] {
                let request = server.client().request(Method::GET, path).header("accept", form);
                let response = answer(request).await;
                assert_eq!(response.status(), StatusCode::OK);
                let headers = response.headers().clone();
                let body = response.text().await.expect("a body");
                assert_eq!(all(&headers, "x-model"), ["small-1"], "{path} {body}");
                assert_eq!(all(&headers, "set-cookie"), ["a=1; HttpOnly", "b=2"], "{path}");
                assert_eq!(all(&headers, "content-type"), [form], "{path}");
                assert_eq!(all(&headers, "vary"), ["accept"], "{path}");
                assert_eq!(all(&headers, "x-late"), [""; 0], "{path}");
                let late =
                    timeout(PATIENCE, said.recv()).await.expect("in time").expect("an answer");
                let error = late.expect_err("it is too late");
                assert!(
                    error.is_sent() && error.to_string().contains("stream.head_deadline"),
                    "{error}"
                );
            }
        }
    }
}

#[stream(get, "/quiet")]
async fn quiet(head: ResponseHead, State(go): State<Arc<Notify>>) -> String {
    head.insert("x-early", "1").expect("the head is open");
    go.notified().await;
    emit!(format!(
        "{:?} {}",
        head.insert("x-late", "1").is_err_and(|error| error.is_sent()),
        head.is_sent()
    ));
}

#[stream(get, "/quiet-blocking")]
fn quiet_blocking(head: ResponseHead) -> String {
    head.insert("x-early", "1").expect("the head is open");
    while !head.is_sent() {
        std::thread::sleep(Duration::from_millis(1));
    }
    emit!(format!(
        "{:?} {}",
        head.insert("x-late", "1").is_err_and(|error| error.is_sent()),
        head.is_sent()
    ));
}

#[tokio::test]
async fn a_quiet_function_sends_its_head_at_the_deadline_and_is_told_that_it_has() {
    let go = Arc::new(Notify::new());
    let app = App::new().mount::<quiet>().mount::<quiet_blocking>().state(Arc::clone(&go));
    let config = Config::defaults().set("stream.head_deadline", "50ms");
    let server = Server::start(app.config(config)).await;
    for path in ["/quiet", "/quiet-blocking"] {
        let mut events = server.client().events(path).await;
        assert_eq!(events.headers()["x-early"], "1", "{path}");
        go.notify_one();
        assert_eq!(events.next_json::<String>().await, "true true", "{path}");
    }
}

#[stream(get, "/sends")]
async fn sends(head: ResponseHead, State(go): State<Arc<Notify>>) -> Result<u32, HeadError> {
    head.insert("x-early", "1")?;
    head.send();
    go.notified().await;
    emit!(1);
}

#[stream(get, "/sends-blocking")]
fn sends_blocking(head: ResponseHead, State(go): State<Arc<Notify>>) -> u32 {
    head.insert("x-early", "1").expect("the head is open");
    let other = head.clone();
    std::thread::spawn(move || other.send()).join().expect("sent");
    tokio::runtime::Handle::current().block_on(go.notified());
    emit!(1);
}

#[stream(get, "/drops")]
async fn drops(head: ResponseHead, State(go): State<Arc<Notify>>) -> u32 {
    let other = head.clone();
    other.insert("x-early", "1").expect("the head is open");
    drop(head);
    drop(other);
    go.notified().await;
    emit!(1);
}

#[tokio::test]
async fn a_function_that_needs_no_more_time_does_not_wait() {
    let go = Arc::new(Notify::new());
    let app = App::new().mount::<sends>().mount::<sends_blocking>().mount::<drops>();
    // Longer than the client waits.
    let config = Config::defaults().set("stream.head_deadline", "1h");
    let server = Server::start(app.state(Arc::clone(&go)).config(config)).await;
    for path in ["/sends", "/sends-blocking", "/drops"] {
        let mut events = server.client().events(path).await;
        assert_eq!(events.headers()["x-early"], "1", "{path}");
        go.notify_one();
        assert_eq!(events.next_json::<u32>().await, 1, "{path}");
    }
}

/// An extractor of one's own that sets a cookie.
struct Session(u32);

impl<S: Send + Sync> FromRequestParts<S> for Session {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let head = ResponseHead::from_request_parts(parts, state).await?;
        tokio::task::yield_now().await;
        head.append(SET_COOKIE, "session=7")?;
        Ok(Self(7))
    }
}

#[stream(get, "/first")]
async fn session_first(session: Session, head: ResponseHead) -> Result<u32, Problem> {
    head.append(SET_COOKIE, "a=1")?;
    emit!(session.0);
}

#[stream(get, "/last")]
async fn session_last(head: ResponseHead, session: Session) -> Result<u32, Problem> {
    head.append(SET_COOKIE, "a=1")?;
    emit!(session.0);
}

/// It needs the head no more, and says nothing for a while.
#[stream(get, "/alone")]
async fn session_alone(_session: Session, State(go): State<Arc<Notify>>) -> u32 {
    go.notified().await;
    emit!(7);
}

#[stream(post, "/body")]
async fn session_and_body(session: Session, body: String) -> String {
    emit!(format!("{} {body}", session.0));
}

#[tokio::test]
async fn an_extractor_sets_them_too() {
    let go = Arc::new(Notify::new());
    let app = App::new()
        .mount::<session_first>()
        .mount::<session_last>()
        .mount::<session_alone>()
        .mount::<session_and_body>();
    let app =
        app.state(Arc::clone(&go)).config(Config::defaults().set("stream.head_deadline", "1h"));
    let server = Server::start(app).await;
    for (path, expected) in [
        ("/first", &["session=7", "a=1"][..]),
        ("/last", &["session=7", "a=1"]),
        ("/alone", &["session=7"]),
    ] {
        let mut events = server.client().events(path).await;
        assert_eq!(all(events.headers(), "set-cookie"), expected, "{path}");
        go.notify_one();
        assert_eq!(events.next_json::<u32>().await, 7, "{path}");
        // The function does not run for it; its extractors do.
        let head = answer(server.client().request(Method::HEAD, path)).await;
        assert_eq!(all(head.headers(), "set-cookie"), ["session=7"], "{path}");
        assert_eq!(head.headers()["content-type"], "text/event-stream");
    }
    let posted = server.client().request(Method::POST, "/body").body("text");
    let mut events = Events::of(answer(posted).await);
    assert_eq!(all(events.headers(), "set-cookie"), ["session=7"]);
    assert_eq!(events.next_json::<String>().await, "7 text");
}

#[stream(get, "/refused")]
async fn refused(head: ResponseHead) -> String {
    for (name, value) in [
        ("content-type", "text/html"),
        ("Content-Length", "5"),
        ("transfer-encoding", "gzip"),
        ("content-encoding", "gzip"),
        ("connection", "close"),
        ("keep-alive", "timeout=5"),
        ("te", "trailers"),
        ("trailer", "x"),
        ("upgrade", "h2c"),
        ("proxy-connection", "close"),
        ("x a", "1"),
        ("", "1"),
        ("x-a", "b\r\nset-cookie: c=d"),
        ("x-a", "b\0"),
    ] {
        let errors = [head.insert(name, value), head.append(name, value)];
        for error in errors.map(|error| error.expect_err(name)) {
            assert!(!error.is_sent() && !error.to_string().is_empty(), "{error}");
        }
    }
    for name in ["content-type", "connection"] {
        let error = head.extend([("x-part", "1"), (name, "x")]).expect_err(name);
        assert!(error.to_string().contains(name), "{error}");
    }
    head.extend(Failing).expect_err("it fails");
    head.insert(CACHE_CONTROL, "private, no-store").expect("it can be replaced");
    head.insert("x-accel-buffering", "yes").expect("it can be replaced");
    head.insert(VARY, "cookie").expect("it is added");
    head.insert(VARY, "origin").expect("it is added");
    head.append(SET_COOKIE, "a=1").expect("the head is open");
    head.extend(AppendHeaders([(SET_COOKIE, "b=2"), (SET_COOKIE, "c=3")]))
        .expect("the head is open");
    head.extend([("x-part", "2")]).expect("the head is open");
    emit!("done".to_owned());
}

/// Is an error itself.
struct Failing;

impl IntoResponseParts for Failing {
    type Error = (StatusCode, [(&'static str, &'static str); 1]);

    fn into_response_parts(self, mut parts: ResponseParts) -> Result<ResponseParts, Self::Error> {
        parts.headers_mut().insert("x-part", "3".parse().expect("a value"));
        Err((StatusCode::BAD_GATEWAY, [("x-part", "4")]))
    }
}

#[tokio::test]
async fn what_is_the_servers_is_refused_and_the_rest_is_as_it_was_set() {
    let server = Server::start(App::new().mount::<refused>()).await;
    let mut raw = server.connect().await;
    for _ in 0..2 {
        raw.get("/refused").await;
        let response = raw.response().await;
        assert!(response.text().contains("data: \"done\""), "{response:?}");
        let all = |name: &str| {
            let named = response.headers.iter().filter(|(found, _)| found == name);
            named.map(|(_, value)| value.as_str()).collect::<Vec<_>>()
        };
        assert_eq!(all("content-type"), ["text/event-stream"]);
        assert_eq!(all("cache-control"), ["private, no-store"]);
        assert_eq!(all("x-accel-buffering"), ["yes"]);
        assert_eq!(all("vary"), ["origin", "accept"]);
        assert_eq!(all("set-cookie"), ["a=1", "b=2", "c=3"]);
        assert_eq!(all("x-part"), ["2"]);
        assert_eq!(all("x-a"), [""; 0]);
    }
}

#[stream(get, "/fails")]
async fn fails(head: ResponseHead) -> Result<u32, Problem> {
    head.insert("x-model", "small-1")?;
    return Err(Problem::conflict("sold out").header("x-problem", "1"));
}

#[stream(get, "/forgets")]
async fn forgets(head: ResponseHead) -> Result<u32, Problem> {
    emit!(1);
    sent(&head).await;
    head.insert("x-late", "1")?;
}

#[tokio::test]
async fn a_function_that_fails_answers_its_problem_alone() {
    let server = Server::start(App::new().mount::<fails>().mount::<forgets>()).await;
    let response = server.client().get("/fails").await;
    assert_eq!(response.status(), StatusCode::CONFLICT);
    assert_eq!(response.headers()["x-problem"], "1");
    assert!(!response.headers().contains_key("x-model"));
    let events = server.client().events("/forgets").await.rest().await;
    assert!(
        events.iter().any(|event| event.name == "error" && event.data.contains("500")),
        "{events:?}"
    );
    let request = server.client().request(Method::GET, "/fails").header("accept", "text/html");
    assert_eq!(answer(request).await.status(), StatusCode::NOT_ACCEPTABLE);
}

#[derive(Serialize, ToSchema)]
struct Whole {
    words: u32,
}

#[stream(get, "/answers/{how}", answer = Whole)]
async fn answers(head: ResponseHead, Path(how): Path<String>) -> u32 {
    head.insert("x-model", "small-1").expect("the head is open");
    if how == "whole" {
        sleep(Duration::from_millis(30)).await;
        answer!(Whole { words: 7 });
    }
    emit!(7);
}

#[tokio::test]
async fn an_answer_in_place_of_the_stream_has_them_too() {
    let config = Config::defaults().set("stream.head_deadline", "1ms");
    let server = Server::start(App::new().mount::<answers>().config(config)).await;
    let whole = server.client().get("/answers/whole").await;
    assert_eq!(all(whole.headers(), "x-model"), ["small-1"]);
    assert_eq!(all(whole.headers(), "content-type"), ["application/json"]);
    assert_eq!(whole.text().await.expect("a body"), r#"{"words":7}"#);
    let mut events = server.client().events("/answers/stream").await;
    assert_eq!(all(events.headers(), "x-model"), ["small-1"]);
    assert_eq!(events.next_json::<u32>().await, 7);
}

#[tokio::test]
async fn no_other_handler_has_one() {
    let handler = async |head: ResponseHead| head.insert("x-a", "b").map_err(Problem::from);
    let layered = Router::new()
        .route("/layered", get(async || ()))
        .layer(bolt::axum::middleware::from_extractor::<Session>());
    let server = Server::start(App::new().route("/plain", get(handler)).merge(layered)).await;
    for path in ["/plain", "/layered"] {
        let response = server.client().get(path).await;
        assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR, "{path}");
        assert_eq!(response.headers()["content-type"], "application/problem+json");
    }
}

/// What a stream has said of its own head after its client left.
type Seen = Arc<Mutex<Option<Result<(), HeadError>>>>;

#[stream(get, "/left")]
fn left(head: ResponseHead, State(seen): State<Seen>) -> u32 {
    // Long enough for its client to leave before the head.
    while !head.is_sent() {
        std::thread::sleep(Duration::from_millis(1));
    }
    *seen.lock().expect("sound") = Some(head.insert("x-late", "1"));
    emit!(1);
}

#[tokio::test]
async fn a_function_whose_client_has_left_is_told_too() {
    let seen = Seen::default();
    let config = Config::defaults().set("stream.head_deadline", "1h");
    let app = App::new().mount::<left>().state(Arc::clone(&seen)).config(config);
    let server = Server::start(app).await;
    let mut raw = server.connect().await;
    raw.send("GET /left HTTP/1.1\r\nhost: x\r\n\r\n").await;
    sleep(Duration::from_millis(50)).await;
    drop(raw);
    let told = async {
        while seen.lock().expect("sound").is_none() {
            sleep(Duration::from_millis(5)).await;
        }
    };
    timeout(PATIENCE, told).await.expect("it is told");
    let told = seen.lock().expect("sound").take();
    assert!(told.expect("an answer").is_err_and(|error| error.is_sent()));
}

#[tokio::test]
async fn streams_without_one_send_their_head_at_once() {
    #[stream(get, "/plain")]
    async fn plain(State(go): State<Arc<Notify>>) -> u32 {
        go.notified().await;
        emit!(1);
    }

    let go = Arc::new(Notify::new());
    let config = Config::defaults().set("stream.head_deadline", "1h");
    let app = App::new().mount::<plain>().state(Arc::clone(&go)).config(config);
    let server = Server::start(app).await;
    let mut events: Events = server.client().events("/plain").await;
    go.notify_one();
    assert_eq!(events.next_json::<u32>().await, 1);
}

#[tokio::test]
async fn a_plain_router_without_an_app_has_it() {
    #[stream]
    async fn plain(head: ResponseHead) -> Result<u32, Problem> {
        head.insert("x-model", "small-1")?;
        emit!(1);
    }

    let server = Server::start_router(Router::new().route("/plain", get(plain))).await;
    let mut events = server.client().events("/plain").await;
    assert_eq!(events.headers()["x-model"], "small-1");
    assert_eq!(events.next_json::<u32>().await, 1);
}
