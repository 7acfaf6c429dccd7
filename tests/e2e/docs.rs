//! The page that shows the API, and the OpenAPI document: what is served, and where.

use std::io::Read as _;

use bolt::ErrorKind;
use bolt::axum::routing::get;
use bolt::prelude::*;
use bolt_tests::client::answer;
use bolt_tests::{Probe, Server};
use flate2::read::GzDecoder;
use reqwest::header::HeaderMap;
use reqwest::{Method, Response, StatusCode};
use serde_json::{Value, json};

/// Says one.
#[stream(get, "/one")]
async fn one() -> u32 {
    emit!(1);
}

/// Says one, and stays.
#[stream(get, "/beats/{of}")]
async fn beats(Path(_): Path<String>, State(probe): State<Probe>) -> u32 {
    let _inside = probe.enter();
    emit!(1);
    std::future::pending::<()>().await;
}

#[stream(post, "/docs")]
async fn posted() -> u32 {
    emit!(1);
}

#[stream(get, "/docs")]
async fn in_the_way() -> u32 {
    emit!(1);
}

fn app() -> App {
    App::new().mount::<one>().config(Config::defaults())
}

fn with(settings: &[(&str, &str)]) -> Config {
    let config = Config::defaults();
    settings.iter().fold(config, |config, (key, value)| config.set(key, value))
}

async fn get_with(server: &Server, path: &str, headers: &[(&str, &str)]) -> Response {
    let request = server.client().request(Method::GET, path);
    answer(headers.iter().fold(request, |request, (name, value)| request.header(*name, *value)))
        .await
}

/// What a page loads, as it writes it.
fn scripts(html: &str) -> Vec<&str> {
    let sources = html.split("src=\"").skip(1);
    sources.filter_map(|rest| rest.split('"').next()).collect()
}

/// A header that is there once.
fn header<'a>(headers: &'a HeaderMap, name: &str) -> &'a str {
    let values: Vec<_> = headers.get_all(name).iter().collect();
    assert_eq!(values.len(), 1, "{name} in {headers:?}");
    values[0].to_str().expect("text")
}

async fn everything(server: &Server) -> Vec<String> {
    let page = server.client().get("/docs").await.text().await.expect("a page");
    let scripts = scripts(&page).into_iter().map(|path| format!("/{path}"));
    let all: Vec<_> =
        ["/docs", "/openapi.json"].map(String::from).into_iter().chain(scripts).collect();
    assert_eq!(all.len(), 4, "{page}");
    all
}

#[tokio::test]
async fn the_document_is_json_of_the_mounted_streams() {
    let server = Server::start(app()).await;
    let document = server.client().get("/openapi.json").await;
    assert_eq!(document.status(), StatusCode::OK);
    assert_eq!(header(document.headers(), "content-type"), "application/json");
    assert_eq!(header(document.headers(), "cache-control"), "no-cache");
    assert_eq!(header(document.headers(), "x-content-type-options"), "nosniff");
    let document: Value =
        serde_json::from_str(&document.text().await.expect("text")).expect("JSON");
    assert_eq!(document["openapi"], "3.2.0");
    let success = &document["paths"]["/one"]["get"]["responses"]["200"];
    assert!(success["content"]["text/event-stream"].is_object(), "{document}");
}

#[tokio::test]
async fn the_page_loads_only_what_the_app_has_and_says_so_to_the_browser() {
    let server = Server::start(app()).await;
    let page = server.client().get("/docs").await;
    let headers = page.headers().clone();
    assert_eq!(header(&headers, "content-type"), "text/html; charset=utf-8");
    assert_eq!(header(&headers, "cache-control"), "no-cache");
    assert_eq!(header(&headers, "x-content-type-options"), "nosniff");
    assert_eq!(header(&headers, "x-frame-options"), "DENY");
    assert_eq!(header(&headers, "referrer-policy"), "no-referrer");
    assert_eq!(header(&headers, "cross-origin-opener-policy"), "same-origin");
    let policy = header(&headers, "content-security-policy");
    for part in
        ["default-src 'none'", "script-src 'self'", "connect-src 'self'", "frame-ancestors 'none'"]
    {
        assert!(policy.split("; ").any(|found| found == part), "{part} in {policy}");
    }
    assert!(!policy.contains("unsafe-eval") && !policy.contains("http"), "{policy}");
    let html = page.text().await.expect("text");
    assert!(!html.contains("//") && !html.contains('{'), "{html}");
    for path in everything(&server).await.into_iter().skip(2) {
        let script = server.client().get(&path).await;
        assert_eq!(script.status(), StatusCode::OK, "{path}");
        assert_eq!(header(script.headers(), "content-type"), "text/javascript; charset=utf-8");
        assert_eq!(
            header(script.headers(), "cache-control"),
            "public, max-age=31536000, immutable"
        );
    }
}

