//! bolt: what its guide shows, and nothing that is not public.

use std::path::Path;
use std::{env, thread};

use bolt::prelude::*;

use super::payload::{Count, TICK, TOKEN, now};

#[stream(get, "/sse")]
async fn sse() -> u64 {
    loop {
        emit!(now());
        tokio::time::sleep(TICK).await;
    }
}

#[stream(get, "/sync-sse")]
fn sync_sse() -> u64 {
    loop {
        emit!(now());
        thread::sleep(TICK);
    }
}

#[derive(Serialize, StreamEvent, ToSchema)]
#[serde(rename_all = "snake_case")]
enum Answer {
    Token { index: u64, token: &'static str },
}

// Without the event that ends a stream, which its peers have not: all send the same bytes.
#[stream(get, "/burst", end = false)]
async fn burst(Query(count): Query<Count>) -> Answer {
    for index in 0..count.events {
        emit!(Answer::Token { index, token: "hello" });
    }
}

#[stream(get, "/short", end = false)]
async fn short(Query(count): Query<Count>) -> Answer {
    for index in 0..count.events {
        emit!(Answer::Token { index, token: "hello" });
    }
}

/// The words of a text as a model writes them, one at a time.
#[stream(get, "/tokens")]
async fn tokens() -> Answer {
    let words = include_str!("../../../LICENSE-APACHE").split_whitespace().cycle();
    for (index, token) in (0..).zip(words) {
        emit!(Answer::Token { index, token });
        tokio::time::sleep(TOKEN).await;
    }
}

/// The streams, not configured.
pub(crate) fn app() -> App {
    App::new()
        .mount::<sse>()
        .mount::<sync_sse>()
        .mount::<burst>()
        .mount::<short>()
        .mount::<tokens>()
}

/// There are no files in it: those of the folder where a comparison is run are of another app.
const NO_FOLDER: &str = "/nonexistent";

/// As any app reads them, so that a key can be tried with `BOLT_STREAM__BUFFER=…`; but not the one that names a file.
fn variables() -> impl Iterator<Item = (String, String)> {
    let all = env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
    all.filter(|(name, _)| name != "BOLT_ENV")
}

/// What every app here is configured with.
pub(super) fn config(port: u16, blocking: u32) -> Config {
    Config::load_from(Path::new(NO_FOLDER), variables())
        .set("server.port", port)
        .set("stream.max_blocking", blocking)
        .set("log.level", "info")
        // `compare` and `soak` read where it listens.
        .set("log.format", "text")
}

pub(super) fn serve(port: u16, blocking: u32) -> bolt::Result<()> {
    app().config(config(port, blocking)).run()
}
