//! What extractors and routes refuse: problems in an app, axum's own answers where it keeps them.

use bolt::axum::body::{Body, Bytes};
use bolt::axum::extract::{Extension, Form, FromRequestParts};
use bolt::axum::http::request::Parts;
use bolt::axum::http::{StatusCode, header};
use bolt::axum::response::{AppendHeaders, Html, IntoResponse, Redirect, Response};
use bolt::axum::routing::{any, get, post};
use bolt::prelude::*;
use bolt_tests::Server;
use bolt_tests::client::answer;
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use tower_http::cors::CorsLayer;

const PROBLEM: &str = "application/problem+json";
const TEXT: &str = "text/plain; charset=utf-8";

/// What matters of an answer. The body is JSON, or text.
#[derive(Debug, PartialEq)]
struct Answer {
    status: u16,
    kind: Option<String>,
    body: Value,
}

async fn answered(request: RequestBuilder) -> Answer {
    let response = answer(request).await;
    let status = response.status().as_u16();
    let kind = response.headers().get(header::CONTENT_TYPE);
    let kind = kind.map(|kind| kind.to_str().expect("text").to_owned());
    let text = response.text().await.expect("a body");
    let mut body = serde_json::from_str(&text).unwrap_or(Value::String(text));
    if let Some(members) = body.as_object_mut() {
        members.remove("request_id");
    }
    Answer { status, kind, body }
}

/// A problem that says this.
fn problem(status: u16, detail: Option<&str>) -> Answer {
    let title = StatusCode::from_u16(status).expect("a status").canonical_reason();
    let mut body = json!({ "title": title, "status": status });
    if let Some(detail) = detail {
        body["detail"] = json!(detail);
    }
    Answer { status, kind: Some(PROBLEM.to_owned()), body }
}

fn text(status: u16, body: &str) -> Answer {
    Answer { status, kind: Some(TEXT.to_owned()), body: json!(body) }
}

fn nothing(status: u16) -> Answer {
    Answer { status, kind: None, body: json!("") }
}

// --- Extractors. ---

#[derive(Deserialize, ToSchema)]
struct Range {
    from: u8,
}

#[stream(get, "/query")]
async fn query(Query(range): Query<Range>) -> u8 {
    emit!(range.from);
}

#[stream(get, "/path/{n}")]
fn path(Path(n): Path<u8>) -> u8 {
    emit!(n);
}

#[stream(get, "/two/{n}")]
async fn two(Query(range): Query<Range>, Path(n): Path<u8>) -> u8 {
    emit!(range.from + n);
}

#[stream(post, "/json")]
fn json(Json(range): Json<Range>) -> impl Iterator<Item = u8> {
    std::iter::once(range.from)
}

#[stream(post, "/form")]
async fn form(Form(range): Form<Range>) -> u8 {
    emit!(range.from);
}

#[stream(post, "/text")]
async fn takes_text(text: String) -> String {
    emit!(text);
}

#[stream(post, "/bytes")]
async fn takes_bytes(bytes: Bytes) -> usize {
    emit!(bytes.len());
}

#[derive(Clone)]
struct Missing;

#[stream(get, "/extension")]
async fn extension(_missing: Extension<Missing>) -> u8 {
    emit!(1);
}

fn streams() -> App {
    App::new()
        .mount::<query>()
        .mount::<path>()
        .mount::<two>()
        .mount::<json>()
        .mount::<form>()
        .mount::<takes_text>()
        .mount::<takes_bytes>()
        .mount::<extension>()
}

/// The same extractors in axum's own handlers.
fn handlers() -> Router {
    Router::new()
        .route("/query", get(async |_: Query<Range>| ()))
        .route("/path/{n}", get(async |_: Path<u8>| ()))
        .route("/two/{n}", get(async |_: Query<Range>, _: Path<u8>| ()))
        .route("/json", post(async |_: Json<Range>| ()))
        .route("/form", post(async |_: Form<Range>| ()))
        .route("/text", post(async |_: String| ()))
        .route("/bytes", post(async |_: Bytes| ()))
        .route("/extension", get(async |_: Extension<Missing>| ()))
}