/// The files that the page of the streams and its scripts name.
async fn files_of_streams(server: &Server, page: &str) -> Vec<String> {
    let base = format!("http://x{page}").parse::<reqwest::Url>().expect("an address");
    let mut found = vec![page.to_owned()];
    let mut next = 0;
    while let Some(path) = found.get(next).cloned() {
        next += 1;
        let text = server.client().get(&path).await.text().await.expect("text");
        let links = ["src=\"", "rel=\"stylesheet\" href=\"", "from \"", "data-counts=\""];
        for link in links.iter().flat_map(|before| text.split(before).skip(1)) {
            let link = link.split('"').next().expect("the first");
            let link = base.join(&path).and_then(|base| base.join(link)).expect("a link");
            let path = link.path().to_owned();
            if !found.contains(&path) {
                found.push(path);
            }
        }
    }
    found
}

#[tokio::test]
async fn the_page_of_the_streams_has_all_that_it_names() {
    let moved = with(&[("docs.streams", "/a/b")]);
    for (app, page) in [(app(), "/streams"), (app().config(moved), "/a/b")] {
        let server = Server::start(app).await;
        let files = files_of_streams(&server, page).await;
        assert_eq!(files.len(), 10, "{files:?}");
        for path in files {
            let file = server.client().get(&path).await;
            assert_eq!(file.status(), StatusCode::OK, "{path}");
            assert_eq!(header(file.headers(), "x-content-type-options"), "nosniff");
            let cache = if path.ends_with("counts.json") { "no-store" } else { "no-cache" };
            assert_eq!(header(file.headers(), "cache-control"), cache, "{path}");
        }
        let page = server.client().get(page).await;
        let policy = header(page.headers(), "content-security-policy");
        assert!(policy.starts_with("default-src 'none'; script-src 'self'; style-src 'self';"));
        assert!(!policy.contains("unsafe") && !policy.contains("http"), "{policy}");
        let html = page.text().await.expect("text");
        assert!(!html.contains('{') && !html.contains("style="), "{html}");
    }
}

#[tokio::test]
async fn the_streams_are_counted_while_they_are_open() {
    let probe = Probe::default();
    let counted = App::new().mount::<one>().merge(App::new().mount::<beats>());
    let nested = App::new().mount::<beats>();
    let server = Server::start(counted.nest("/more", nested).state(probe.clone())).await;
    let counts = async || {
        let counts = server.client().get("/streams/counts.json").await;
        let counts = counts.text().await.expect("text");
        serde_json::from_str::<Value>(&counts).expect("JSON")["streams"].clone()
    };
    let never = |path: &str, name: &str| json!({ "method": "GET", "path": path, "name": format!("e2e::docs::{name}") });
    let seen = |now: &Value| ["open", "started", "events"].map(|count| now[count].clone());
    let (one, beats) = (never("/one", "one"), never("/beats/{of}", "beats"));
    assert_eq!(counts().await, json!([one, beats, never("/more/beats/{of}", "beats")]));
    let mut open = Vec::new();
    for path in ["/beats/a", "/beats/b", "/more/beats/c"] {
        let mut events = server.client().events(path).await;
        events.next().await;
        open.push(events);
    }
    assert_eq!(server.client().events("/one").await.rest_data().await, ["1"]);
    let now = counts().await;
    assert_eq!(seen(&now[0]), [json!(0), json!(1), json!(1)], "{now}");
    assert_eq!(seen(&now[1]), [json!(2), json!(2), json!(2)], "{now}");
    assert_eq!(seen(&now[2]), [json!(1), json!(1), json!(1)], "{now}");
    drop(open);
    probe.opens(0).await;
    let now = counts().await;
    assert_eq!(seen(&now[1]), [json!(0), json!(2), json!(2)], "{now}");
    assert!(
        now[1]["ended"].as_array().is_some_and(|ended| ended.contains(&json!(["client_left", 2])))
    );
    assert_eq!(seen(&now[2]), [json!(0), json!(1), json!(1)], "{now}");
}

