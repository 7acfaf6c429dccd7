//! What a failed request is answered: problems with members and headers, and the app's own format instead.

use std::time::Duration;

use bolt::axum::http::header;
use bolt::axum::routing::get;
use bolt::prelude::*;
use bolt::testing::TestClient;
use bolt_tests::client::answer;
use bolt_tests::{Client, Raw, Server};
use reqwest::{Method, RequestBuilder, Response};
use serde::Serializer;
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_stream::Stream;

/// A config of these settings, each `section.key=value`.
fn config(settings: &[(&str, &str)]) -> Config {
    settings.iter().fold(Config::defaults(), |config, (key, value)| config.set(key, value))
}

async fn json_of(response: Response) -> Value {
    let text = response.text().await.expect("a body");
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text:?}"))
}

/// The status, the media type, and the body without the id of the request.
async fn failure(request: RequestBuilder) -> (u16, String, Value) {
    let response = answer(request).await;
    let status = response.status().as_u16();
    let kind = response.headers()[header::CONTENT_TYPE].to_str().expect("text").to_owned();
    (status, kind, without_id(&response.text().await.expect("a body")))
}

/// The JSON, without the id of the request.
fn without_id(text: &str) -> Value {
    let mut json: Value =
        serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text:?}"));
    let problem = if json["error"].is_object() { &mut json["error"] } else { &mut json };
    if let Some(members) = problem.as_object_mut() {
        members.remove("request_id");
    }
    json
}

const PROBLEM: &str = "application/problem+json";

// --- Members and headers. ---

fn out_of_credit() -> Problem {
    #[derive(Serialize)]
    struct Account {
        id: &'static str,
        limit: Option<f64>,
    }

    let accounts = [Account { id: "a", limit: Some(1.5) }, Account { id: "b", limit: None }];
    Problem::forbidden("this costs 50")
        .kind("https://example.com/probs/out-of-credit")
        .title("Not enough credit")
        .instance("/account/12345/msgs/abc")
        .with("balance", 20)
        .with("accounts", &accounts)
        .with("balance", 30)
        .header("set-cookie", "a=1")
        .header(header::SET_COOKIE, "b=2")
        .header(header::VARY, "cookie")
        .retry_after(Duration::from_millis(1500))
}

fn out_of_credit_json() -> Value {
    json!({
        "type": "https://example.com/probs/out-of-credit",
        "title": "Not enough credit",
        "status": 403,
        "detail": "this costs 50",
        "instance": "/account/12345/msgs/abc",
        "balance": 30,
        "accounts": [{ "id": "a", "limit": 1.5 }, { "id": "b", "limit": null }],
    })
}

#[derive(Deserialize, IntoParams)]
struct After {
    /// How many events there are before the problem.
    after: u32,
}

#[stream(get, "/async")]
async fn fails(Query(query): Query<After>) -> Result<u32, Problem> {
    for n in 0..query.after {
        emit!(n);
    }
    return Err(out_of_credit());
}

#[stream(get, "/blocking")]
fn fails_blocking(Query(query): Query<After>) -> Result<u32, Problem> {
    for n in 0..query.after {
        emit!(n);
    }
    return Err(out_of_credit());
}

#[stream(get, "/stream")]
fn fails_in_a_stream(Query(query): Query<After>) -> impl Stream<Item = Result<u32, Problem>> {
    let items = (0..query.after).map(Ok).chain([Err(out_of_credit())]);
    tokio_stream::iter(items.collect::<Vec<_>>())
}

#[stream(get, "/iterator")]
fn fails_in_an_iterator(Query(query): Query<After>) -> impl Iterator<Item = Result<u32, Problem>> {
    (0..query.after).map(Ok).chain([Err(out_of_credit())])
}

const KINDS: [&str; 4] = ["/async", "/blocking", "/stream", "/iterator"];

fn failing_app() -> App {
    App::new()
        .mount::<fails>()
        .mount::<fails_blocking>()
        .mount::<fails_in_a_stream>()
        .mount::<fails_in_an_iterator>()
        .route("/plain", get(async || -> Result<(), Problem> { Err(out_of_credit()) }))
}

