//! The example `guarded`, read by pages of other origins in a real browser.

use std::sync::{Arc, Mutex};

use bolt::axum::extract::Request;
use bolt::axum::middleware::{Next, from_fn};
use bolt::axum::response::Html;
use bolt::axum::routing::get;
use bolt::prelude::*;
use bolt::replay::Replay;
use bolt_tests::Server;
use fantoccini::Locator;
use guarded::{Price, Session, Signer, Ticket, now};
use serde_json::{Value, json};

use crate::browser::Browser;

const SECRET: &str = "0123456789abcdef0123456789abcdef";

/// A page of another origin, which has itself a new token when its own is refused.
const PAGE: &str = r#"<!doctype html><link rel="icon" href="data:,"><script>
const seen = [];
let opened = 0, closed = 0, last = "";
function ask(api, path, body) {
  const headers = { authorization: "Bearer open-sesame", "content-type": "application/json" };
  return fetch(api + path, { method: "POST", credentials: "include", headers, body: JSON.stringify(body) });
}
function read(url, options, refused) {
  const source = new EventSource(url, options);
  source.onopen = () => opened++;
  source.onmessage = event => {
    last = event.lastEventId;
    seen.push(JSON.parse(event.data).cents);
  };
  source.onerror = () => {
    if (source.readyState !== EventSource.CLOSED) return;
    closed++;
    refused?.();
  };
}
async function readByCookie(api) {
  await ask(api, "/session");
  read(api + "/prices", { withCredentials: true });
}
async function readByToken(api) {
  const answer = await ask(api, "/tickets", { path: "/prices" });
  const { token } = await answer.json();
  read(`${api}/prices?token=${token}&lastEventId=${last}`, {}, () => readByToken(api));
}
async function readByFetch(api) {
  const headers = { authorization: "Bearer open-sesame", "last-event-id": "before-1" };
  const answer = await fetch(api + "/prices", { headers });
  const { value } = await answer.body.getReader().read();
  seen.push(new TextDecoder().decode(value));
}
</script>"#;

/// The guarded app, a server of pages, a browser, and what the app was asked.
struct Stage {
    log: Replay<Price>,
    api: Server,
    pages: Server,
    browser: Browser,
    asked: Asked,
}

/// Of each request the method, and of what it says the names in question.
type Asked = Arc<Mutex<Vec<String>>>;

impl Stage {
    async fn new() -> Self {
        let pages = Server::start(App::new().route("/", get(Html(PAGE)))).await;
        let port = pages.address().port();
        let config = Config::defaults()
            .set("stream.max_duration", "2s")
            .set("access.secret", SECRET)
            .set("access.keys.alice", "open-sesame")
            .set("access.origins", json!([origin("127.0.0.1", port), origin("localhost", port)]));
        let (log, asked) = (Replay::new(), Asked::default());
        let noted = Arc::clone(&asked);
        let app = guarded::app(config, log.clone()).layer(from_fn(
            move |request: Request, next: Next| {
                note(&noted, &request);
                next.run(request)
            },
        ));
        let api = Server::start(app).await;
        Self { log, api, pages, browser: Browser::start().await, asked }
    }

    /// Opens the page under a name of this machine, and runs a script in it with the address of the app.
    async fn open(&self, host: &str, script: &str) {
        let page = origin(host, self.pages.address().port());
        self.browser.client.goto(&page).await.expect("the page opens");
        self.run(script).await;
    }

    async fn run(&self, script: &str) {
        let script = script.replace("API", &format!("'{}'", self.api.url("")));
        self.browser.client.execute(&script, Vec::new()).await.expect("the script runs");
    }

    /// Publishes prices from the first on, each when the page has seen the one before, until a script of it agrees.
    async fn publish(&self, first: u64, until: &str) -> u64 {
        for cents in first.. {
            self.log.publish(Price { cents }).expect("published");
            self.browser.until(&format!("return seen.includes({cents}) || null")).await;
            let enough = self.browser.client.execute(until, Vec::new()).await;
            if enough.expect("the script runs") == Value::Bool(true) {
                return cents;
            }
        }
        unreachable!("there are numbers enough")
    }

    fn asked(&self) -> Vec<String> {
        self.asked.lock().expect("nobody panicked").clone()
    }
}

