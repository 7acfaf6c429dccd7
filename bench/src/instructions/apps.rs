//! The peers' streams, and two more routes: one event at a time, and an end.

use std::sync::Arc;

use axum::extract::Query;
use axum::response::sse::{Event as AxumEvent, KeepAlive, Sse};
use axum::routing::{Router, get};
use bolt::prelude::*;
use tokio::sync::{Notify, mpsc};
use tokio_stream::wrappers::ReceiverStream;
use tokio_stream::{Stream, StreamExt as _};

use crate::serve::{Count, Token, axum_router, bolt_app};

#[derive(Serialize, StreamEvent, ToSchema)]
#[serde(rename_all = "snake_case")]
enum Answer {
    Token { index: u64, token: &'static str },
}

#[stream(get, "/paced")]
async fn paced(Query(count): Query<Count>) -> Answer {
    let mut indexes = feed(count.events);
    while let Some(index) = indexes.recv().await {
        emit!(Answer::Token { index, token: "hello" });
    }
}

async fn axum_paced(
    Query(count): Query<Count>,
) -> Sse<impl Stream<Item = Result<AxumEvent, axum::Error>>> {
    let tokens = ReceiverStream::new(feed(count.events))
        .map(|index| AxumEvent::default().event("token").json_data(Token::new(index)));
    Sse::new(tokens).keep_alive(KeepAlive::default())
}

/// One number at a time: with room for one, the next comes when the stream has waited for it. A mere
/// `yield_now` does not do, for it is over at the next poll, whoever polls.
fn feed(events: u64) -> mpsc::Receiver<u64> {
    let (sender, receiver) = mpsc::channel(1);
    tokio::spawn(async move {
        for index in 0..events {
            if sender.send(index).await.is_err() {
                return;
            }
        }
    });
    receiver
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
