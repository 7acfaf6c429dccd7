//! A real browser's EventSource.
//!
//! The tests start their own `chromedriver`, on a port that it picks, and end it.

use std::process::Stdio;
use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bolt::axum::response::Html;
use bolt::axum::routing::get;
use bolt::prelude::*;
use bolt::replay::{Replay, Replayed};
use bolt_tests::{PATIENCE, Server};
use fantoccini::wd::WebDriverCompatibleCommand;
use fantoccini::{Client, ClientBuilder, Locator};
use hyper::Method;
use hyper_util::client::legacy::connect::HttpConnector;
use reqwest::Url;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::process::{Child, Command};
use tokio::time::timeout;

pub(crate) struct Browser {
    pub(crate) client: Client,
    driver: Child,
}

impl Drop for Browser {
    /// Ends the driver and, where a test failed before it closed its session, the browser with it.
    fn drop(&mut self) {
        if let Some(id) = self.driver.id() {
            let _ = std::process::Command::new("kill").args(["--", &format!("-{id}")]).status();
        }
    }
}

/// A command of chromedriver's own, with its parameters.
#[derive(Debug)]
struct Own(&'static str, Value);

impl WebDriverCompatibleCommand for Own {
    fn endpoint(&self, base: &Url, session: Option<&str>) -> Result<Url, <Url as FromStr>::Err> {
        base.join(&format!("session/{}/{}", session.unwrap_or_default(), self.0))
    }

    fn method_and_body(&self, _: &Url) -> (Method, Option<String>) {
        (Method::POST, Some(self.1.to_string()))
    }
}

impl Browser {
    pub(crate) async fn start() -> Self {
        Self::start_with(&[]).await
    }

    /// With further arguments for Chromium.
    pub(crate) async fn start_with(further: &[&str]) -> Self {
        let mut driver = Command::new("chromedriver")
            .arg("--port=0")
            .stdout(Stdio::piped())
            .process_group(0)
            .spawn()
            .expect("chromedriver is installed, as this test says it needs");
        let mut lines = BufReader::new(driver.stdout.take().expect("a pipe")).lines();
        let port = loop {
            let line = timeout(PATIENCE, lines.next_line()).await.expect("it says its port");
            let line = line.expect("text").expect("it says its port before it ends");
            if let Some((_, port)) = line.split_once("started successfully on port ") {
                break port.trim_end_matches('.').to_owned();
            }
        };
        let mut args = vec![
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
        ];
        args.extend(further);
        let capabilities = json!({
            "goog:chromeOptions": { "args": args },
            "goog:loggingPrefs": { "browser": "ALL", "performance": "ALL" },
        });
        let Value::Object(capabilities) = capabilities else { unreachable!("an object") };
        let client = ClientBuilder::new(HttpConnector::new())
            .capabilities(capabilities)
            .connect(&format!("http://127.0.0.1:{port}"))
            .await
            .expect("a session");
        Self { client, driver }
    }

    /// Waits until the script returns something other than null.
    pub(crate) async fn until(&self, script: &str) -> Value {
        let found = timeout(PATIENCE, async {
            loop {
                let value = self.client.execute(script, Vec::new()).await.expect("the script runs");
                if !value.is_null() {
                    return value;
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        });
        found.await.unwrap_or_else(|_| panic!("never: {script}"))
    }

    /// Runs a script in every page that is opened from now on, before those of the page.
    pub(crate) async fn before_each_page(&self, script: &str) {
        let command = "Page.addScriptToEvaluateOnNewDocument";
        let body = json!({ "cmd": command, "params": { "source": script } });
        self.client.issue_cmd(Own("goog/cdp/execute", body)).await.expect("it is noted");
    }

    /// What a log of the browser has gathered since it was last asked for.
    pub(crate) async fn log(&self, kind: &'static str) -> Vec<Value> {
        let log = Own("se/log", json!({ "type": kind }));
        match self.client.issue_cmd(log).await.expect("the log") {
            Value::Array(entries) => entries,
            other => panic!("no list: {other}"),
        }
    }

    pub(crate) async fn end(self) {
        self.client.clone().close().await.expect("the session ends");
    }
}

const PAGE: &str = r#"<!doctype html><link rel="icon" href="data:,"><script>
window.seen = [];
const source = new EventSource(location.hash.slice(1));
for (const name of ["message", "done", "error"]) {
  source.addEventListener(name, event => seen.push(event.data === undefined ? "!" : name + ":" + event.data));
}
window.isClosed = () => source.readyState === EventSource.CLOSED || null;
</script>"#;

#[derive(Serialize, StreamEvent, ToSchema)]
#[serde(rename_all = "lowercase")]
enum Step {
    Done(u32),
}

type Runs = State<Arc<AtomicUsize>>;

#[stream(get, "/finite")]
async fn finite(State(runs): Runs) -> Step {
    runs.fetch_add(1, Ordering::SeqCst);
    emit!(Step::Done(7));
}

#[stream(get, "/fails")]
async fn fails_for_a_while(State(runs): Runs) -> Result<Event<u32>, Problem> {
    let run = runs.fetch_add(1, Ordering::SeqCst);
    emit!(Event::new(1).retry(Duration::from_millis(10)));
    if run < 2 {
        return Err(Problem::internal("not yet"));
    }
}

fn app(runs: &Arc<AtomicUsize>) -> App {
    let app = App::new().mount::<finite>().mount::<fails_for_a_while>();
    app.route("/", get(Html(PAGE))).state(Arc::clone(runs))
}

#[tokio::test]
#[ignore = "needs chromium and chromedriver; .ci/run installs and runs it"]
async fn a_finite_stream_runs_once_in_an_event_source() {
    let runs = Arc::new(AtomicUsize::new(0));
    let server = Server::start(app(&runs)).await;
    let browser = Browser::start().await;
    browser.client.goto(&server.url("/#/finite")).await.expect("the page opens");
    // The browser reconnects after the end, as it must; the 204 tells it to stop, and it closes.
    browser.until("return isClosed()").await;
    assert_eq!(browser.until("return seen").await, json!(["done:7", "!", "!"]));
    assert_eq!(runs.load(Ordering::SeqCst), 1);
    // A page that is loaded again runs it again.
    browser.client.refresh().await.expect("the page opens again");
    browser.until("return isClosed()").await;
    assert_eq!(runs.load(Ordering::SeqCst), 2);
    browser.end().await;
}

#[tokio::test]
#[ignore = "needs chromium and chromedriver; .ci/run installs and runs it"]
async fn an_event_source_comes_back_after_a_fault_of_the_server() {
    let runs = Arc::new(AtomicUsize::new(0));
    let server = Server::start(app(&runs)).await;
    let browser = Browser::start().await;
    browser.client.goto(&server.url("/#/fails")).await.expect("the page opens");
    browser.until("return isClosed()").await;
    // Two runs that failed, and one that finished.
    assert_eq!(runs.load(Ordering::SeqCst), 3);
    let seen = browser.until("return seen").await;
    let seen: Vec<&str> =
        seen.as_array().expect("a list").iter().filter_map(Value::as_str).collect();
    assert_eq!(seen.iter().filter(|s| **s == "message:1").count(), 3, "{seen:?}");
    assert_eq!(seen.iter().filter(|s| s.starts_with("error:{")).count(), 2, "{seen:?}");
    browser.end().await;
}

#[stream(get, "/hold")]
fn hold() -> u32 {
    loop {
        emit!(1);
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[tokio::test]
#[ignore = "needs chromium and chromedriver; .ci/run installs and runs it"]
async fn an_event_source_that_was_refused_for_load_recovers_by_itself() {
    let config = Config::defaults().set("stream.max_blocking", 1);
    let app = App::new().mount::<hold>().route("/", get(Html(PAGE))).config(config);
    let server = Server::start(app).await;
    let mut held = server.client().events("/hold").await;
    held.next().await.expect("it runs");
    let browser = Browser::start().await;
    browser.client.goto(&server.url("/#/hold")).await.expect("the page opens");
    // It is refused, and told so in a way that leaves it alive.
    browser.until("return seen.includes('!') || null").await;
    assert_eq!(browser.until("return seen.filter(s => s !== '!')").await, json!([]));
    assert_eq!(
        browser.client.execute("return isClosed()", Vec::new()).await.expect("runs"),
        Value::Null
    );
    drop(held);
    browser.until("return seen.includes('message:1') || null").await;
    browser.end().await;
}

#[tokio::test]
#[ignore = "needs chromium and chromedriver; .ci/run installs and runs it"]
async fn the_quickstart_page_draws_its_streams() {
    let quickstart = Quickstart::start().await;
    let browser = Browser::start().await;
    browser.client.goto("http://127.0.0.1:8080/").await.expect("the page opens");
    // Two samples of the machine make a line; the walk ends with its total.
    browser.until("return document.querySelector('#cpu-line').points.length >= 2 || null").await;
    let total = browser
        .until("const t = document.querySelector('#files-state').textContent; return t.includes('lines') ? t : null")
        .await;
    let rows = browser.client.find_all(Locator::Css("#files li")).await.expect("rows");
    let files = total.as_str().and_then(|t| t.split(' ').next()).and_then(|n| n.parse().ok());
    assert_eq!(files, Some(rows.len()), "{total}");
    assert!(!rows.is_empty());
    // A folder outside is refused, and the page says why.
    let input = browser.client.find(Locator::Css("input")).await.expect("the field");
    input.send_keys("..").await.expect("typed");
    browser
        .client
        .find(Locator::Css("button"))
        .await
        .expect("Walk")
        .click()
        .await
        .expect("clicked");
    let refused = browser
        .until("const s = document.querySelector('.failed'); return s && s.textContent")
        .await;
    assert!(refused.as_str().is_some_and(|text| text.contains("outside")), "{refused}");
    if let Some(path) = std::env::var_os("TEST_SCREENSHOT") {
        let png = browser.client.screenshot().await.expect("a picture");
        std::fs::write(path, png).expect("written");
    }
    browser.end().await;
    drop(quickstart);
}

/// The quickstart as `cargo run` starts it, in the root of the workspace.
pub(crate) struct Quickstart {
    _process: Child,
}

impl Quickstart {
    pub(crate) async fn start() -> Self {
        let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let mut process = Command::new(env!("CARGO"))
            .args(["run", "--quiet"])
            .current_dir(root)
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("cargo runs");
        let mut lines = BufReader::new(process.stderr.take().expect("a pipe")).lines();
        // It may have to be built first.
        let building = Duration::from_secs(300);
        while let Some(line) =
            timeout(building, lines.next_line()).await.expect("it starts").expect("text")
        {
            if line.contains("listening on http://127.0.0.1:8080") {
                return Self { _process: process };
            }
        }
        panic!("the quickstart ended");
    }
}

/// Notes each event with its id.
const RESUMING: &str = r#"<!doctype html><link rel="icon" href="data:,"><script>
const seen = [], gaps = [];
const source = new EventSource("/posts");
source.onmessage = event => seen.push([event.lastEventId, event.data]);
source.addEventListener("gap", event => gaps.push(event.data));
</script>"#;

#[stream(get, "/posts")]
async fn posts(
    State(posts): State<Replay<Event<u64>>>,
    last: Option<LastEventId>,
) -> impl tokio_stream::Stream<Item = Replayed<Event<u64>>> {
    posts.subscribe_from_oldest(last)
}

/// A proxy that breaks so many connections that carry a stream, each after some more bytes than the last.
async fn breaking_proxy(server: std::net::SocketAddr, cuts: Arc<AtomicUsize>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(async move {
        loop {
            let (mut client, _) = listener.accept().await.expect("a connection");
            let cuts = Arc::clone(&cuts);
            tokio::spawn(async move {
                let mut server = TcpStream::connect(server).await.expect("connected");
                let mut request = vec![0; 4096];
                let count = client.read(&mut request).await.expect("a request");
                // One request to a connection, so that each stream is seen here.
                let head = String::from_utf8_lossy(&request[..count]);
                let head = head.replace("Connection: keep-alive", "Connection: close");
                server.write_all(head.as_bytes()).await.expect("sent");
                let is_stream = head.starts_with("GET /posts");
                let left = is_stream.then(|| {
                    cuts.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| {
                        left.checked_sub(1)
                    })
                });
                if let Some(Ok(left)) = left {
                    // In the middle of events, at another byte each time.
                    let bytes = 700 + 131 * u64::try_from(left).expect("small");
                    let _ = tokio::io::copy(&mut server.take(bytes), &mut client).await;
                } else {
                    let _ = tokio::io::copy_bidirectional(&mut client, &mut server).await;
                }
            });
        }
    });
    format!("http://{address}/")
}

#[tokio::test]
#[ignore = "needs chromium and chromedriver; .ci/run installs and runs it"]
async fn an_event_source_that_is_cut_off_misses_and_doubles_nothing() {
    const EVENTS: u64 = 1_000;
    const CUTS: usize = 20;
    let log: Replay<Event<u64>> = Replay::new();
    let app = App::new().mount::<posts>().route("/", get(Html(RESUMING))).state(log.clone());
    let server = Server::start(app).await;
    let cuts = Arc::new(AtomicUsize::new(CUTS));
    let proxy = breaking_proxy(server.address(), Arc::clone(&cuts)).await;
    let browser = Browser::start().await;
    let mut expected = Vec::new();
    browser.client.goto(&proxy).await.expect("the page opens");
    for n in 1..=EVENTS {
        // It comes back soon, so that the test does not take a minute.
        let event = Event::new(n).retry(Duration::from_millis(10));
        let id = log.publish(event).expect("published").to_string();
        expected.push(json!([id, n.to_string()]));
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    browser.until(&format!("return seen.length >= {EVENTS} || null")).await;
    assert_eq!(browser.until("return gaps").await, json!([]));
    assert_eq!(browser.until("return seen").await, Value::Array(expected));
    assert_eq!(cuts.load(Ordering::SeqCst), 0, "it was cut off {CUTS} times");
    browser.end().await;
}