const JSON: (&str, &str) = ("content-type", "application/json");
const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");

/// A request that is refused, to a server of either.
fn refused(server: &Server) -> Vec<RequestBuilder> {
    let client = server.client();
    let get = |path: &str| client.request(Method::GET, path);
    let post = |path: &str, (name, value): (&str, &str), body: Vec<u8>| {
        client.request(Method::POST, path).header(name, value).body(body)
    };
    let large = vec![b' '; 3 * 1024 * 1024];
    vec![
        get("/query"),
        get("/query?from=x"),
        get("/query?from=%22%3Cb%3E%0A"),
        get("/query?from=300"),
        get("/path/x"),
        get("/path/%ff"),
        get("/two/1"),
        get("/two/x?from=1"),
        post("/json", TEXT_PLAIN, b"1".to_vec()),
        post("/json", JSON, b"{".to_vec()),
        post("/json", JSON, b"{}".to_vec()),
        post("/json", JSON, large.clone()),
        post("/form", JSON, b"from=1".to_vec()),
        post("/form", FORM, b"from=x".to_vec()),
        post("/form", FORM, large.clone()),
        post("/text", TEXT_PLAIN, b"\xff".to_vec()),
        post("/text", TEXT_PLAIN, large.clone()),
        post("/bytes", TEXT_PLAIN, large),
    ]
}

const TEXT_PLAIN: (&str, &str) = ("content-type", "text/plain");

#[tokio::test]
async fn what_axum_says_is_the_detail_and_its_status_stays() {
    let axum = Server::start_router(handlers()).await;
    let bolt = Server::start(streams()).await;
    for (ours, theirs) in refused(&bolt).into_iter().zip(refused(&axum)) {
        let shown = format!("{ours:?}");
        let theirs = answered(theirs).await;
        assert_eq!(theirs.kind.as_deref(), Some(TEXT), "{shown}");
        let said = theirs.body.as_str().expect("text");
        assert_eq!(answered(ours).await, problem(theirs.status, Some(said)), "{shown}");
    }
}

#[tokio::test]
async fn what_the_server_lacks_is_not_told() {
    let server = Server::start(streams()).await;
    let answer = answered(server.client().request(Method::GET, "/extension")).await;
    assert_eq!(answer, problem(500, Some("the server failed; the reason is in its log")));
}

#[tokio::test]
async fn an_app_may_keep_what_axum_says() {
    let axum = Server::start_router(handlers()).await;
    let kept = Server::start(streams().keep_rejections().problem_format(|_| 1)).await;
    // Whoever has no app has axum's too.
    let plain = Router::new()
        .route("/query", get(query))
        .route("/path/{n}", get(path))
        .route("/two/{n}", get(two))
        .route("/json", post(json))
        .route("/form", post(form))
        .route("/text", post(takes_text))
        .route("/bytes", post(takes_bytes))
        .route("/extension", get(extension));
    let plain = Server::start_router(plain).await;
    for server in [&kept, &plain] {
        for (ours, theirs) in refused(server).into_iter().zip(refused(&axum)) {
            assert_eq!(answered(ours).await, answered(theirs).await);
        }
        let request = |server: &Server| server.client().request(Method::GET, "/extension");
        assert_eq!(answered(request(server)).await, answered(request(&axum)).await);
        let client = server.client();
        assert_eq!(answered(client.request(Method::GET, "/nowhere")).await, nothing(404));
        assert_eq!(answered(client.request(Method::PUT, "/query")).await, nothing(405));
    }
}