#[tokio::test]
async fn a_problem_has_its_members_and_its_headers() {
    let server = Server::start(failing_app()).await;
    for path in
        [KINDS.map(|kind| format!("{kind}?after=0")), KINDS.map(|_| "/plain".into())].concat()
    {
        let response = server.client().get(&path).await;
        assert_eq!(response.status(), 403, "{path}");
        let headers = response.headers();
        let all = |name| headers.get_all(name).iter().collect::<Vec<_>>();
        assert_eq!(headers["content-type"], PROBLEM);
        assert_eq!(all("set-cookie"), ["a=1", "b=2"], "{path}");
        assert_eq!(all("retry-after"), ["2"]);
        if path != "/plain" {
            assert_eq!(all("vary"), ["cookie", "accept"]);
            assert_eq!(all("cache-control"), ["no-store"]);
        }
        let mut body = json_of(response).await;
        assert!(body.as_object_mut().expect("an object").remove("request_id").is_some());
        assert_eq!(body, out_of_credit_json(), "{path}");
    }
}

#[tokio::test]
async fn the_error_event_and_the_last_element_have_the_members() {
    let server = Server::start(failing_app()).await;
    for kind in KINDS {
        let path = format!("{kind}?after=1");
        let events = server.client().events(&path).await.rest().await;
        let error = events.iter().find(|event| event.name == "error").expect("an error");
        assert_eq!(without_id(&error.data), out_of_credit_json(), "{path}");
        for element in last_elements(&server.client(), &path).await {
            assert_eq!(element, json!({ "error": out_of_credit_json() }), "{path}");
        }
    }
}

/// The last element in each of the JSON forms.
async fn last_elements(client: &Client, path: &str) -> [Value; 3] {
    let text = async |form| {
        let request = client.request(Method::GET, path).header("accept", form);
        answer(request).await.text().await.expect("a body")
    };
    let last = |text: &str, separator| {
        without_id(text.trim_end().rsplit(separator).next().expect("an element"))
    };
    let array: Vec<Value> =
        serde_json::from_str(&text("application/json").await).expect("a whole array");
    [
        last(&text("application/jsonl").await, '\n'),
        last(&text("application/json-seq").await, '\u{1e}'),
        without_id(&array.last().expect("an element").to_string()),
    ]
}

/// No JSON.
struct Broken;

impl Serialize for Broken {
    fn serialize<S: Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
        Err(serde::ser::Error::custom("it is broken"))
    }
}

#[stream(get, "/misused/{how}")]
async fn misused(Path(how): Path<String>) -> Result<u32, Problem> {
    let problem = Problem::conflict("sold out");
    return Err(match how.as_str() {
        "broken" => problem.with("value", Broken),
        "keys" => problem.with("value", std::collections::HashMap::from([((1, 2), 3)])),
        "unnamed" => problem.with("", 1),
        "line" => problem.header("x-a", "b\r\nset-cookie: c=d"),
        "name" => problem.header("x a", "b"),
        "challenge" => Problem::unauthorized("no", "Bearer\n"),
        name if name.contains('-') || name == "te" => problem.header(name.to_owned(), "1"),
        name => problem.with(name.to_owned(), 1),
    });
}

#[tokio::test]
async fn a_member_or_header_that_cannot_be_is_a_fault_of_the_server_and_breaks_no_response() {
    let server = Server::start(App::new().mount::<misused>()).await;
    let members = ["type", "title", "status", "detail", "instance", "request_id"];
    let headers = [
        "content-type",
        "content-length",
        "Content-Encoding",
        "transfer-encoding",
        "proxy-connection",
        "keep-alive",
        "te",
    ];
    let others = ["broken", "keys", "unnamed", "line", "name", "challenge"];
    for how in members.iter().chain(&headers).chain(&others) {
        // Two on one connection: the first is as long as it says.
        let mut raw = server.connect().await;
        for _ in 0..2 {
            raw.send(&format!("GET /misused/{how} HTTP/1.1\r\nhost: x\r\n\r\n")).await;
            let response = raw.response().await;
            assert_eq!(response.status, 500, "{how}");
            assert_eq!(response.header("content-type"), Some(PROBLEM), "{how}");
            let body: Value = serde_json::from_str(response.text()).expect("JSON");
            assert_eq!(body["status"], 500, "{how}");
            assert!(!response.text().contains("sold out"), "{how}");
        }
    }
}

// --- The app's own format. ---

/// As the language-model APIs have it.
#[derive(Serialize, ToSchema)]
struct ApiError {
    error: Fault,
}

#[derive(Serialize, ToSchema)]
struct Fault {
    message: String,
    r#type: &'static str,
    code: Option<Value>,
    id: Option<String>,
}

fn api_error(problem: &Problem) -> ApiError {
    let r#type = match problem.status().as_u16() {
        400..500 => "invalid_request_error",
        _ => "server_error",
    };
    ApiError {
        error: Fault {
            message: problem.public_detail().unwrap_or(problem.public_title()).to_owned(),
            r#type,
            code: problem.member("code").cloned(),
            id: problem.request_id(),
        },
    }
}

