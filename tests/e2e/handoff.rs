//! A live stream and its client on one connection: how the client leaves, lags, and asks for more.

use std::time::Duration;

use bolt::axum::body::Body;
use bolt::axum::response::{IntoResponse, Response};
use bolt::axum::routing::get;
use bolt::prelude::*;
use bolt_tests::client::answer;
use bolt_tests::probe::eventually;
use bolt_tests::wire::End;
use bolt_tests::{Events, Probe, Raw, Server};
use bytes::Bytes;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::sleep;

type Watched = State<Probe>;

const MIB: usize = 1024 * 1024;

/// The same, of a request whose body nobody reads.
#[stream(post, "/quiet")]
async fn quiet_posted(State(probe): State<Probe>) -> u32 {
    let _inside = probe.enter();
    emit!(1);
    std::future::pending::<()>().await;
}

/// Says one thing, then nothing.
#[stream(get, "/quiet")]
async fn quiet(State(probe): Watched) -> u32 {
    let _inside = probe.enter();
    emit!(1);
    std::future::pending::<()>().await;
}

#[stream(get, "/count/{to}")]
async fn count(Path(to): Path<u32>, State(probe): Watched) -> u32 {
    let _inside = probe.enter();
    for n in 0..to {
        emit!(n);
        sleep(Duration::from_millis(2)).await;
    }
}

/// A thousand bytes an event, without end.
#[stream(get, "/flood")]
async fn flood(State(probe): Watched) -> String {
    let inside = probe.enter();
    loop {
        inside.emits(1000);
        emit!("x".repeat(1000));
    }
}

/// A short event and then huge ones.
#[stream(get, "/huge")]
async fn huge(State(probe): Watched) -> String {
    let _inside = probe.enter();
    emit!("begun".to_owned());
    sleep(Duration::from_millis(5)).await;
    loop {
        emit!("x".repeat(8 * MIB));
    }
}

/// Huge from the beginning.
#[stream(get, "/huge-at-once")]
async fn huge_at_once(State(probe): Watched) -> String {
    let _inside = probe.enter();
    loop {
        emit!("x".repeat(8 * MIB));
    }
}

/// A foreign body: it gives what is ready in one turn, and then it fails.
async fn fails() -> Response {
    live(async_stream::stream! {
        yield Ok("data: 1\n\n".into());
        sleep(Duration::from_millis(5)).await;
        yield Ok("data: 2\n\n".into());
        yield Err("broken");
    })
}

/// The same with a panic.
async fn panics() -> Response {
    live(async_stream::stream! {
        yield Ok("data: 1\n\n".into());
        sleep(Duration::from_millis(5)).await;
        yield Ok("data: 2\n\n".into());
        panic!("in a body");
    })
}

struct PanicsWhenDropped;

impl Drop for PanicsWhenDropped {
    fn drop(&mut self) {
        panic!("in a destructor");
    }
}

/// The same, and once more when what it holds is dropped.
async fn panics_twice() -> Response {
    let state = (0, PanicsWhenDropped);
    let numbers = async_stream::stream! {
        yield 1;
        sleep(Duration::from_millis(5)).await;
        yield 2;
        yield 3;
    };
    live(tokio_stream::StreamExt::map(numbers, move |n| {
        let _held = &state;
        assert!(n < 3, "in a body");
        Ok(format!("data: {n}\n\n").into())
    }))
}

fn live<S>(frames: S) -> Response
where
    S: tokio_stream::Stream<Item = Result<Bytes, &'static str>> + Send + 'static,
{
    ([("content-type", "text/event-stream")], Body::from_stream(frames)).into_response()
}

fn app(probe: &Probe, config: Config) -> App {
    App::new()
        .mount::<quiet>()
        .mount::<quiet_posted>()
        .mount::<count>()
        .mount::<flood>()
        .mount::<huge>()
        .mount::<huge_at_once>()
        .route("/fails", get(fails))
        .route("/panics", get(panics))
        .route("/panics-twice", get(panics_twice))
        .route("/plain/{n}", get(|Path(n): Path<u32>| async move { format!("plain {n}") }))
        .state(probe.clone())
        .config(config)
}