#[tokio::test]
async fn a_stream_in_a_plain_router_of_an_app_is_one_of_the_app() {
    let router = Router::new()
        .route("/query", get(query))
        .nest("/in", Router::new().route("/query", get(query)));
    let app = App::new().route("/direct", get(query)).merge(router);
    let server = Server::start(app).await;
    for path in ["/direct", "/query", "/in/query"] {
        let answer = answered(server.client().request(Method::GET, path)).await;
        let detail = "Failed to deserialize query string: missing field `from`";
        assert_eq!(answer, problem(400, Some(detail)), "{path}");
    }
}

/// An extractor of one's own, which refuses as the path says.
struct Own;

impl<S: Sync> FromRequestParts<S> for Own {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Response> {
        let challenge = [("www-authenticate", "Bearer")];
        Err(match parts.uri.path() {
            "/own/text" => (StatusCode::UNAUTHORIZED, challenge, "who are you?").into_response(),
            "/own/nothing" => (StatusCode::UNAUTHORIZED, challenge).into_response(),
            "/own/json" => (StatusCode::UNAUTHORIZED, Json(json!({ "who": null }))).into_response(),
            "/own/html" => (StatusCode::UNAUTHORIZED, Html("<p>who?")).into_response(),
            "/own/bytes" => (StatusCode::UNAUTHORIZED, vec![1_u8]).into_response(),
            "/own/redirect" => Redirect::to("/login").into_response(),
            "/own/fine" => (StatusCode::OK, "fine").into_response(),
            "/own/endless" => {
                let chunks = tokio_stream::iter([Ok::<_, std::io::Error>("who?")]);
                let body = Body::from_stream(chunks);
                (StatusCode::UNAUTHORIZED, [("content-type", TEXT)], body).into_response()
            }
            "/own/cookies" => {
                let cookies = AppendHeaders([("set-cookie", "a=1"), ("set-cookie", "b=2")]);
                (StatusCode::FORBIDDEN, cookies, "no").into_response()
            }
            _ => (StatusCode::BAD_GATEWAY, "the password is 12345").into_response(),
        })
    }
}

#[stream(get, "/own/{how}")]
async fn own(_own: Own) -> u8 {
    emit!(1);
}

#[tokio::test]
async fn an_extractor_of_ones_own_that_answers_more_than_text_is_not_touched() {
    let server = Server::start(App::new().mount::<own>()).await;
    let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build();
    let client = client.expect("a client");
    let asked = |how: &str| client.get(server.url(&format!("/own/{how}")));
    assert_eq!(answered(asked("text")).await, problem(401, Some("who are you?")));
    assert_eq!(answered(asked("nothing")).await, problem(401, None));
    for how in ["text", "nothing"] {
        assert_eq!(answer(asked(how)).await.headers()["www-authenticate"], "Bearer");
    }
    let hidden = "the server failed; the reason is in its log";
    assert_eq!(answered(asked("gateway")).await, problem(502, Some(hidden)));
    let cookies = answer(asked("cookies")).await;
    assert_eq!(cookies.headers().get_all("set-cookie").iter().collect::<Vec<_>>(), ["a=1", "b=2"]);
    assert_eq!(cookies.headers().get_all("content-type").iter().collect::<Vec<_>>(), [PROBLEM]);

    let kind = |kind: &str, status, body| Answer { status, kind: Some(kind.to_owned()), body };
    for (how, expected) in [
        ("json", kind("application/json", 401, json!({ "who": null }))),
        ("html", kind("text/html; charset=utf-8", 401, json!("<p>who?"))),
        ("bytes", kind("application/octet-stream", 401, json!("\u{1}"))),
        ("fine", text(200, "fine")),
        ("endless", text(401, "who?")),
        ("redirect", nothing(303)),
    ] {
        assert_eq!(answered(asked(how)).await, expected, "{how}");
    }
}

// --- Routes. ---

#[stream(get, "/ticks")]
async fn ticks() -> u8 {
    emit!(1);
}

#[stream(post, "/ticks")]
async fn posted_ticks() -> u8 {
    emit!(2);
}