#[tokio::test]
async fn both_forms_are_the_same_bytes_and_each_has_its_tag() {
    let server = Server::start(app()).await;
    for path in everything(&server).await {
        let plain = get_with(&server, &path, &[]).await;
        let gzip = get_with(&server, &path, &[("accept-encoding", "br, gzip;q=0.9")]).await;
        for response in [&plain, &gzip] {
            assert_eq!(header(response.headers(), "vary"), "accept-encoding", "{path}");
        }
        assert!(!plain.headers().contains_key("content-encoding"));
        assert_eq!(header(gzip.headers(), "content-encoding"), "gzip");
        let tags = [&plain, &gzip].map(|response| header(response.headers(), "etag").to_owned());
        assert_ne!(tags[0], tags[1]);
        assert!(tags.iter().all(|tag| tag.starts_with('"')), "strong: {tags:?}");
        let length = header(plain.headers(), "content-length").to_owned();
        let (plain, gzip) = (plain.bytes().await.expect("all"), gzip.bytes().await.expect("all"));
        assert_eq!(length, plain.len().to_string());
        let mut inflated = Vec::new();
        GzDecoder::new(&gzip[..]).read_to_end(&mut inflated).expect("gzip");
        assert!(inflated == plain, "{path}: {} and {} bytes", inflated.len(), plain.len());
    }
}

#[tokio::test]
async fn who_has_it_already_is_told_so_without_a_body() {
    let server = Server::start(app()).await;
    for path in everything(&server).await {
        for encoding in ["identity", "gzip"] {
            let first = get_with(&server, &path, &[("accept-encoding", encoding)]).await;
            let tag = header(first.headers(), "etag").to_owned();
            for known in [tag.clone(), format!("W/{tag}"), format!("\"x\", {tag}"), "*".to_owned()]
            {
                let headers = [("accept-encoding", encoding), ("if-none-match", &known)];
                let again = get_with(&server, &path, &headers).await;
                assert_eq!(again.status(), StatusCode::NOT_MODIFIED, "{path} {known}");
                for name in ["etag", "cache-control", "vary"] {
                    assert_eq!(header(again.headers(), name), header(first.headers(), name));
                }
                assert!(!again.headers().contains_key("content-encoding"));
                assert!(again.bytes().await.expect("nothing").is_empty());
            }
            let headers = [("accept-encoding", encoding), ("if-none-match", "\"x\"")];
            assert_eq!(get_with(&server, &path, &headers).await.status(), StatusCode::OK);
        }
    }
}

#[tokio::test]
async fn head_says_what_get_would() {
    let server = Server::start(app()).await;
    for path in everything(&server).await {
        for encoding in ["identity", "gzip"] {
            let get = get_with(&server, &path, &[("accept-encoding", encoding)]).await;
            let head = server.client().request(Method::HEAD, &path);
            let head = answer(head.header("accept-encoding", encoding)).await;
            assert_eq!(head.status(), StatusCode::OK);
            for name in ["content-type", "content-length", "etag", "cache-control", "vary"] {
                assert_eq!(header(head.headers(), name), header(get.headers(), name), "{path}");
            }
            assert!(head.bytes().await.expect("nothing").is_empty());
        }
        let posted = answer(server.client().request(Method::POST, &path)).await;
        assert_eq!(posted.status(), StatusCode::METHOD_NOT_ALLOWED, "{path}");
    }
}

#[tokio::test]
async fn the_connection_serves_on_after_a_plain_script() {
    let server = Server::start(app()).await;
    let script = everything(&server).await.pop().expect("a script");
    let mut raw = server.connect().await;
    for path in [script.as_str(), "/one", "/openapi.json"] {
        raw.get(path).await;
        assert_eq!(raw.response().await.status, 200, "{path}");
    }
}

#[tokio::test]
async fn a_slash_too_many_leads_to_the_page() {
    let server = Server::start(app()).await;
    let page = server.client().get("/docs/").await;
    assert_eq!((page.status(), page.url().path()), (StatusCode::OK, "/docs"));
}

#[tokio::test]
async fn it_can_be_moved_and_turned_off() {
    let moved = with(&[("docs.path", "/a/b/api"), ("docs.openapi", "/a/api.json")]);
    let server = Server::start(app().config(moved)).await;
    let page = server.client().get("/a/b/api").await.text().await.expect("a page");
    assert!(page.contains("data-document=\"../api.json\" data-root=\"../../\""), "{page}");
    for path in ["/a/api.json".to_owned(), format!("/a/b/{}", scripts(&page)[0])] {
        assert_eq!(server.client().get(&path).await.status(), StatusCode::OK, "{path}");
    }
    for path in ["/docs", "/openapi.json"] {
        assert_eq!(server.client().get(path).await.status(), StatusCode::NOT_FOUND, "{path}");
    }

    let root = Server::start(app().config(with(&[("docs.path", "/")]))).await;
    assert_eq!(root.client().get("/").await.status(), StatusCode::OK);

    let all = everything(&Server::start(app()).await).await;
    let off = Server::start(app().config(with(&[("docs.enabled", "false")]))).await;
    for path in all.iter().map(String::as_str).chain(["/docs/"]) {
        assert_eq!(off.client().get(path).await.status(), StatusCode::NOT_FOUND, "{path}");
    }
    assert_eq!(off.client().events("/one").await.rest_data().await, ["1"]);
}

