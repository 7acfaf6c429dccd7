//! What the page of the streams asks for, in a real browser: odd paths, and bodies that may be left out.

use bolt::prelude::*;
use bolt_tests::Server;

use crate::browser::Browser;
use crate::streams_page::{choose, open, says};

/// A body that may be left out.
#[stream(post, "/maybe")]
async fn maybe(word: Option<Json<String>>) -> String {
    emit!(word.map_or_else(|| "no word".to_owned(), |Json(word)| word));
}

/// The rest of a path.
#[stream(get, "/files/{*rest}")]
async fn files(Path(rest): Path<String>) -> String {
    emit!(rest);
}

/// Braces in a path.
#[stream(get, "/%7Bbraces%7D/{name}")]
async fn braces(Path(name): Path<String>) -> String {
    emit!(name);
}

/// Answers to any name of one part.
#[stream(get, "/{name}")]
async fn any(Path(name): Path<String>) -> String {
    emit!(name);
}

fn app() -> App {
    let app = App::new().mount::<maybe>().mount::<files>().mount::<braces>().mount::<any>();
    app.config(Config::defaults())
}

/// Opens the stream that is chosen, with this in one of its fields.
async fn open_with(browser: &Browser, field: &str, value: &str) {
    let script = format!(
        "document.querySelector('#fields [name={field}]').value = {value:?}; \
         document.getElementById('open').click(); return true"
    );
    browser.until(&script).await;
}

#[tokio::test]
#[ignore = "needs chromium and chromedriver; .ci/run installs and runs it"]
async fn odd_paths_are_asked_for_as_they_are_or_not_at_all() {
    let server = Server::start(app()).await;
    let browser = Browser::start().await;
    open(&browser, &server.url("/streams")).await;
    choose(&browser, "GET /%7Bbraces%7D/{name}").await;
    says(&browser, "about", "Braces in a path").await;
    open_with(&browser, "name", "{a}").await;
    says(&browser, "log", "{a}").await;
    choose(&browser, "GET /files/{*rest}").await;
    open_with(&browser, "rest", "a b/{c}/%2e?d#e").await;
    says(&browser, "log", "a b/{c}/%2e?d#e").await;
    // A browser would go up a step and ask for another path.
    choose(&browser, "GET /{name}").await;
    for dots in [".", ".."] {
        open_with(&browser, "name", dots).await;
        says(&browser, "state", &format!("a path with the part \"{dots}\"")).await;
    }
    let events = browser.until("return document.getElementById('events').textContent").await;
    assert_eq!(events, "0", "nothing was asked for");
    browser.end().await;
}

#[tokio::test]
#[ignore = "needs chromium and chromedriver; .ci/run installs and runs it"]
async fn a_body_that_may_be_left_out_is_left_out_and_an_answer_goes_with_its_stream() {
    let server = Server::start(app()).await;
    let browser = Browser::start().await;
    open(&browser, &server.url("/streams")).await;
    choose(&browser, "POST /maybe").await;
    open_with(&browser, "body", "").await;
    says(&browser, "log", "no word").await;
    open_with(&browser, "body", "no JSON").await;
    says(&browser, "answer", "Failed to parse").await;
    choose(&browser, "GET /{name}").await;
    let hidden = browser.until("return document.getElementById('answer').hidden").await;
    assert_eq!(hidden, true, "it was about another stream");
    browser.end().await;
}