#[stream(post, "/rows")]
async fn rows(mut rows: JsonLines<u32>) -> Result<u32, Problem> {
    while let Some(row) = rows.next().await {
        emit!(row?);
    }
}

#[stream(post, "/json")]
async fn takes_json(Json(n): Json<u32>) -> u32 {
    emit!(n);
}

#[stream(get, "/since")]
async fn since(last: Option<LastEventId<u64>>) -> u64 {
    emit!(last.map_or(0, |last| last.0));
}

#[stream(get, "/panics/{when}")]
async fn panics(Path(when): Path<String>) -> u32 {
    if when == "after" {
        emit!(1);
    }
    panic!("the password is 12345");
}

#[stream(get, "/held")]
fn held() -> u32 {
    emit!(1);
    loop {
        std::thread::sleep(Duration::from_millis(5));
        // Ends when the client has left.
        emit!(2);
    }
}

#[stream(get, "/coded")]
async fn coded() -> Result<u32, Problem> {
    return Err(Problem::too_many_requests("slowly", Duration::from_secs(3)).with("code", "rate"));
}

#[stream(get, "/endless")]
async fn endless() -> u32 {
    emit!(1);
    std::future::pending::<()>().await;
}

fn api() -> App {
    failing_app()
        .mount::<rows>()
        .mount::<takes_json>()
        .mount::<since>()
        .mount::<panics>()
        .mount::<held>()
        .mount::<coded>()
        .mount::<endless>()
        .route(
            "/plain-panic",
            get(async || {
                if true {
                    panic!("the password is 12345")
                }
            }),
        )
}

#[tokio::test]
async fn every_failure_before_the_first_event_has_the_format_of_the_app() {
    let settings = [("stream.max_blocking", "1"), ("server.header_timeout", "300ms")];
    let server = Server::start(api().problem_format(api_error).config(config(&settings))).await;
    let client = server.client();
    let get = |path: &str| client.request(Method::GET, path);
    let post = |path: &str| client.request(Method::POST, path);
    let held = client.events("/held").await;
    let hidden = "the server failed; the reason is in its log";
    let invalid = "invalid_request_error";
    for (request, status, kind, message) in [
        (get("/async?after=0"), 403, invalid, "this costs 50"),
        (get("/plain"), 403, invalid, "this costs 50"),
        (get("/coded"), 429, invalid, "slowly"),
        (get("/async"), 400, invalid, "Failed to deserialize query string: missing field `after`"),
        (
            post("/json").body("1"),
            415,
            invalid,
            "Expected request with `Content-Type: application/json`",
        ),
        (post("/rows"), 415, invalid, "there is no `content-type`"),
        (get("/since").header("last-event-id", "x"), 400, invalid, "the last event id"),
        (
            get("/since").header("accept", "text/html"),
            406,
            invalid,
            "this stream is sent as one of",
        ),
        (get("/blocking?after=0"), 503, "server_error", "all 1 blocking streams are in use"),
        (get("/panics/before"), 500, "server_error", hidden),
        (get("/plain-panic"), 500, "server_error", hidden),
        (get("/nowhere"), 404, invalid, "there is nothing at this path"),
        (post("/async"), 405, invalid, "this path does not have"),
    ] {
        let shown = format!("{request:?}");
        let (found, content_type, body) = failure(request).await;
        assert_eq!((found, &*content_type), (status, "application/json"), "{shown}");
        assert_eq!(body["error"]["type"], kind, "{shown}");
        let said = body["error"]["message"].as_str().expect("a message");
        assert!(said.starts_with(message), "{shown}: {said}");
        assert_eq!(body.as_object().map(serde_json::Map::len), Some(1), "{body}");
        assert!(body["error"]["id"].is_string(), "{body}");
    }
    drop(held);
    let response = client.get("/coded").await;
    assert_eq!(response.headers()["retry-after"], "3");
    assert_eq!(json_of(response).await["error"]["code"], "rate");
    let allowed = answer(post("/async?after=0")).await;
    assert_eq!(allowed.headers()["allow"], "GET,HEAD");
}

/// What the server answers to these bytes.
async fn raw(server: &Server, bytes: &str) -> (u16, Value) {
    let mut raw = server.connect().await;
    raw.send(bytes).await;
    of_raw(&mut raw).await
}

async fn of_raw(raw: &mut Raw<TcpStream>) -> (u16, Value) {
    let response = raw.response().await;
    assert_eq!(response.header("content-type"), Some("application/json"));
    (response.status, serde_json::from_str(response.text()).expect("JSON"))
}

