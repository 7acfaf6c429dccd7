//! The page of the streams in a real browser: found, opened with parameters, watched and ended by keyboard alone.

use std::time::Duration;

use bolt::axum::middleware::from_fn;
use bolt::prelude::*;
use bolt_tests::{Probe, Server};
use fantoccini::key::Key;
use serde_json::{Value, json};

use crate::browser::{Browser, Quickstart};
use crate::docs_page::{asked, complaints, hostile, replace};

#[derive(Deserialize, IntoParams)]
struct Pace {
    /// Milliseconds between two beats.
    every: Option<u64>,
    loud: Option<bool>,
}

#[derive(Serialize, ToSchema)]
struct Beat {
    of: String,
    /// More digits than a double has.
    large: u64,
    number: u32,
    loud: bool,
}

/// Beats of a drum.
#[stream(get, "/beats/{of}")]
async fn beats(
    Path(of): Path<String>,
    Query(pace): Query<Pace>,
    State(probe): State<Probe>,
) -> Event<Beat> {
    let inside = probe.enter();
    for number in 1.. {
        let beat =
            Beat { of: of.clone(), large: u64::MAX, number, loud: pace.loud.unwrap_or(false) };
        let id = EventId::new(format!("beat-{number}")).expect("no line breaks");
        emit!(Event::new(beat).id(id));
        inside.emits(1);
        tokio::time::sleep(Duration::from_millis(pace.every.unwrap_or(1000))).await;
    }
}

/// Never there.
#[stream(get, "/missing", undocumented)]
async fn missing() -> Result<u32, Problem> {
    Err(Problem::not_found("nobody drums here"))
}

#[stream(post, "/echo")]
async fn echo(Json(word): Json<String>) -> String {
    emit!(word);
}

fn app(probe: &Probe) -> App {
    let app = App::new().mount::<beats>().mount::<missing>().mount::<echo>().mount::<busy>();
    app.state(probe.clone()).config(Config::defaults().set("stream.max_blocking", 1))
}

/// On a thread, for as long as its client stays.
#[stream(get, "/busy")]
fn busy() -> u32 {
    for n in 1.. {
        emit!(n);
        std::thread::sleep(Duration::from_millis(100));
    }
}

pub(crate) async fn open(browser: &Browser, url: &str) {
    browser
        .before_each_page(
            "window.refused = []; addEventListener('securitypolicyviolation', \
             event => refused.push(event.violatedDirective + ' ' + event.blockedURI))",
        )
        .await;
    browser.client.goto(url).await.expect("the page opens");
    browser.until("return document.querySelector('#streams a') ? true : null").await;
}

/// Presses keys where the focus is.
async fn keys(browser: &Browser, keys: &str) {
    let focused = browser.client.active_element().await.expect("the focus is somewhere");
    focused.send_keys(keys).await.expect("the keys arrive");
}

/// Presses the tabulator until the focus is on what this selects.
async fn tab_to(browser: &Browser, selector: &str) {
    let there = format!("return document.activeElement.matches({selector:?})");
    for _ in 0..30 {
        if browser.until(&there).await == true {
            return;
        }
        keys(browser, &char::from(Key::Tab).to_string()).await;
    }
    panic!("the tabulator never comes to {selector}");
}

fn text_of(id: &str) -> String {
    format!("return document.getElementById({id:?}).textContent")
}

/// Waits until the text of an element has this in it.
pub(crate) async fn says(browser: &Browser, id: &str, text: &str) {
    let script =
        format!("return document.getElementById({id:?}).innerText.includes({text:?}) || null");
    browser.until(&script).await;
}