fn origin(host: &str, port: u16) -> String {
    format!("http://{host}:{port}")
}

fn note(asked: &Asked, request: &Request) {
    let mut line = format!("{} {}", request.method(), request.uri().path());
    for name in ["cookie", "authorization", "last-event-id", "access-control-request-headers"] {
        if let Some(value) = request.headers().get(name) {
            line += &format!(" {name}={}", value.to_str().unwrap_or("?"));
        }
    }
    asked.lock().expect("nobody panicked").push(line);
}

/// The numbers up to this one.
fn all(last: u64) -> Value {
    (1..=last).collect()
}

#[tokio::test]
#[ignore = "needs chromium and chromedriver; .ci/run installs and runs it"]
async fn the_page_of_the_example_signs_in_and_out() {
    let Stage { log, api, browser, .. } = Stage::new().await;
    browser.client.goto(&api.url("/")).await.expect("the page opens");
    let says = |text: &str| format!("return state.textContent === '{text}' || null");
    browser.until(&says("closed: sign in")).await;
    let find = async |css| browser.client.find(Locator::Css(css)).await.expect("it is there");
    find("input").await.send_keys("open-sesame").await.expect("typed");
    find("button").await.click().await.expect("clicked");
    browser.until(&says("open")).await;
    log.publish(Price { cents: 123 }).expect("published");
    browser.until("return price.textContent === '1.23' || null").await;
    find("#out").await.click().await.expect("clicked");
    browser.until(&says("signed out")).await;
    // The cookie is gone.
    browser.client.refresh().await.expect("the page opens again");
    browser.until(&says("closed: sign in")).await;
    browser.end().await;
}

#[tokio::test]
#[ignore = "needs chromium and chromedriver; .ci/run installs and runs it"]
async fn a_page_of_another_origin_reads_with_a_cookie_and_comes_back_by_itself() {
    let stage = Stage::new().await;
    // Another port is another origin, but the same site: its cookies go with the request.
    stage.open("127.0.0.1", "readByCookie(API)").await;
    stage.browser.until("return opened || null").await;
    let last = stage.publish(1, "return opened > 1").await;
    assert_eq!(stage.browser.until("return seen").await, all(last));
    let asked = stage.asked();
    let reads: Vec<_> = asked.iter().filter(|line| line.contains(" /prices")).collect();
    // It says its last id without asking for leave.
    assert!(
        reads.len() > 1 && reads[0].starts_with("GET /prices cookie=__Host-session="),
        "{reads:?}"
    );
    assert!(
        reads[1..].iter().all(|line| line.starts_with("GET") && line.contains("last-event-id=")),
        "{reads:?}"
    );
    // Without leave to send cookies it is nobody.
    stage.run("read(API + '/prices')").await;
    stage.browser.until("return closed || null").await;
    stage.browser.end().await;
}

#[tokio::test]
#[ignore = "needs chromium and chromedriver; .ci/run installs and runs it"]
async fn a_page_of_another_site_reads_with_tokens_and_renews_them_without_loss() {
    let stage = Stage::new().await;
    let session = Session { user: "alice".to_owned(), ends: now() + 60 };
    // Too old when the browser comes back after the cut.
    let ticket = Ticket { session, path: "/prices".to_owned(), until: now() + 2 };
    let signer: Signer = SECRET.to_owned().try_into().expect("it is long enough");
    let token = signer.sign(&ticket);
    let read = format!("read(API + '/prices?token={token}', {{}}, () => readByToken(API))");
    stage.open("localhost", &read).await;
    stage.browser.until("return opened || null").await;
    let last = stage.publish(1, "return closed === 1 && opened > 1").await;
    assert_eq!(stage.browser.until("return seen").await, all(last));
    assert!(stage.asked().iter().all(|line| !line.contains("cookie=")), "{:?}", stage.asked());
    // Who reads with `fetch` asks for leave, for the id too.
    stage.run("readByFetch(API)").await;
    stage.browser.until("return String(seen.at(-1)).startsWith('event: gap') || null").await;
    let leave = "OPTIONS /prices access-control-request-headers=authorization,last-event-id";
    assert!(stage.asked().iter().any(|line| line == leave), "{:?}", stage.asked());
    stage.browser.end().await;
}
