//! What HTTP/1 asks of a server: by RFC 9110 and 9112, byte for byte.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bolt::axum::extract::Request;
use bolt::axum::http::StatusCode;
use bolt::axum::response::{IntoResponse, Response};
use bolt::axum::routing::{any, get, post};
use bolt::prelude::*;
use bolt_tests::wire::End;
use bolt_tests::{PATIENCE, Raw, Server};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};

#[stream(get, "/three")]
async fn three() -> u32 {
    for n in 0..3 {
        emit!(n);
        sleep(Duration::from_millis(2)).await;
    }
}

#[derive(Deserialize, ToSchema)]
struct Wish {
    count: u32,
}

/// As many events as the body says.
#[stream(post, "/wish")]
async fn wish(Json(wish): Json<Wish>) -> u32 {
    for n in 0..wish.count {
        emit!(n);
        sleep(Duration::from_millis(2)).await;
    }
}

/// Streams while it does not care for the body of its request.
#[stream(post, "/careless")]
async fn careless() -> u32 {
    for n in 0..3 {
        emit!(n);
        sleep(Duration::from_millis(2)).await;
    }
}

async fn fails_badly() -> String {
    panic!("the password is 12345")
}

/// Becomes another protocol, which says everything back.
async fn upgrade(mut request: Request) -> Response {
    let upgraded = hyper::upgrade::on(&mut request);
    tokio::spawn(async move {
        let mut stream = TokioIo::new(upgraded.await.expect("upgraded"));
        let mut space = [0; 64];
        while let Ok(count @ 1..) = stream.read(&mut space).await {
            stream.write_all(&space[..count]).await.expect("written");
        }
    });
    let headers = [("connection", "upgrade"), ("upgrade", "echo")];
    (StatusCode::SWITCHING_PROTOCOLS, headers).into_response()
}

/// The server, and how many requests came to a handler of `/seen`.
async fn start() -> (Server, Arc<AtomicUsize>) {
    let seen = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&seen);
    let see = any(move |body: String| async move {
        counter.fetch_add(1, Ordering::SeqCst);
        format!("seen {body:?}")
    });
    let app = App::new()
        .mount::<three>()
        .mount::<wish>()
        .mount::<careless>()
        .route("/seen", see)
        .route("/panics", get(fails_badly))
        .route("/drops", post(|| async { "not read" }))
        .route("/upgrade", get(upgrade));
    (Server::start(app).await, seen)
}

/// The next response, and its events.
async fn events(client: &mut Raw<TcpStream>) -> Vec<String> {
    let response = client.response().await;
    assert_eq!(response.status, 200);
    let events = bolt_tests::items(bolt_tests::spec::Parser::default().feed(&response.body));
    events.into_iter().map(|event| event.data).collect()
}

