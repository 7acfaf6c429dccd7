//! actix-web: a response that streams. Its own crates have no events; the text is written by hand, which is the
//! cheapest way there is.

use std::convert::Infallible;
use std::io;
use std::net::Ipv4Addr;

use actix_web::web::{Bytes, Query};
use actix_web::{App, HttpResponse, HttpServer, get};
use tokio_stream::{self as stream, Stream, StreamExt as _};

use super::payload::{Count, TICK, Token, now};
use super::ready;

#[get("/sse")]
async fn sse() -> HttpResponse {
    let stream = stream::iter(std::iter::repeat_with(|| ()))
        .throttle(TICK)
        .map(|()| Ok::<_, Infallible>(Bytes::from(format!("data: {}\n\n", now()))));
    event_stream(stream)
}

#[get("/burst")]
async fn burst(Query(count): Query<Count>) -> HttpResponse {
    event_stream(stream::iter((0..count.events).map(token)))
}

#[get("/short")]
async fn short(Query(count): Query<Count>) -> HttpResponse {
    event_stream(stream::iter((0..count.events).map(token)))
}

fn token(index: u64) -> Result<Bytes, serde_json::Error> {
    let data = serde_json::to_string(&Token::new(index))?;
    Ok(Bytes::from(format!("event: token\ndata: {data}\n\n")))
}

fn event_stream<E: Into<Box<dyn std::error::Error>> + 'static>(
    stream: impl Stream<Item = Result<Bytes, E>> + 'static,
) -> HttpResponse {
    HttpResponse::Ok()
        .content_type("text/event-stream")
        .insert_header(("cache-control", "no-cache"))
        .streaming(stream)
}

pub(super) fn serve(port: u16) -> io::Result<()> {
    actix_web::rt::System::new().block_on(async {
        let server = HttpServer::new(|| App::new().service(sse).service(burst).service(short))
            .bind((Ipv4Addr::LOCALHOST, port))?;
        for address in server.addrs() {
            ready::say(address);
        }
        server.run().await
    })
}