fn not_found() -> Answer {
    problem(404, Some("there is nothing at this path"))
}

fn not_allowed() -> Answer {
    let detail =
        "this path does not have the request's method; the header `allow` has those that it has";
    problem(405, Some(detail))
}

#[tokio::test]
async fn what_no_route_takes_is_a_problem() {
    let inner = App::new().mount::<ticks>();
    let app = App::new()
        .mount::<ticks>()
        .mount::<posted_ticks>()
        .route("/plain", get(async || "plain"))
        .nest("/in", inner)
        .nest("/router", Router::new().route("/plain", get(async || "plain")))
        .merge(Router::new().route("/merged", get(async || "plain")));
    let server = Server::start(app).await;
    let client = server.client();
    for path in ["/", "/nowhere", "/in", "/in/nowhere", "/router/nowhere", "/ticks/", "/merged/x"] {
        for method in [Method::GET, Method::POST, Method::OPTIONS] {
            assert_eq!(answered(client.request(method, path)).await, not_found(), "{path}");
        }
        let head = answer(client.request(Method::HEAD, path)).await;
        assert_eq!(
            (head.status().as_u16(), &head.headers()["content-type"]),
            (404, &PROBLEM.parse().expect("a value"))
        );
    }
    for (path, allow) in
        [("/ticks", "GET,HEAD,POST"), ("/plain", "GET,HEAD"), ("/in/ticks", "GET,HEAD")]
    {
        assert_eq!(answered(client.request(Method::PUT, path)).await, not_allowed(), "{path}");
        let response = answer(client.request(Method::PUT, path)).await;
        assert_eq!(response.headers()["allow"], allow, "{path}");
    }
    // Routes of a plain router are its own.
    for path in ["/router/plain", "/merged"] {
        assert_eq!(answered(client.request(Method::PUT, path)).await, nothing(405), "{path}");
    }
}

#[tokio::test]
async fn what_the_app_answers_on_purpose_is_not_touched() {
    let teapot = async || (StatusCode::IM_A_TEAPOT, "short and stout");
    let router = Router::new()
        .route("/merged", get(async || ()).fallback(async || StatusCode::METHOD_NOT_ALLOWED))
        .fallback(async || StatusCode::NOT_FOUND);
    let app = App::new()
        .mount::<ticks>()
        .route("/empty", get(async || StatusCode::NOT_FOUND))
        .route("/text", get(async || (StatusCode::BAD_REQUEST, "no")))
        .route("/query", get(async |_: Query<Range>| ()))
        .route("/own", get(async || ()).fallback(teapot))
        .route("/any", any(teapot))
        .merge(router);
    let server = Server::start(app).await;
    let client = server.client();
    for (method, path, expected) in [
        (Method::GET, "/empty", nothing(404)),
        (Method::GET, "/text", text(400, "no")),
        (Method::PUT, "/own", text(418, "short and stout")),
        (Method::PUT, "/any", text(418, "short and stout")),
        (Method::GET, "/nowhere", nothing(404)),
        (Method::PUT, "/merged", nothing(405)),
        (Method::PUT, "/ticks", not_allowed()),
        (
            Method::GET,
            "/query",
            text(400, "Failed to deserialize query string: missing field `from`"),
        ),
    ] {
        assert_eq!(answered(client.request(method, path)).await, expected, "{path}");
    }
    // A fallback of the outer router counts where the inner one has none.
    let outer = Router::new()
        .fallback(teapot)
        .nest("/in", App::new().mount::<ticks>().into_router().expect("a router"));
    for server in [Server::start_router(outer.clone()).await, Server::start(App::from(outer)).await]
    {
        for path in ["/nowhere", "/in/nowhere"] {
            let answer = answered(server.client().request(Method::GET, path)).await;
            assert_eq!(answer, text(418, "short and stout"), "{path}");
        }
    }
}

