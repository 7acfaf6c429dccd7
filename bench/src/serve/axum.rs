//! axum: its own `Sse`, as its documentation and its example `sse` write it.

use std::convert::Infallible;
use std::io;
use std::net::Ipv4Addr;
use std::thread;

use axum::Router;
use axum::extract::Query;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::routing::get;
use tokio::net::TcpListener;
use tokio::runtime;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tokio_stream::{self as stream, Stream, StreamExt as _};

use super::payload::{Count, TICK, Token, now};
use super::ready;

async fn sse() -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let stream = stream::iter(std::iter::repeat_with(|| ()))
        .throttle(TICK)
        .map(|()| Ok(Event::default().data(now().to_string())));
    Sse::new(stream).keep_alive(KeepAlive::default())
}

async fn sync_sse() -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let (sender, receiver) = mpsc::channel(16);
    tokio::task::spawn_blocking(move || {
        while sender.blocking_send(Ok(Event::default().data(now().to_string()))).is_ok() {
            thread::sleep(TICK);
        }
    });
    Sse::new(ReceiverStream::new(receiver)).keep_alive(KeepAlive::default())
}

async fn tokens(Query(count): Query<Count>) -> Sse<impl Stream<Item = Result<Event, axum::Error>>> {
    let tokens =
        (0..count.events).map(|index| Event::default().event("token").json_data(Token::new(index)));
    Sse::new(stream::iter(tokens)).keep_alive(KeepAlive::default())
}

pub(crate) fn router() -> Router {
    Router::new()
        .route("/sse", get(sse))
        .route("/sync-sse", get(sync_sse))
        .route("/burst", get(tokens))
        .route("/short", get(tokens))
}

pub(super) fn serve(port: u16, blocking: u32) -> io::Result<()> {
    let blocking = usize::try_from(blocking).map_err(io::Error::other)?;
    let runtime =
        runtime::Builder::new_multi_thread().enable_all().max_blocking_threads(blocking).build()?;
    runtime.block_on(async {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
        ready::say(listener.local_addr()?);
        axum::serve(listener, router()).await
    })
}
