//! The page of the API documentation in a real browser: a stream that is tried out arrives live, nothing is loaded
//! from elsewhere, and what a document says stays text.

use std::time::Duration;

use bolt::axum::extract::Request;
use bolt::axum::middleware::{Next, from_fn};
use bolt::axum::response::{IntoResponse as _, Response};
use bolt::prelude::*;
use bolt::utoipa::openapi::{InfoBuilder, OpenApiBuilder};
use bolt_tests::{Probe, Server};
use serde_json::{Value, json};

use crate::browser::{Browser, Quickstart};

/// Twenty beats, two a second.
#[stream(get, "/beats")]
async fn beats(State(probe): State<Probe>) -> String {
    let inside = probe.enter();
    for beat in 1..=20 {
        emit!(format!("beat {beat}"));
        inside.emits(1);
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
}

/// The addresses that the browser has sent requests to, of those in its log of the network.
pub(crate) fn asked(log: &[Value]) -> Vec<String> {
    let messages = log
        .iter()
        .filter_map(|entry| serde_json::from_str::<Value>(entry["message"].as_str()?).ok());
    let urls = messages.filter_map(|message| {
        let message = &message["message"];
        let sent = message["method"] == "Network.requestWillBeSent";
        sent.then(|| message["params"]["request"]["url"].as_str().map(str::to_owned))?
    });
    urls.filter(|url| !url.starts_with("data:") && !url.starts_with("blob:")).collect()
}

/// Opens the page and waits until Scalar shows the document.
async fn open(browser: &Browser, url: &str) {
    browser.client.goto(url).await.expect("the page opens");
    browser.until("return document.querySelector('.scalar-app') ? true : null").await;
}

/// Presses the first button with this text that can be seen.
fn press(text: &str) -> String {
    format!(
        "const button = [...document.querySelectorAll('button')].find(b => b.checkVisibility() && \
         !b.disabled && (b.textContent.trim() + ' ' + (b.ariaLabel ?? '')).includes({text:?})); \
         if (!button) return null; button.click(); return true;"
    )
}

/// Opens the form of the first operation and sends its request.
async fn try_out(browser: &Browser) {
    browser.until(&press("Test Request")).await;
    browser.until(&press("Send")).await;
}

/// What the browser has to complain about; that a script has said its name is nothing to complain about.
pub(crate) async fn complaints(browser: &Browser) -> Vec<Value> {
    let mut entries = browser.log("browser").await;
    entries.retain(|entry| entry["level"] != "INFO" && entry["level"] != "DEBUG");
    entries
}

fn app(probe: &Probe) -> App {
    let info = InfoBuilder::new().title("Beats").version("1.0.0").build();
    let described = OpenApiBuilder::new().info(info).build();
    let app = App::new().mount::<beats>().state(probe.clone());
    app.describe(described).config(Config::defaults())
}

#[tokio::test]
#[ignore = "needs chromium and chromedriver; .ci/run installs and runs it"]
async fn a_stream_that_is_tried_out_is_shown_as_it_comes() {
    for (scheme, preferred) in [("dark", 0), ("light", 1)] {
        let probe = Probe::default();
        let server = Server::start(app(&probe)).await;
        let preferred = format!("--blink-settings=preferredColorScheme={preferred}");
        let browser = Browser::start_with(&[&preferred, "--window-size=1280,800"]).await;
        browser
            .before_each_page(
                "window.refused = []; addEventListener('securitypolicyviolation', \
                 event => refused.push(event.violatedDirective + ' ' + event.blockedURI))",
            )
            .await;
        open(&browser, &server.url("/docs")).await;
        let class = format!("return document.body.classList.contains('{scheme}-mode') || null");
        browser.until(&class).await;
        try_out(&browser).await;
        browser.until("return document.body.innerText.includes('beat 2') || null").await;
        assert_eq!((probe.open(), probe.begun()), (1, 1), "it was shown before the end");
        let urls = asked(&browser.log("performance").await);
        assert!(urls.contains(&server.url("/beats")), "{urls:?}");
        for url in &urls {
            assert!(url.starts_with(&server.url("/")), "{url} of {urls:?}");
        }
        let complaints = complaints(&browser).await;
        assert!(complaints.is_empty(), "{complaints:?}");
        assert_eq!(
            browser.until("return refused").await,
            json!([]),
            "the page may do what it does"
        );
        // No offers of those who made the page.
        let text = browser.until("return document.body.innerText.toLowerCase()").await;
        let text = text.as_str().expect("text");
        assert!(text.contains("test request"), "the words are in it: {text}");
        for offer in
            ["sdk", "deploy", "share", "ask ai", "agent", "mcp", "api client", "developer tools"]
        {
            assert!(!text.contains(offer), "{offer} in {text}");
        }
        browser.end().await;
        // Who goes away ends it.
        probe.opens(0).await;
    }
}

#[tokio::test]
#[ignore = "needs chromium and chromedriver; .ci/run installs and runs it"]
async fn below_another_path_it_tries_out_what_is_there() {
    let probe = Probe::default();
    let router = app(&probe).into_router().expect("no conflicts");
    let server = Server::start_router(Router::new().nest("/below", router)).await;
    let browser = Browser::start().await;
    open(&browser, &server.url("/below/docs/")).await;
    try_out(&browser).await;
    browser.until("return document.body.innerText.includes('beat 2') || null").await;
    let urls = asked(&browser.log("performance").await);
    assert!(urls.contains(&server.url("/below/beats")), "{urls:?}");
    browser.end().await;
}

/// A document of one who wants his script to run wherever the page shows a text.
pub(crate) fn hostile() -> Value {
    let text = "</script></title></style><script>window.pwned = 1</script>\
                <img src=x onerror=\"window.pwned = 2\"><svg onload=\"window.pwned = 3\"></svg>\
                <iframe srcdoc=\"<script>parent.pwned = 4</script>\"></iframe>\
                <a href=\"javascript:window.pwned = 5\">click</a>\n\n\
                [click](javascript:window.pwned=6) [click](data:text/html,<script>alert(7)</script>)\n\n\
                ![x](x\" onerror=\"window.pwned=8) <form action=\"https://evil.example/\"><button>go</button></form>\n\n\
                <base href=\"https://evil.example/\"><meta http-equiv=\"refresh\" content=\"0;url=https://evil.example/\">\n\n\
                <style>@import 'https://evil.example/a.css';</style><link rel=stylesheet href=\"https://evil.example/b.css\">\n\n\
                <img src=\"https://evil.example/c.png\">{{constructor.constructor('window.pwned = 9')()}}";
    let beats = json!({ "get": {
        "tags": [text], "summary": text, "description": text, "operationId": text,
        "externalDocs": { "url": "javascript:window.pwned = 15", "description": text },
        "parameters": [{
            "name": text, "in": "query", "description": text, "example": text,
            "schema": { "type": "string", "enum": [text], "default": text, "description": text },
        }, { "name": "of", "in": "path", "required": true, "description": text, "schema": { "type": "string" } }],
        "responses": { "200": { "description": text, "content": { "text/event-stream": {
            "itemSchema": { "$ref": "#/components/schemas/Hostile" }, "example": text,
        } } } },
    } });
    json!({
        "openapi": "3.2.0",
        "info": {
            "title": text, "version": text, "description": text, "summary": text,
            "contact": { "name": text, "url": "javascript:window.pwned = 10", "email": text },
            "license": { "name": text, "url": "javascript:window.pwned = 11" },
            "termsOfService": "javascript:window.pwned = 12",
        },
        "externalDocs": { "url": "javascript:window.pwned = 13", "description": text },
        "servers": [{ "url": "/", "description": text }],
        "tags": [{ "name": text, "description": text, "externalDocs": { "url": "javascript:window.pwned = 14" } }],
        "paths": { "/beats": beats, "/beats/{of}": beats },
        "components": { "schemas": { "Hostile": {
            "type": "object", "title": text, "description": text,
            "properties": { text: { "type": "string", "description": text, "pattern": text } },
        } } },
    })
}

/// Answers with the hostile document in place of the app's.
pub(crate) async fn replace(request: Request, next: Next) -> Response {
    if request.uri().path() == "/openapi.json" {
        return bolt::axum::Json(hostile()).into_response();
    }
    next.run(request).await
}

#[tokio::test]
#[ignore = "needs chromium and chromedriver; .ci/run installs and runs it"]
async fn what_a_document_says_stays_text() {
    let router = app(&Probe::default()).into_router().expect("no conflicts");
    let server = Server::start_router(router.layer(from_fn(replace))).await;
    let browser = Browser::start().await;
    open(&browser, &server.url("/docs")).await;
    browser.until("return document.body.innerText.includes('/beats') || null").await;
    // Whatever can be unfolded, is; and everything that looks like a link to a script is followed.
    browser
        .until(
            "for (const e of document.querySelectorAll('#api [aria-expanded=false], #api details, .scalar-app [aria-expanded=false]')) e.click(); \
             for (const a of document.querySelectorAll('a')) \
               if (/^(javascript|data|vbscript):/i.test(a.getAttribute('href') ?? '')) a.click(); \
             return true",
        )
        .await;
    try_out(&browser).await;
    browser.until("return document.body.innerText.includes('beat 2') || null").await;
    let found = browser
        .until(
            "return { pwned: window.pwned ?? null, title: document.title, \
             handlers: [...document.querySelectorAll('*')].flatMap(e => e.getAttributeNames()) \
               .filter(name => name.startsWith('on')), \
             foreign: [...document.querySelectorAll('.scalar-app iframe, .scalar-app form[action], base, \
               meta[http-equiv], link[rel=stylesheet], .scalar-app script, a[href^=\"javascript:\" i]')] \
               .map(e => e.outerHTML) }",
        )
        .await;
    assert_eq!(found["pwned"], Value::Null, "{found}");
    assert_eq!(found["handlers"], json!([]), "{found}");
    assert_eq!(found["foreign"], json!([]), "{found}");
    // The page is where it was, and what it asked others for, the browser has not sent.
    assert!(
        browser
            .client
            .current_url()
            .await
            .expect("an address")
            .as_str()
            .starts_with(&server.url("/docs"))
    );
    for entry in browser.log("performance").await {
        let text = entry["message"].as_str().expect("text");
        let answered =
            text.contains("Network.responseReceived\"") && text.contains("\"url\":\"https://evil");
        assert!(!answered, "{text}");
    }
    browser.end().await;
}

#[tokio::test]
#[ignore = "needs chromium and chromedriver; .ci/run installs and runs it"]
async fn the_quickstart_is_documented() {
    let quickstart = Quickstart::start().await;
    let browser =
        Browser::start_with(&["--window-size=1280,943", "--blink-settings=preferredColorScheme=0"])
            .await;
    open(&browser, "http://127.0.0.1:8080/docs").await;
    browser.until(&press("get /machine)")).await;
    browser.until(&press("Send")).await;
    browser
        .until("return document.body.innerText.split('cpu_percent\":').length > 4 || null")
        .await;
    // `docs/images/docs.png` is such a picture; CONTRIBUTING says how it is made.
    if let Some(path) = std::env::var_os("DOCS_SCREENSHOT") {
        let png = browser.client.screenshot().await.expect("a picture");
        std::fs::write(path, png).expect("written");
    }
    browser.end().await;
    drop(quickstart);
}
