//! `stream.compression`: what is compressed, for whom, and that each event is there before the next is made.

use std::io::Write as _;
use std::sync::Arc;

use bolt::axum::routing::get;
use bolt::prelude::*;
use bolt_tests::Server;
use bolt_tests::client::answer;
use bolt_tests::wire::Response;
use flate2::write::GzDecoder;
use reqwest::Method;
use tokio::sync::Mutex;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

pub(crate) type Fed = State<Arc<Mutex<UnboundedReceiver<u32>>>>;

/// Says what the test says, when the test says it.
#[stream(get, "/fed")]
pub(crate) async fn fed(State(fed): Fed) -> String {
    let mut fed = fed.lock().await;
    while let Some(n) = fed.recv().await {
        emit!(format!("event {n} {}", "x".repeat(200)));
    }
}

async fn server(level: &str) -> (Server, UnboundedSender<u32>) {
    let (feed, fed_by) = unbounded_channel();
    let app = App::new()
        .mount::<fed>()
        .route("/plain", get(|| async { "plain ".repeat(100) }))
        .state(Arc::new(Mutex::new(fed_by)))
        .config(Config::defaults().set("stream.compression", level));
    (Server::start(app).await, feed)
}

/// The part of a body that can be read so far.
fn readable(encoding: &str, body: &[u8]) -> String {
    let bytes = match encoding {
        "gzip" => {
            let mut decoder = GzDecoder::new(Vec::new());
            decoder.write_all(body).expect("gzip");
            decoder.flush().expect("gzip");
            decoder.get_ref().clone()
        }
        "br" => {
            let mut decoder = brotli::DecompressorWriter::new(Vec::new(), 4096);
            decoder.write_all(body).expect("br");
            decoder.flush().expect("br");
            decoder.get_ref().clone()
        }
        _ => {
            let mut decoder = zstd::stream::write::Decoder::new(Vec::new()).expect("a decoder");
            decoder.write_all(body).expect("zstd");
            decoder.flush().expect("zstd");
            decoder.get_ref().clone()
        }
    };
    String::from_utf8(bytes).expect("text")
}

/// Reads what it feeds to `/fed` event by event, and all of it at the end. Gives the bytes that were sent, and the text.
pub(crate) async fn read_each(
    server: &Server,
    feed: UnboundedSender<u32>,
    encoding: &str,
) -> (usize, String) {
    let mut client = server.connect().await;
    client
        .send(format!("GET /fed HTTP/1.1\r\nhost: x\r\naccept-encoding: {encoding}\r\n\r\n"))
        .await;
    for n in 0..10 {
        feed.send(n).expect("it listens");
        let wanted = format!("event {n} ");
        loop {
            if let Some(response) = Response::read(&client.got, false, false) {
                assert_eq!(response.header("content-encoding"), Some(encoding));
                if readable(encoding, &response.body).contains(&wanted) {
                    break;
                }
            }
            client.read().await;
        }
    }
    drop(feed);
    let whole = client.response().await;
    let text = readable(encoding, &whole.body);
    assert_eq!(text.matches("event ").count(), 10, "{encoding}");
    // And the connection goes on.
    client.send("HEAD /fed HTTP/1.1\r\nhost: x\r\n\r\n").await;
    assert_eq!(client.response_to_head().await.status, 200);
    (whole.body.len(), text)
}

#[tokio::test]
async fn every_event_is_readable_before_the_next_is_made() {
    for (level, encodings) in
        [("fastest", &["gzip", "zstd"][..]), ("default", &["gzip", "br", "zstd"])]
    {
        for encoding in encodings {
            let (server, feed) = server(level).await;
            let (sent, text) = read_each(&server, feed, encoding).await;
            assert!(sent < text.len() / 2, "{encoding} {level}");
        }
    }
}

#[tokio::test]
async fn what_would_make_a_live_stream_larger_is_not_used() {
    let (server, feed) = server("fastest").await;
    drop(feed);
    let request = server.client().request(Method::GET, "/fed").header("accept-encoding", "br");
    assert!(!answer(request).await.headers().contains_key("content-encoding"));
}

#[tokio::test]
async fn only_streams_are_compressed_and_only_for_who_takes_it() {
    let (server, feed) = server("default").await;
    drop(feed);
    let asked = async |path: &str, accept: &str, encoding: &str| {
        let request = server.client().request(Method::GET, path).header("accept", accept);
        let answer = answer(request.header("accept-encoding", encoding)).await;
        answer.headers().get("content-encoding").map(|value| value.as_bytes().to_vec())
    };
    let events = "text/event-stream";
    assert_eq!(asked("/fed", events, "gzip;q=0.5, br;q=0.1").await.as_deref(), Some(&b"gzip"[..]));
    assert_eq!(asked("/fed", "application/json", "zstd").await.as_deref(), Some(&b"zstd"[..]));
    assert_eq!(asked("/fed", "application/jsonl", "br").await.as_deref(), Some(&b"br"[..]));
    assert_eq!(asked("/fed", events, "identity").await, None);
    assert_eq!(asked("/fed", events, "gzip;q=0").await, None);
    assert_eq!(asked("/plain", "*/*", "gzip").await, None);
}

#[tokio::test]
async fn nothing_is_compressed_by_default() {
    let (server, feed) = server("off").await;
    drop(feed);
    let request =
        server.client().request(Method::GET, "/fed").header("accept-encoding", "gzip, br");
    assert!(!answer(request).await.headers().contains_key("content-encoding"));
}

#[tokio::test]
async fn a_cache_is_told_that_the_encoding_varies() {
    let (server, feed) = server("default").await;
    drop(feed);
    let request = server.client().request(Method::GET, "/fed").header("accept-encoding", "gzip");
    let answer = answer(request).await;
    let vary: Vec<_> =
        answer.headers().get_all("vary").iter().map(|value| value.to_str()).collect();
    let vary: Vec<_> = vary.into_iter().map(|value| value.expect("text")).collect();
    assert_eq!(vary, ["accept", "accept-encoding"]);
}

#[tokio::test]
async fn who_takes_no_coding_at_all_is_sent_what_is_sent_without_compression() {
    let (server, feed) = server("fastest").await;
    drop(feed);
    let asked = async |method: Method, path: &str, encoding: &str| {
        let request = server.client().request(method, path).header("accept-encoding", encoding);
        let answer = answer(request).await;
        assert!(!answer.headers().contains_key("content-encoding"), "{path} {encoding}");
        answer.status().as_u16()
    };
    for encoding in ["identity;q=0", "*;q=0", "identity;q=0, br"] {
        assert_eq!(asked(Method::GET, "/fed", encoding).await, 200, "{encoding}");
        assert_eq!(asked(Method::GET, "/plain", encoding).await, 200, "{encoding}");
        assert_eq!(asked(Method::POST, "/plain", encoding).await, 405, "{encoding}");
    }
}