#[tokio::test]
async fn below_another_path_it_finds_its_own() {
    let router: Router = app().into_router().expect("no conflicts");
    let server = Server::start_router(Router::new().nest("/below", router)).await;
    let page = server.client().get("/below/docs/").await;
    assert_eq!(page.url().path(), "/below/docs");
    let url = page.url().clone();
    let page = page.text().await.expect("a page");
    for link in scripts(&page).into_iter().chain(["openapi.json"]) {
        let path = url.join(link).expect("a link").path().to_owned();
        assert_eq!(server.client().get(&path).await.status(), StatusCode::OK, "{path}");
    }
}

#[test]
fn an_app_with_a_route_in_its_place_does_not_start_and_says_what_to_set() {
    let help =
        "; set docs.path, docs.openapi or docs.streams to another path, or docs.enabled to false";
    let refused = |app: App, path: &str, by: &str| {
        let error = app.into_router().expect_err("a conflict");
        assert_eq!(error.kind(), ErrorKind::Route);
        let expected = format!("the API documentation cannot be at {path}: {by} there{help}");
        assert_eq!(error.to_string(), expected);
    };
    refused(app().mount::<in_the_way>(), "/docs", "the stream `e2e::docs::in_the_way` is");
    refused(app().route("/streams", get(|| async { "mine" })), "/streams", "a route of the app is");
    refused(
        app().route("/openapi.json", get(|| async { "mine" })),
        "/openapi.json",
        "a route of the app is",
    );
    let merged = Router::new().route("/docs", get(|| async { "mine" }));
    refused(app().merge(merged), "/docs", "a route of the app is");
    // What they say, helps; and another method is no conflict.
    for settings in [[("docs.enabled", "false")], [("docs.path", "/api")]] {
        let app = app().mount::<in_the_way>().config(with(&settings));
        let started = app.into_router();
        assert!(started.is_ok(), "{settings:?}: {:?}", started.err());
    }
    assert!(app().mount::<posted>().into_router().is_ok());
    for key in ["docs.openapi", "docs.path"] {
        let error = app().config(with(&[(key, "/streams/main.js")])).into_router();
        let error = error.expect_err("a conflict").to_string();
        assert!(
            error.ends_with("is where a page of the others has a file: set it to another path"),
            "{error}"
        );
    }
}

#[test]
fn a_place_that_cannot_be_is_a_fault_of_its_key() {
    for bad in
        ["docs", "", "/docs/", "/{docs}", "/a//b", "/a/../b", "/a b", "/a?b", "/a#b", "/\u{e9}"]
    {
        for key in ["docs.path", "docs.openapi"] {
            let error = Config::defaults().set(key, bad).check().expect_err(bad).to_string();
            assert!(
                error.contains(&format!("{key} is {bad:?}\n    expected a path such as")),
                "{error}"
            );
        }
    }
    for settings in [
        &[("docs.path", "/openapi.json")][..],
        &[("docs.openapi", "/docs")],
        &[("docs.path", "/same"), ("docs.openapi", "/same")],
        &[("docs.path", "/streams")],
        &[("docs.streams", "/docs")],
        &[("docs.openapi", "/same"), ("docs.streams", "/same")],
    ] {
        let error = with(settings).check().expect_err("a fault").to_string();
        let (key, path) = settings.last().expect("one");
        let what = format!("{key} is {path:?}: ");
        assert!(error.contains(&what), "{error}");
        assert!(error.contains(" is at the same path\n    choose another"), "{error}");
    }
    with(&[("docs.path", "/openapi.json"), ("docs.openapi", "/docs")]).check().expect("no fault");
}

#[tokio::test]
async fn the_layers_of_an_app_are_around_its_documentation_too() {
    use bolt::axum::extract::Request;
    use bolt::axum::middleware::{Next, from_fn};
    use bolt::axum::response::{IntoResponse, Response};

    async fn only_for_friends(request: Request, next: Next) -> Response {
        match request.headers().get("authorization") {
            Some(word) if word == "Bearer friend" => next.run(request).await,
            _ => StatusCode::UNAUTHORIZED.into_response(),
        }
    }
    let inner = App::new().mount::<posted>().layer(from_fn(only_for_friends));
    let open = Server::start(App::new().mount::<one>().nest("/inner", inner)).await;
    assert_eq!(open.client().get("/openapi.json").await.status(), 200);
    let closed = Server::start(app().layer(from_fn(only_for_friends))).await;
    for path in everything(&open).await {
        assert_eq!(closed.client().get(&path).await.status(), 401, "{path}");
        let known = get_with(&closed, &path, &[("authorization", "Bearer friend")]).await;
        assert_eq!(known.status(), 200, "{path}");
    }
}