async fn start(config: Config) -> (Server, Probe) {
    let probe = Probe::default();
    (Server::start(app(&probe, config)).await, probe)
}

/// What `/count/{to}` sends.
fn counted(to: u32) -> Vec<String> {
    (0..to).map(|n| n.to_string()).collect()
}

fn data(body: &str) -> Vec<String> {
    let events = bolt_tests::items(bolt_tests::spec::Parser::default().feed(body.as_bytes()));
    events.into_iter().map(|event| event.data).collect()
}

#[tokio::test]
async fn a_client_that_closes_an_idle_stream_drops_its_generator() {
    let (server, probe) = start(Config::defaults()).await;
    let mut clients = Vec::new();
    for _ in 0..50 {
        let mut client = server.connect().await;
        client.get("/quiet").await;
        client.until("data: 1").await;
        clients.push(client);
    }
    assert_eq!(probe.open(), 50);
    clients.truncate(1);
    probe.opens(1).await;
}

#[tokio::test]
async fn a_body_that_nobody_reads_hides_no_client_that_leaves() {
    let (server, probe) = start(Config::defaults().set("stream.keep_alive", "off")).await;
    for length in [3, 30_000] {
        let mut client = server.connect().await;
        let head = format!("POST /quiet HTTP/1.1\r\nhost: x\r\ncontent-length: {length}\r\n\r\n");
        client.send(head).await;
        // The handler is done before the body comes.
        sleep(Duration::from_millis(20)).await;
        client.send("x".repeat(length)).await;
        client.until("data: 1").await;
        assert_eq!(probe.open(), 1);
        drop(client);
        probe.opens(0).await;
    }
}

#[tokio::test]
async fn a_reset_in_the_middle_of_a_huge_event_drops_its_generator() {
    let (server, probe) = start(Config::defaults()).await;
    for path in ["/huge", "/huge-at-once"] {
        let mut client = server.connect().await;
        client.get(path).await;
        while client.got.len() < MIB {
            client.read().await;
        }
        assert_eq!(probe.open(), 1, "{path}");
        client.stream.set_zero_linger().expect("a socket");
        drop(client);
        probe.opens(0).await;
    }
    // The server is well.
    assert_eq!(server.client().events("/count/3").await.rest_data().await, counted(3));
}

#[tokio::test]
async fn a_client_that_will_send_no_more_is_gone() {
    let (server, probe) = start(Config::defaults()).await;
    for path in ["/quiet", "/flood", "/huge"] {
        let mut client = server.connect().await;
        client.get(path).await;
        client.until("data: ").await;
        client.stream.shutdown().await.expect("half closed");
        client.cut_off().await;
        probe.opens(0).await;
    }
}

#[tokio::test]
async fn a_client_that_will_send_no_more_is_served_where_that_is_wanted() {
    let (server, probe) = start(Config::defaults().set("server.half_close", true)).await;
    // In the same packet as the request, and while the stream runs.
    for at_once in [true, false] {
        let mut client = server.connect().await;
        client.get("/count/30").await;
        if !at_once {
            client.until("data: 3\n").await;
        }
        client.stream.shutdown().await.expect("half closed");
        assert_eq!(data(client.response().await.text()), counted(30), "at once: {at_once}");
        assert_eq!(client.end().await, End::Closed);
        assert_eq!(client.got, b"", "nothing after the end");
    }
    // A request that was sent ahead is still answered.
    let mut client = server.connect().await;
    client
        .send("GET /count/9 HTTP/1.1\r\nhost: x\r\n\r\nGET /plain/7 HTTP/1.1\r\nhost: x\r\n\r\n")
        .await;
    client.stream.shutdown().await.expect("half closed");
    assert_eq!(data(client.response().await.text()), counted(9));
    assert_eq!(client.response().await.text(), "plain 7");
    assert_eq!(client.end().await, End::Closed);
    // That the client is gone altogether is found by writing.
    let mut client = server.connect().await;
    client.get("/flood").await;
    client.until("data: ").await;
    client.stream.shutdown().await.expect("half closed");
    assert_eq!(probe.open(), 1);
    drop(client);
    probe.opens(0).await;
}