#[tokio::test]
#[ignore = "needs chromium and chromedriver; .ci/run installs and runs it"]
async fn a_stream_is_found_opened_watched_and_stopped_by_keyboard() {
    let (enter, probe) = (char::from(Key::Enter).to_string(), Probe::default());
    let server = Server::start(app(&probe)).await;
    let browser = Browser::start().await;
    open(&browser, &server.url("/streams")).await;
    tab_to(&browser, "#find").await;
    keys(&browser, "drum").await;
    let shown = "return [...document.querySelectorAll('#streams li')].filter(e => e.checkVisibility()).length";
    assert_eq!(browser.until(shown).await, 1);
    tab_to(&browser, "#streams a").await;
    keys(&browser, &enter).await;
    says(&browser, "about", "Beats of a drum").await;
    // A parameter that is missing is said by the browser, and nothing is sent.
    tab_to(&browser, "#fields [name=of]").await;
    keys(&browser, &enter).await;
    assert_eq!(probe.begun(), 0);
    keys(&browser, "a/b c").await;
    tab_to(&browser, "#fields [name=every]").await;
    keys(&browser, "200").await;
    tab_to(&browser, "#fields [name=loud]").await;
    keys(&browser, "true").await;
    tab_to(&browser, "#open").await;
    keys(&browser, &enter).await;
    says(&browser, "state", "Open, status 200").await;
    says(&browser, "log", "\"number\": 2").await;
    assert_eq!((probe.open(), probe.begun()), (1, 1), "it is shown while it is open");
    let log = browser.until(&text_of("log")).await;
    let log = log.as_str().expect("text");
    for part in ["\"of\": \"a/b c\"", "\"loud\": true", "18446744073709551615", "#beat-2"] {
        assert!(log.contains(part), "{part} in {log}");
    }
    says(&browser, "streams", "1 open").await;
    says(&browser, "totals", "1 open").await;

    // What comes in a pause is there after it.
    tab_to(&browser, "#pause").await;
    keys(&browser, &enter).await;
    says(&browser, "held", "paused").await;
    let rows = "return document.querySelectorAll('#log li').length";
    let before = browser.until(rows).await;
    says(&browser, "held", "3 new").await;
    assert_eq!(browser.until(rows).await, before);
    keys(&browser, &enter).await;
    browser
        .until(&format!(
            "return document.querySelectorAll('#log li').length >= {before} + 3 || null"
        ))
        .await;

    tab_to(&browser, "#filter").await;
    keys(&browser, "number\":3,").await;
    browser.until("return document.querySelectorAll('#log li').length == 1 || null").await;
    tab_to(&browser, "#view").await;
    keys(&browser, "Raw").await;
    says(&browser, "log", "id: beat-3\ndata: {\"of\":\"a/b c\"").await;

    let stop = "document.getElementById('stop').focus(); return true";
    browser.until(stop).await;
    keys(&browser, &enter).await;
    says(&browser, "state", "Stopped").await;
    probe.opens(0).await;
    says(&browser, "streams", "0 open").await;
    // Once more, after the last id that came.
    let last = browser.until(&text_of("last")).await;
    assert!(last.as_str().is_some_and(|last| last.starts_with("beat-")), "{last}");
    browser.until("const b = document.getElementById('resume'); b.focus(); return b.disabled ? null : true").await;
    keys(&browser, &enter).await;
    says(&browser, "state", "Open, status 200").await;
    assert_eq!(probe.begun(), 2);

    for url in asked(&browser.log("performance").await) {
        assert!(url.starts_with(&server.url("/")), "{url}");
    }
    let complaints = complaints(&browser).await;
    assert!(complaints.is_empty(), "{complaints:?}");
    assert_eq!(browser.until("return refused").await, json!([]), "the page may do what it does");
    browser.end().await;
    probe.opens(0).await;
}

/// Chooses a stream by its place in the list and opens it as the form is.
pub(crate) async fn choose(browser: &Browser, route: &str) {
    let script = format!(
        "const link = [...document.querySelectorAll('#streams a')].find(a => a.textContent.startsWith({route:?})); \
         link.click(); return true"
    );
    browser.until(&script).await;
    let there = format!(
        "return document.getElementById('method').textContent + ' ' + \
         document.getElementById('path').textContent == {route:?} || null"
    );
    browser.until(&there).await;
}

#[tokio::test]
#[ignore = "needs chromium and chromedriver; .ci/run installs and runs it"]
async fn refusals_bodies_and_ends_are_shown() {
    let server = Server::start(app(&Probe::default())).await;
    let browser = Browser::start().await;
    open(&browser, &server.url("/streams/")).await;
    choose(&browser, "GET /missing").await;
    browser.until("document.getElementById('open').click(); return true").await;
    says(&browser, "state", "No stream: status 404.").await;
    says(&browser, "answer", "nobody drums here").await;
    choose(&browser, "POST /echo").await;
    browser
        .until(
            "document.querySelector('#fields textarea').value = '\"boom\"'; \
             document.getElementById('open').click(); return true",
        )
        .await;
    says(&browser, "state", "The stream is finished.").await;
    says(&browser, "log", "boom").await;
    let wrong = "document.getElementById('headers').value = 'no colon'; \
                 document.getElementById('open').click(); return true";
    browser.until(wrong).await;
    says(&browser, "state", "The header \"no colon\" is not of the form").await;

    // The app is full: it answers 200 to what may be an EventSource, and says when to come back.
    let mut first = server.client().events("/busy").await;
    first.next().await;
    choose(&browser, "GET /busy").await;
    let plain = "document.getElementById('headers').value = ''; \
                 document.getElementById('open').click(); return true";
    browser.until(plain).await;
    says(&browser, "state", "to be asked again in").await;
    browser.end().await;
}