#[tokio::test]
async fn the_server_itself_answers_in_the_format_of_the_app() {
    let settings = [("server.max_connections_per_ip", "2"), ("server.header_timeout", "300ms")];
    let server = Server::start(api().problem_format(api_error).config(config(&settings))).await;
    let (status, body) = raw(&server, "GET /coded HTTP/1.1\r\n\r\n").await;
    assert_eq!(
        (status, &body["error"]["message"]),
        (400, &json!("a request has one `host` header"))
    );
    let (status, body) = raw(&server, "GET /coded HTT").await;
    let message = body["error"]["message"].as_str().expect("a message");
    assert!(status == 408 && message.contains("server.header_timeout"), "{status} {body}");
    let events =
        [server.client().events("/endless").await, server.client().events("/endless").await];
    let (status, body) = of_raw(&mut server.connect().await).await;
    let message = body["error"]["message"].as_str().expect("a message");
    assert!(status == 503 && message.contains("max_connections_per_ip"), "{status} {body}");
    drop(events);
}

#[tokio::test]
async fn after_the_first_event_too() {
    let settings = [("stream.max_duration", "200ms")];
    let server = Server::start(api().problem_format(api_error).config(config(&settings))).await;
    let client = server.client();
    let mut paths = KINDS.map(|kind| (format!("{kind}?after=1"), "this costs 50")).to_vec();
    paths.push(("/panics/after".into(), "the server failed; the reason is in its log"));
    for (path, message) in paths {
        let events = client.events(&path).await.rest().await;
        let error = events.iter().find(|event| event.name == "error").expect("an error");
        let data: Value = serde_json::from_str(&error.data).expect("JSON");
        assert_eq!(data["error"]["message"], message, "{path}");
        for element in last_elements(&client, &path).await {
            assert_eq!(element["error"]["message"], message, "{path}: {element}");
        }
    }
    for element in last_elements(&client, "/endless").await {
        assert_eq!(element["error"]["type"], "server_error", "the cut: {element}");
    }
}

#[tokio::test]
async fn the_client_for_tests_reads_it() {
    let client = TestClient::new(api().problem_format(api_error));
    let refused = client.get("/async?after=0").send().await;
    refused.assert_status(403);
    assert_eq!(refused.json::<Value>()["error"]["message"], "this costs 50");
    let mut events = client.get("/async?after=1").events::<u32>().await;
    assert_eq!(events.next().await.data, 0);
    assert_eq!(events.error::<Value>().await["error"]["message"], "this costs 50");
}

/// Has no member `error`.
#[derive(Serialize, ToSchema)]
struct Flat {
    message: String,
    /// On several lines, which no form can break.
    #[schema(value_type = Object)]
    raw: Box<serde_json::value::RawValue>,
}

fn flat(problem: &Problem) -> Flat {
    let raw = serde_json::value::RawValue::from_string("{\n\"a\":\r\n1}".to_owned());
    Flat { message: problem.public_title().to_owned(), raw: raw.expect("JSON") }
}

#[tokio::test]
async fn a_body_without_an_error_is_one_in_the_json_forms() {
    let media_type = "application/vnd.example+json; version=2";
    let server = Server::start(api().problem_format_as(media_type, flat)).await;
    let client = server.client();
    let expected = json!({ "message": "Not enough credit", "raw": { "a": 1 } });
    let (status, kind, body) = failure(client.request(Method::GET, "/async?after=0")).await;
    assert_eq!((status, &*kind, &body), (403, media_type, &expected));
    let events = client.events("/async?after=1").await.rest().await;
    let error = events.iter().find(|event| event.name == "error").expect("an error");
    assert_eq!(serde_json::from_str::<Value>(&error.data).ok().as_ref(), Some(&expected));
    for element in last_elements(&client, "/async?after=1").await {
        assert_eq!(element, json!({ "error": expected }));
    }
}

/// Panics as it is dropped.
struct Bomb;

impl Drop for Bomb {
    fn drop(&mut self) {
        panic!("the destructor of the format");
    }
}

#[derive(ToSchema)]
#[schema(value_type = Object)]
struct Faulty(&'static str);

impl Serialize for Faulty {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            "unserialised" => Err(serde::ser::Error::custom("it is broken")),
            "panic" => panic!("the serialiser of the format"),
            text => serializer.serialize_str(text),
        }
    }
}

