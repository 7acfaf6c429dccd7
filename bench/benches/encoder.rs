//! What an event costs through a handler's body, without a socket: bolt's and, beside it, axum's.
//!
//! ```sh
//! cargo bench -p bolt-bench
//! ```

use std::hint::black_box;

use axum::body::Body;
use axum::http::Request;
use axum::response::sse::{Event as AxumEvent, KeepAlive, Sse};
use axum::routing::{Router, get};
use bolt::prelude::*;
use divan::Bencher;
use divan::counter::ItemsCount;
use tokio::runtime::{Builder, Runtime};
use tokio_stream::{self as stream, Stream, StreamExt as _};
use tower_service::Service as _;

const EVENTS: u64 = 10_000;

#[derive(Serialize)]
struct Token {
    index: u64,
    token: &'static str,
}

#[derive(Serialize, StreamEvent, ToSchema)]
#[serde(rename_all = "snake_case")]
enum Answer {
    Token { index: u64, token: &'static str },
}

#[stream(get, "/")]
async fn named() -> Answer {
    for index in 0..EVENTS {
        emit!(Answer::Token { index, token: "hello" });
    }
}

#[stream(get, "/")]
async fn text() -> Text {
    for _ in 0..EVENTS {
        emit!(Text::from("hello"));
    }
}

async fn axum_named() -> Sse<impl Stream<Item = Result<AxumEvent, axum::Error>>> {
    let events = (0..EVENTS).map(|index| {
        AxumEvent::default().event("token").json_data(Token { index, token: "hello" })
    });
    Sse::new(stream::iter(events)).keep_alive(KeepAlive::default())
}

async fn axum_text() -> Sse<impl Stream<Item = Result<AxumEvent, axum::Error>>> {
    let events = (0..EVENTS).map(|_| Ok(AxumEvent::default().data("hello")));
    Sse::new(stream::iter(events)).keep_alive(KeepAlive::default())
}

#[divan::bench]
fn bolt_named_json(bencher: Bencher<'_, '_>) {
    drain(bencher, &bolt(App::new().mount::<named>()));
}

#[divan::bench]
fn axum_named_json(bencher: Bencher<'_, '_>) {
    drain(bencher, &Router::new().route("/", get(axum_named)));
}

#[divan::bench]
fn bolt_text(bencher: Bencher<'_, '_>) {
    drain(bencher, &bolt(App::new().mount::<text>()));
}

#[divan::bench]
fn axum_text_data(bencher: Bencher<'_, '_>) {
    drain(bencher, &Router::new().route("/", get(axum_text)));
}

fn bolt(app: App) -> Router {
    app.config(Config::defaults()).into_router().expect("the app has no faults")
}

fn drain(bencher: Bencher<'_, '_>, router: &Router) {
    let runtime: Runtime = Builder::new_current_thread().enable_all().build().expect("a runtime");
    bencher.counter(ItemsCount::new(EVENTS)).bench_local(|| {
        runtime.block_on(async {
            let request = Request::get("/").body(Body::empty()).expect("a request");
            let answer = router.clone().call(request).await.expect("a router does not fail");
            let mut body = answer.into_body().into_data_stream();
            while let Some(frame) = body.next().await {
                black_box(frame.expect("a frame"));
            }
        });
    });
}

fn main() {
    divan::main();
}