/// The ratio of contrast of each text to what is behind it, the least of the page
/// (WCAG 2.2, section 1.4.3).
const CONTRAST: &str = "
    const light = (color) => {
      const [r, g, b] = color.match(/[\\d.]+/g).slice(0, 3).map(Number)
        .map(c => c / 255).map(c => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
      return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const behind = (e) => {
      const color = getComputedStyle(e).backgroundColor;
      return /, 0\\)$/.test(color) && e.parentElement ? behind(e.parentElement) : color;
    };
    const texts = [...document.querySelectorAll('body *')].filter(e => e.checkVisibility() && !e.disabled
      && [...e.childNodes].some(n => n.nodeType == Node.TEXT_NODE && n.textContent.trim()));
    return Math.min(...texts.map(e => {
      const [a, b] = [getComputedStyle(e).color, behind(e)].map(light).sort((a, b) => b - a);
      return (a + 0.05) / (b + 0.05);
    }));";

#[tokio::test]
#[ignore = "needs chromium and chromedriver; .ci/run installs and runs it"]
async fn it_can_be_read_in_dark_and_in_light() {
    let server = Server::start(app(&Probe::default())).await;
    let mut backs = Vec::new();
    for preferred in [0, 1] {
        let preferred = format!("--blink-settings=preferredColorScheme={preferred}");
        let browser = Browser::start_with(&[&preferred]).await;
        open(&browser, &server.url("/streams")).await;
        choose(&browser, "GET /missing").await;
        browser.until("document.getElementById('open').click(); return true").await;
        says(&browser, "answer", "nobody drums here").await;
        let contrast = browser.until(CONTRAST).await;
        assert!(contrast.as_f64().is_some_and(|contrast| contrast >= 4.5), "{contrast}");
        backs.push(browser.until("return getComputedStyle(document.body).backgroundColor").await);
        browser.end().await;
    }
    assert_ne!(backs[0], backs[1]);
}

#[tokio::test]
#[ignore = "needs chromium and chromedriver; .ci/run installs and runs it"]
async fn below_another_path_it_opens_what_is_there_and_what_a_document_says_stays_text() {
    let probe = Probe::default();
    let router: Router = app(&probe).into_router().expect("no conflicts");
    let router = router.layer(from_fn(replace));
    let server = Server::start_router(Router::new().nest("/below", router)).await;
    let browser = Browser::start().await;
    open(&browser, &server.url("/below/streams")).await;
    // The hostile document describes `/beats/{of}`.
    choose(&browser, "GET /beats/{of}").await;
    browser
        .until(
            "for (const e of document.querySelectorAll('#fields [name=of]')) e.value = 'x'; \
             for (const e of document.querySelectorAll('details')) e.open = true; \
             document.getElementById('request').noValidate = true; \
             document.getElementById('open').click(); return true",
        )
        .await;
    says(&browser, "log", "\"number\": 2").await;
    assert_eq!(probe.open(), 1);
    says(&browser, "totals", "1 open").await;
    says(&browser, "server", "1 begun").await;
    let found = browser
        .until(
            "return { pwned: window.pwned ?? null, text: document.getElementById('about').textContent, \
             handlers: [...document.querySelectorAll('*')].flatMap(e => e.getAttributeNames()) \
               .filter(name => name.startsWith('on')), \
             foreign: [...document.querySelectorAll('img, iframe, base, svg, body script, body style')].length }",
        )
        .await;
    assert_eq!(found["pwned"], Value::Null, "{found}");
    assert_eq!((&found["handlers"], &found["foreign"]), (&json!([]), &json!(0)), "{found}");
    let said = hostile()["info"]["title"].clone();
    assert!(
        found["text"].as_str().expect("text").contains(said.as_str().expect("text")),
        "{found}"
    );
    browser.end().await;
}

#[tokio::test]
#[ignore = "needs chromium and chromedriver; .ci/run installs and runs it"]
async fn the_streams_of_the_quickstart_can_be_watched() {
    let quickstart = Quickstart::start().await;
    let browser =
        Browser::start_with(&["--window-size=1280,943", "--blink-settings=preferredColorScheme=0"])
            .await;
    open(&browser, "http://127.0.0.1:8080/streams").await;
    choose(&browser, "GET /machine").await;
    browser.until("document.getElementById('open').click(); return true").await;
    browser.until("return document.querySelectorAll('#log li').length > 3 || null").await;
    says(&browser, "totals", "1 open").await;
    // `docs/images/streams.png` is such a picture; CONTRIBUTING says how it is made.
    if let Some(path) = std::env::var_os("STREAMS_SCREENSHOT") {
        let png = browser.client.screenshot().await.expect("a picture");
        std::fs::write(path, png).expect("written");
    }
    browser.end().await;
    drop(quickstart);
}