#[tokio::test]
async fn a_format_that_fails_takes_nothing_down() {
    for how in ["panic", "unserialised", "function", "payload"] {
        let format = move |_: &Problem| match how {
            "function" => panic!("the format"),
            "payload" => std::panic::panic_any(Bomb),
            how => Faulty(how),
        };
        let settings = [("server.header_timeout", "300ms"), ("stream.max_duration", "200ms")];
        let server = Server::start(api().problem_format(format).config(config(&settings))).await;
        let client = server.client();
        let (status, kind, body) = failure(client.request(Method::GET, "/async?after=0")).await;
        assert_eq!((status, &*kind, body), (403, PROBLEM, out_of_credit_json()), "{how}");
        for (path, status) in [("/nowhere", 404), ("/panics/before", 500), ("/plain", 403)] {
            let (found, kind, body) = failure(client.request(Method::GET, path)).await;
            assert_eq!(
                (found, &*kind, &body["status"]),
                (status, PROBLEM, &json!(status)),
                "{how}"
            );
        }
        let events = client.events("/async?after=1").await.rest().await;
        let error = events.iter().find(|event| event.name == "error").expect("an error");
        assert_eq!(without_id(&error.data), out_of_credit_json());
        for element in last_elements(&client, "/endless").await {
            assert_eq!(element["error"]["status"], 503, "{how}");
        }
        let mut raw = server.connect().await;
        raw.send("GET /coded HTT").await;
        assert_eq!(raw.response().await.status, 408, "{how}");
    }
}

#[tokio::test]
async fn the_format_may_make_responses_itself() {
    use bolt::axum::response::IntoResponse as _;

    let format = |problem: &Problem| {
        let inner = Problem::not_found("inside").into_response();
        format!(
            "{} in {}",
            inner.headers()["content-type"].to_str().expect("text"),
            problem.status().as_u16()
        )
    };
    let server = Server::start(api().problem_format(format)).await;
    let (_, _, body) = failure(server.client().request(Method::GET, "/plain")).await;
    assert_eq!(body, "application/problem+json in 403");
}

#[tokio::test]
async fn of_several_apps_the_outermost_counts() {
    let inner = || failing_app().problem_format(flat);
    let outer = App::new()
        .nest("/in", inner())
        .merge(App::new().mount::<coded>())
        .problem_format(api_error);
    let server = Server::start(outer).await;
    for path in ["/in/async?after=0", "/in/plain", "/coded", "/in/nowhere", "/in/async"] {
        let (_, _, body) = failure(server.client().request(Method::GET, path)).await;
        assert!(body["error"]["message"].is_string(), "{path}: {body}");
    }
    let events = server.client().events("/in/async?after=1").await.rest().await;
    assert!(events.iter().any(|event| event.data.contains("{\"error\":{")), "{events:?}");

    for (app, what) in [
        (App::<()>::new().nest("/in", App::new().merge(inner())), "a problem_format"),
        (App::new().merge(failing_app().keep_rejections()), "keep_rejections"),
    ] {
        for error in
            [app.openapi().err(), app.into_router().err()].map(|error| error.expect("it is lost"))
        {
            assert!(error.to_string().contains(what), "{error}");
        }
    }
    let both = App::<()>::new().merge(failing_app().keep_rejections()).keep_rejections();
    assert!(both.into_router().is_ok());
}

#[tokio::test]
async fn a_router_of_an_app_has_its_format_in_another_server() {
    let settings =
        [("docs.enabled", "false"), ("health.enabled", "false"), ("metrics.enabled", "false")];
    let router = || {
        let app = api().problem_format(api_error).config(config(&settings));
        app.into_router().expect("a router")
    };
    let plain = async || -> Result<(), Problem> { Err(Problem::gone("it is")) };
    let outside = Router::new().route("/outside", get(plain)).merge(router());
    let in_an_app = App::new().merge(Router::new().route("/outside", get(plain)).merge(router()));
    for server in [Server::start_router(outside).await, Server::start(in_an_app).await] {
        let client = server.client();
        for path in ["/async?after=0", "/plain", "/async", "/panics/before"] {
            let (_, kind, body) = failure(client.request(Method::GET, path)).await;
            assert_eq!(kind, "application/json", "{path}");
            assert!(body["error"]["message"].is_string(), "{path}: {body}");
        }
        let events = client.events("/async?after=1").await.rest().await;
        assert!(events.iter().any(|event| event.data.contains("{\"error\":{")), "{events:?}");
        let (_, kind, _) = failure(client.request(Method::GET, "/outside")).await;
        assert_eq!(kind, PROBLEM);
    }
}

#[tokio::test]
async fn a_media_type_that_is_none_is_an_error_of_the_app() {
    for media_type in ["", "json", "application/", "text/plain", "text/json\r\nx: y", "a b/json"] {
        let app: App = App::new().problem_format_as(media_type, flat);
        let error = app.into_router().expect_err(media_type);
        assert!(error.to_string().contains("not a media type of JSON"), "{error}");
    }
}
