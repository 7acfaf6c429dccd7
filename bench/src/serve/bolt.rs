//! bolt: what its guide shows, and nothing that is not public.

use std::thread;

use bolt::prelude::*;

use super::payload::{Count, TICK, now};

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

#[derive(Serialize, StreamEvent)]
#[serde(rename_all = "snake_case")]
enum Answer {
    Token { index: u64, token: &'static str },
}

#[stream(get, "/burst")]
async fn burst(Query(count): Query<Count>) -> Answer {
    for index in 0..count.events {
        emit!(Answer::Token { index, token: "hello" });
    }
}

#[stream(get, "/short")]
async fn short(Query(count): Query<Count>) -> Answer {
    for index in 0..count.events {
        emit!(Answer::Token { index, token: "hello" });
    }
}

/// The streams, not configured.
pub(crate) fn app() -> App {
    App::new().mount::<sse>().mount::<sync_sse>().mount::<burst>().mount::<short>()
}

pub(super) fn serve(port: u16, blocking: usize) -> bolt::Result<()> {
    // Files and variables first, as in any app: so a key can be tried with `BOLT_STREAM__BUFFER=…`.
    let config = Config::load()
        .set("server.port", port)
        .set("stream.max_blocking", blocking)
        .set("log.level", "info");
    app().config(config).run()
}