/// A client with a small buffer of its own, which has asked for the path.
async fn small_client(server: &Server, path: &str) -> Raw<TcpStream> {
    let socket = TcpSocket::new_v4().expect("a socket");
    socket.set_recv_buffer_size(4096).expect("a buffer");
    let mut client = Raw::new(socket.connect(server.address()).await.expect("connected"));
    client.get(path).await;
    client
}

#[tokio::test]
async fn a_client_that_does_not_read_holds_its_own_generator_back_and_no_other() {
    let (server, probe) = start(Config::defaults().set("server.send_buffer", "16KiB")).await;
    let mut client = small_client(&server, "/flood").await;
    assert!(eventually(|| probe.emitted() > 0).await);
    let emitted = probe.rests().await;
    // `stream.buffer`, what goes into one chunk, and what both systems hold.
    assert!(emitted < MIB / 2, "{emitted}");
    assert_eq!(server.client().events("/count/20").await.rest_data().await, counted(20));
    // It goes on where it was.
    while client.got.len() < MIB {
        client.read().await;
    }
    client.until("data: ").await;
    assert!(probe.emitted() > emitted);
    assert_eq!(probe.open(), 1);
}

#[tokio::test]
async fn a_client_that_takes_nothing_for_too_long_is_let_go() {
    let config = Config::defaults().set("stream.write_timeout", "200ms");
    let (server, probe) = start(config).await;
    for (before, path) in ["/flood", "/huge", "/huge-at-once"].into_iter().enumerate() {
        let mut client = small_client(&server, path).await;
        assert!(eventually(|| probe.begun() > before).await, "{path}");
        probe.opens(0).await;
        client.cut_off().await;
    }
}

#[tokio::test]
async fn a_slow_client_that_goes_on_reading_is_kept() {
    let (server, probe) = start(Config::defaults().set("stream.write_timeout", "3s")).await;
    let mut client = small_client(&server, "/flood").await;
    let begin = tokio::time::Instant::now();
    let mut space = [0; 4096];
    // Longer than the timeout, and all of the time something waits for it.
    while begin.elapsed() < Duration::from_secs(4) {
        assert!(client.stream.read(&mut space).await.expect("it lives") > 0);
        sleep(Duration::from_millis(5)).await;
    }
    assert_eq!(probe.open(), 1);
}

#[tokio::test]
async fn one_connection_serves_streams_and_plain_answers_in_turn() {
    let (server, probe) = start(Config::defaults()).await;
    let mut client = server.connect().await;
    for round in 1..5 {
        client.get(&format!("/count/{round}")).await;
        assert_eq!(data(client.response().await.text()), counted(round));
        client.get(&format!("/plain/{round}")).await;
        assert_eq!(client.response().await.text(), format!("plain {round}"));
        client.get("/nowhere").await;
        assert_eq!(client.response().await.status, 404);
    }
    assert_eq!((probe.begun(), probe.open()), (4, 0));
}

#[tokio::test]
async fn requests_sent_ahead_are_answered_in_their_turn() {
    let (server, _) = start(Config::defaults()).await;
    let request = |path: &str| format!("GET {path} HTTP/1.1\r\nhost: x\r\n\r\n");
    for together in [true, false] {
        let mut client = server.connect().await;
        client.send(request("/count/20")).await;
        if !together {
            client.until("data: 5\n").await;
        }
        client.send(["/plain/1", "/count/3", "/count/0", "/plain/2"].map(request).concat()).await;
        assert_eq!(data(client.response().await.text()), counted(20));
        assert_eq!(client.response().await.text(), "plain 1");
        assert_eq!(data(client.response().await.text()), counted(3));
        assert_eq!(data(client.response().await.text()), counted(0));
        assert_eq!(client.response().await.text(), "plain 2");
        assert_eq!(client.got, b"");
    }
}

