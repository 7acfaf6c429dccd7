//! The page of the API documentation in a real browser: a stream that is tried out arrives live, nothing is loaded
//! from elsewhere, and what a document says stays text.

use std::time::Duration;

use bolt::axum::extract::Request;
use bolt::axum::middleware::{Next, from_fn};
use bolt::axum::response::{IntoResponse, Response};
use bolt::prelude::*;
use bolt_tests::{Probe, Server};
use serde_json::{Value, json};

use crate::browser::Browser;

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

/// The hosts that the browser has sent requests to, of those in its log of the network.
fn asked(log: &[Value]) -> Vec<String> {
    let messages = log.iter().filter_map(|entry| {
        serde_json::from_str::<Value>(entry["message"].as_str()?).ok()
    });
    let urls = messages.filter_map(|message| {
        let message = &message["message"];
        let sent = message["method"] == "Network.requestWillBeSent";
        sent.then(|| message["params"]["request"]["url"].as_str().map(str::to_owned))?
    });
    urls.filter(|url| !url.starts_with("data:") && !url.starts_with("blob:")).collect()
}

/// Opens the page and waits until Scalar shows the document.
async fn open(browser: &Browser, server: &Server, path: &str) {
    browser.client.goto(&server.url(path)).await.expect("the page opens");
    browser.until("return document.querySelector('#api .scalar-app, .scalar-app') ? true : null").await;
}

/// Presses the first button with this text that can be seen.
fn press(text: &str) -> String {
    format!(
        "const button = [...document.querySelectorAll('button')].find(b => b.checkVisibility() && \
         !b.disabled && (b.textContent.trim() + ' ' + (b.ariaLabel ?? '')).includes({text:?})); \
         if (!button) return null; button.click(); return true;"
    )
}

fn app(probe: &Probe) -> App {
    App::new().mount::<beats>().state(probe.clone()).config(Config::defaults())
}

#[tokio::test]
#[ignore = "needs chromium and chromedriver; .ci/run installs and runs it"]
async fn a_stream_that_is_tried_out_is_shown_as_it_comes() {
    for (scheme, preferred) in [("dark", 0), ("light", 1)] {
        let probe = Probe::default();
        let server = Server::start(app(&probe)).await;
        let preferred = format!("--blink-settings=preferredColorScheme={preferred}");
        let browser = Browser::start_with(&[&preferred]).await;
        open(&browser, &server, "/docs").await;
        let class = browser.until("return document.body.className || null").await;
        assert!(class.as_str().is_some_and(|c| c.contains(&format!("{scheme}-mode"))), "{class}");
        browser.until(&press("Test Request")).await;
        browser.until(&press("Send")).await;
        browser.until("return document.body.innerText.includes('beat 2') || null").await;
        assert_eq!((probe.open(), probe.begun()), (1, 1), "it was shown before the end");
        let urls = asked(&browser.log("performance").await);
        assert!(urls.iter().any(|url| *url == server.url("/beats")), "{urls:?}");
        for url in &urls {
            assert!(url.starts_with(&server.url("/")), "{url} of {urls:?}");
        }
        let complaints = browser.log("browser").await;
        assert!(complaints.is_empty(), "{complaints:?}");
        // No offers, and no links to other places but to those who made the page.
        let text = browser.until("return document.body.innerText").await;
        let text = text.as_str().expect("text").to_lowercase();
        for offer in ["generate sdk", "deploy", "share", "ask ai", "mcp", "open api client", "developer tools"] {
            assert!(!text.contains(offer), "{offer} in {text}");
        }
        browser.end().await;
        // Who goes away ends it.
        probe.opens(0).await;
    }
}