#[tokio::test]
async fn a_request_that_two_could_read_differently_comes_to_no_handler() {
    let (server, seen) = start().await;
    for (name, lines) in [
        ("two lengths", "content-length: 3\r\ncontent-length: 4\r\n\r\nabcd"),
        ("two lengths in one", "content-length: 3, 4\r\n\r\nabcd"),
        ("a length with a sign", "content-length: +3\r\n\r\nabc"),
        ("a negative length", "content-length: -3\r\n\r\nabc"),
        ("a hexadecimal length", "content-length: 0x3\r\n\r\nabc"),
        ("a length beyond all", "content-length: 99999999999999999999\r\n\r\nabc"),
        ("an unknown coding", "transfer-encoding: xchunked\r\n\r\n0\r\n\r\n"),
        ("chunked and then another", "transfer-encoding: chunked, identity\r\n\r\n0\r\n\r\n"),
        ("a coding and a length", "transfer-encoding: xchunked\r\ncontent-length: 1\r\n\r\na"),
        ("a folded line", "x: a\r\n b\r\n\r\n"),
        ("a space before the colon", "transfer-encoding : chunked\r\n\r\n0\r\n\r\n"),
        ("a space before the first name", " x: a\r\n\r\n"),
        ("a NUL", "x: a\0b\r\n\r\n"),
        ("a CR alone", "x: a\rtransfer-encoding: chunked\r\n\r\n"),
        ("no name", ": a\r\n\r\n"),
        ("no colon", "x\r\n\r\n"),
        ("two hosts", "host: y\r\n\r\n"),
    ] {
        let mut client = server.connect().await;
        client.send(format!("POST /seen HTTP/1.1\r\nhost: x\r\n{lines}")).await;
        assert_eq!(client.response().await.status, 400, "{name}");
        client.end().await;
        assert_eq!(client.got, b"", "{name}");
    }
    for (name, request) in [
        ("no host", "GET /seen HTTP/1.1\r\n\r\n"),
        (
            "a coding in HTTP/1.0",
            "POST /seen HTTP/1.0\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
        ),
        ("another version", "GET /seen HTTP/1.2\r\nhost: x\r\n\r\n"),
        ("a space in the target", "GET /seen /other HTTP/1.1\r\nhost: x\r\n\r\n"),
        ("no version", "GET /seen\r\n\r\n"),
    ] {
        let mut client = server.connect().await;
        client.send(request).await;
        assert_eq!(client.response().await.status, 400, "{name}");
        client.end().await;
    }
    assert_eq!(seen.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn nothing_is_smuggled_behind_a_chunked_body() {
    let (server, seen) = start().await;
    let smuggled = "GET /seen HTTP/1.1\r\nhost: x\r\n\r\n";
    for lines in [
        "content-length: 5\r\ntransfer-encoding: chunked",
        "transfer-encoding: chunked\r\ncontent-length: 5",
        "transfer-encoding: chunked",
    ] {
        let mut client = server.connect().await;
        let head = format!("POST /seen HTTP/1.1\r\nhost: x\r\n{lines}\r\n\r\n");
        client.send(format!("{head}1\r\na\r\n0\r\n\r\n{smuggled}")).await;
        // hyper reads it as chunks; that is allowed where the connection ends with it.
        assert_eq!(client.response().await.text(), "seen \"a\"", "{lines}");
        client.end().await;
        assert_eq!(client.got, b"", "{lines}");
    }
    assert_eq!(seen.load(Ordering::SeqCst), 3);
    // In a chunk, what is not by the letter is refused by the reader of the body.
    for body in
        ["1\na\r\n0\r\n\r\n", "1\r\na0\r\n\r\n", "1 x\r\na\r\n0\r\n\r\n", "-1\r\na\r\n0\r\n\r\n"]
    {
        let mut client = server.connect().await;
        let head = "POST /seen HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n";
        client.send(format!("{head}{body}{smuggled}")).await;
        assert_eq!(client.response().await.status, 400, "{body:?}");
        client.end().await;
        assert_eq!(client.got, b"", "{body:?}");
    }
    assert_eq!(seen.load(Ordering::SeqCst), 3);
}

#[tokio::test]
async fn a_line_may_end_in_lf_alone() {
    // RFC 9112, section 2.2, lets a recipient do so, and hyper does. No request hides in it: whoever takes LF for a
    // part of a value refuses the value.
    let (server, seen) = start().await;
    let mut client = server.connect().await;
    client.send("GET /seen HTTP/1.1\nhost: x\n\n").await;
    assert_eq!(client.response().await.status, 200);
    assert_eq!(seen.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn http_1_0_gets_a_stream_without_chunks() {
    let (server, _) = start().await;
    for request in
        ["GET /three HTTP/1.0\r\n\r\n", "GET /three HTTP/1.0\r\nconnection: keep-alive\r\n\r\n"]
    {
        let mut client = server.connect().await;
        client.send(request).await;
        assert_eq!(client.end().await, End::Closed);
        let response = client.response().await;
        assert_eq!(response.header("transfer-encoding"), None);
        assert!(response.text().contains("data: 2\n\n"), "{}", response.text());
    }
}

#[tokio::test]
async fn other_methods_are_answered_without_a_stream() {
    let (server, _) = start().await;
    let mut client = server.connect().await;
    for _ in 0..2 {
        client.send("HEAD /three HTTP/1.1\r\nhost: x\r\n\r\n").await;
        let head = client.response_to_head().await;
        assert_eq!(head.header("content-type"), Some("text/event-stream"));
        client.send("OPTIONS /three HTTP/1.1\r\nhost: x\r\n\r\n").await;
        let options = client.response().await;
        assert_eq!((options.status, options.header("allow")), (405, Some("GET,HEAD")));
        client.get("/three").await;
        assert_eq!(events(&mut client).await, ["0", "1", "2"]);
    }
    client.send("OPTIONS * HTTP/1.1\r\nhost: x\r\n\r\n").await;
    assert_eq!(client.response().await.status, 404);
}

#[tokio::test]
async fn a_target_may_be_a_whole_address() {
    let (server, _) = start().await;
    let mut client = server.connect().await;
    client.send("GET http://example.com/three HTTP/1.1\r\nhost: example.com\r\n\r\n").await;
    assert_eq!(events(&mut client).await, ["0", "1", "2"]);
    client.get("/three").await;
    assert_eq!(events(&mut client).await, ["0", "1", "2"]);
}

#[tokio::test]
async fn a_client_that_waits_to_be_asked_for_its_body_is_asked() {
    let (server, _) = start().await;
    let mut client = server.connect().await;
    for _ in 0..2 {
        let lines = "content-type: application/json\r\ncontent-length: 11\r\nexpect: 100-continue";
        client.send(format!("POST /wish HTTP/1.1\r\nhost: x\r\n{lines}\r\n\r\n")).await;
        assert_eq!(client.response().await.status, 100);
        client.send(r#"{"count":3}"#).await;
        assert_eq!(events(&mut client).await, ["0", "1", "2"]);
    }
    // Refused before its body: it is not asked for.
    let lines = "content-length: 11\r\nexpect: 100-continue";
    client.send(format!("POST /wish HTTP/1.1\r\nhost: x\r\n{lines}\r\n\r\n")).await;
    assert_eq!(client.response().await.status, 415);
}

#[tokio::test]
async fn a_body_that_nobody_reads_never_becomes_a_request() {
    let (server, seen) = start().await;
    for path in ["/careless", "/drops"] {
        let mut client = server.connect().await;
        let hidden = "GET /seen HTTP/1.1\r\nhost: x\r\n\r\n".repeat(3000);
        let length = hidden.len();
        client
            .send(format!("POST {path} HTTP/1.1\r\nhost: x\r\ncontent-length: {length}\r\n\r\n"))
            .await;
        // The server need not read all of it.
        let send = client.stream.write_all(hidden.as_bytes());
        let _ = timeout(Duration::from_millis(300), send).await;
        client.response().await;
        drop(client);
    }
    assert_eq!(seen.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn a_client_that_sends_all_before_it_reads_still_has_its_answer() {
    let (server, _) = start().await;
    let body = vec![b'x'; 16 << 20];
    for (path, status) in [("/careless", 200), ("/drops", 200), ("/wish", 415), ("/nowhere", 404)] {
        let mut client = server.connect().await;
        let length = body.len();
        let head = format!("POST {path} HTTP/1.1\r\nhost: x\r\ncontent-length: {length}\r\n\r\n");
        let sent = async {
            client.stream.write_all(head.as_bytes()).await?;
            client.stream.write_all(&body).await
        };
        let sent = timeout(PATIENCE, sent).await.expect("the server reads");
        sent.unwrap_or_else(|error| panic!("{path}: {error}"));
        assert_eq!(client.response().await.status, status, "{path}");
        assert_eq!(client.end().await, End::Closed, "{path}");
    }
}

#[tokio::test]
async fn a_handler_that_panics_is_a_problem_and_its_connection_goes_on() {
    let (server, _) = start().await;
    let mut client = server.connect().await;
    for _ in 0..2 {
        client.get("/panics").await;
        let response = client.response().await;
        assert_eq!(response.status, 500);
        assert_eq!(response.header("content-type"), Some("application/problem+json"));
        assert!(!response.text().contains("12345"));
        client.get("/three").await;
        assert_eq!(events(&mut client).await, ["0", "1", "2"]);
    }
}

#[tokio::test]
async fn a_connection_of_another_protocol_keeps_its_place() {
    let router = bolt::axum::Router::new().route("/upgrade", get(upgrade));
    let config = Config::defaults().set("server.max_connections_per_ip", 1);
    let server = Server::start(App::new().merge(router).config(config)).await;
    let mut upgraded = server.connect().await;
    let request =
        "GET /upgrade HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: echo\r\n\r\n";
    upgraded.send(request).await;
    assert_eq!(upgraded.response().await.status, 101);
    for _ in 0..3 {
        let mut refused = server.connect().await;
        refused.get("/upgrade").await;
        assert_eq!(refused.response().await.status, 503);
    }
}

#[tokio::test]
async fn a_connection_may_become_another_protocol() {
    let (server, _) = start().await;
    let mut client = server.connect().await;
    client.get("/three").await;
    assert_eq!(events(&mut client).await, ["0", "1", "2"]);
    // What is sent ahead belongs to the new protocol.
    client
        .send(
            "GET /upgrade HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: echo\r\n\r\nahead",
        )
        .await;
    let response = client.response().await;
    assert_eq!((response.status, response.header("upgrade")), (101, Some("echo")));
    for said in ["ahead", "hello", "\0\r\n\r\n"] {
        if said != "ahead" {
            client.send(said).await;
        }
        while client.got.len() < said.len() {
            timeout(PATIENCE, client.read()).await.expect("an echo");
        }
        assert_eq!(std::mem::take(&mut client.got), said.as_bytes());
    }
}