#[tokio::test]
async fn more_than_is_kept_may_be_sent_ahead() {
    let (server, _) = start(Config::defaults()).await;
    let mut client = server.connect().await;
    client.get("/count/20").await;
    client.until("data: 5\n").await;
    // 64 KiB, more than the pump keeps and than hyper's buffer takes at once; every fourth one is a stream again.
    let pad = "x".repeat(1000);
    let path = |n| if n % 4 == 0 { format!("/count/{}", n % 3) } else { format!("/plain/{n}") };
    for n in 0..64 {
        client.send(format!("GET {} HTTP/1.1\r\nhost: x\r\npad: {pad}\r\n\r\n", path(n))).await;
    }
    assert_eq!(data(client.response().await.text()), counted(20));
    for n in 0..64 {
        let response = client.response().await;
        assert_eq!(response.status, 200, "{n}");
        match n % 4 {
            0 => assert_eq!(data(response.text()), counted(n % 3)),
            _ => assert_eq!(response.text(), format!("plain {n}")),
        }
    }
    assert_eq!(client.got, b"");
}

#[tokio::test]
async fn garbage_sent_ahead_ends_the_connection_after_the_stream() {
    let (server, _) = start(Config::defaults()).await;
    let mut client = server.connect().await;
    client.get("/count/20").await;
    client.until("data: 5\n").await;
    client.send("\u{1}\u{2} garbage\r\n\r\n").await;
    assert_eq!(data(client.response().await.text()), counted(20));
    assert_eq!(client.response().await.status, 400);
    assert_eq!(client.end().await, End::Closed);
    assert_eq!(client.got, b"");
}

#[tokio::test]
async fn a_stream_whose_client_wants_no_more_ends_the_connection() {
    let (server, _) = start(Config::defaults()).await;
    for to in [0, 20] {
        let mut client = server.connect().await;
        let request = format!("GET /count/{to} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
        client.send(request).await;
        let response = client.response().await;
        assert_eq!(response.header("connection"), Some("close"));
        assert_eq!(data(response.text()), counted(to));
        assert_eq!(client.end().await, End::Closed);
        assert_eq!(client.got, b"");
    }
}

#[tokio::test]
async fn a_body_that_fails_never_looks_complete() {
    let (server, _) = start(Config::defaults()).await;
    let mut other = server.client().events("/count/100").await;
    for path in ["/fails", "/panics", "/panics-twice"] {
        let mut client = server.connect().await;
        client.get(path).await;
        let cut = client.cut_off().await;
        assert_eq!(data(cut.text()), ["1", "2"], "{path}");
    }
    assert_eq!(other.rest_data().await, counted(100));
}

#[tokio::test]
async fn a_storm_of_clients_that_leave_loses_nothing() {
    let (server, probe) = start(Config::defaults()).await;
    let mut steady = Events::of(answer(server.client().event_source("/quiet")).await);
    steady.next().await.expect("it runs");
    for round in 0..2000_u32 {
        let client = TcpStream::connect(server.address()).await.expect("connected");
        match round % 4 {
            0 => {}
            1 => client.set_zero_linger().expect("a socket"),
            2 => {
                let mut client = Raw::new(client);
                client.get("/quiet").await;
            }
            _ => {
                let mut client = Raw::new(client);
                client.get("/flood").await;
                client.until("data: ").await;
            }
        }
    }
    // Many come back at once.
    let mut back = Vec::new();
    for _ in 0..200 {
        let mut client = server.connect().await;
        client.get("/count/2").await;
        back.push(client);
    }
    for mut client in back {
        assert_eq!(data(client.response().await.text()), counted(2));
    }
    probe.opens(1).await;
}
