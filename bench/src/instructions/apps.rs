//! The peers' streams, and two more routes: one event at a time, and an end.

use std::sync::Arc;

use axum::extract::Query;
use axum::response::sse::{Event as AxumEvent, KeepAlive, Sse};
use axum::routing::{Router, get};
use bolt::prelude::*;
use tokio::sync::Notify;
use tokio::task::yield_now;
use tokio_stream::{self as stream, Stream, StreamExt as _};

use crate::serve::{Count, Token, axum_router, bolt_app};

#[derive(Serialize, StreamEvent)]
#[serde(rename_all = "snake_case")]
enum Answer {
    Token { index: u64, token: &'static str },
}

#[stream(get, "/paced")]
async fn paced(Query(count): Query<Count>) -> Answer {
    for index in 0..count.events {
        emit!(Answer::Token { index, token: "hello" });
        yield_now().await;
    }
}

async fn axum_paced(
    Query(count): Query<Count>,
) -> Sse<impl Stream<Item = Result<AxumEvent, axum::Error>>> {
    let tokens = stream::iter(0..count.events).then(async |index| {
        let event = AxumEvent::default().event("token").json_data(Token::new(index));
        yield_now().await;
        event
    });
    Sse::new(tokens).keep_alive(KeepAlive::default())
}

pub(super) fn bolt(end: Arc<Notify>) -> App {
    // What this machine has configured is not what is compared.
    bolt_app().mount::<paced>().merge(ending(end)).config(Config::defaults())
}

pub(super) fn axum(end: Arc<Notify>) -> Router {
    axum_router().route("/paced", get(axum_paced)).merge(ending(end))
}

fn ending(end: Arc<Notify>) -> Router {
    Router::new().route("/end", get(async move || end.notify_one()))
}