#[tokio::test]
async fn layers_of_the_app_are_around_what_no_route_takes() {
    let cors = || CorsLayer::permissive();
    let app = App::new()
        .mount::<ticks>()
        .route("/plain", get(async || "plain"))
        .merge(Router::new().route("/merged", get(async || "merged")))
        .layer(cors());
    let layered = Router::new().route("/before", get(async || "before")).layer(cors());
    let server = Server::start(app.merge(layered)).await;
    for path in ["/ticks", "/plain", "/merged", "/nowhere", "/before"] {
        let asked = |method: Method| {
            server.client().request(method, path).header("origin", "http://a.example")
        };
        let preflight =
            answer(asked(Method::OPTIONS).header("access-control-request-method", "PUT")).await;
        assert_eq!(
            (preflight.status().as_u16(), &preflight.headers()["access-control-allow-origin"]),
            (200, &"*".parse().expect("a value")),
            "{path}"
        );
        let refused = answer(asked(Method::PUT)).await;
        assert_eq!(refused.headers()["access-control-allow-origin"], "*", "{path}");
    }
}

// --- The documentation. ---

#[tokio::test]
async fn the_document_says_what_is_answered() {
    let of = |app: App| {
        let document = app.openapi().expect("a document");
        serde_json::to_value(document).expect("JSON")
    };
    let kinds = |document: &Value, path: &str, method: &str, status: &str| {
        let content = &document["paths"][path][method]["responses"][status]["content"];
        content
            .as_object()
            .map(|kinds| kinds.keys().cloned().collect::<Vec<_>>())
            .unwrap_or_default()
    };
    let answers = [
        ("/query", "get", "400"),
        ("/path/{n}", "get", "400"),
        ("/json", "post", "400"),
        ("/json", "post", "413"),
        ("/json", "post", "415"),
        ("/json", "post", "422"),
        ("/form", "post", "422"),
        ("/text", "post", "400"),
        ("/bytes", "post", "413"),
        ("/query", "get", "406"),
        ("/path/{n}", "get", "503"),
        ("/query", "get", "default"),
    ];
    let (ours, kept) = (of(streams()), of(streams().keep_rejections()));
    for (path, method, status) in answers {
        assert_eq!(kinds(&ours, path, method, status), [PROBLEM], "{path} {status}");
        let is_bolts = ["406", "503", "default"].contains(&status);
        let expected = if is_bolts { PROBLEM } else { TEXT };
        assert_eq!(kinds(&kept, path, method, status), [expected], "{path} {status}");
    }
    let problem = &ours["components"]["schemas"]["Problem"];
    assert_eq!(problem["additionalProperties"], json!(true), "{problem}");

    #[derive(Serialize, ToSchema)]
    struct ApiError {
        error: String,
    }
    let format = |problem: &Problem| ApiError { error: problem.to_string() };
    let own = of(streams().problem_format_as("application/vnd.example+json", format));
    for (path, method, status) in answers {
        let kinds = kinds(&own, path, method, status);
        assert_eq!(kinds, ["application/vnd.example+json"], "{path} {status}");
        let content = &own["paths"][path][method]["responses"][status]["content"][&kinds[0]];
        assert_eq!(content["schema"]["$ref"], "#/components/schemas/ApiError", "{content}");
    }
    let schemas = &own["components"]["schemas"];
    assert!(schemas["Problem"].is_null(), "{schemas}");
    let event = &schemas["ProblemEvent"]["properties"]["data"]["contentSchema"];
    assert_eq!(event["$ref"], "#/components/schemas/ApiError", "{schemas}");
    let lines = &own["paths"]["/query"]["get"]["responses"]["200"]["content"]["application/jsonl"];
    let last = lines["itemSchema"]["anyOf"].as_array().and_then(|all| all.last()).expect("a last");
    assert_eq!(last["$ref"], "#/components/schemas/ApiError", "{lines}");
}
