//! HTTP/2 without TLS, by clients that know it and by clients that misuse it.

use std::time::Duration;

use bolt::axum::http::{Request, Response};
use bolt::prelude::*;
use bolt_tests::probe::eventually;
use bolt_tests::{PATIENCE, Probe, Server, spec};
use bytes::Bytes;
use h2::client::{Builder, SendRequest};
use h2::{Reason, RecvStream};
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};

#[stream(get, "/count/{to}")]
async fn count(Path(to): Path<u32>, State(probe): State<Probe>) -> u32 {
    let _inside = probe.enter();
    for n in 0..to {
        emit!(n);
        sleep(Duration::from_millis(2)).await;
    }
}

#[stream(get, "/quiet")]
async fn quiet(State(probe): State<Probe>) -> u32 {
    let _inside = probe.enter();
    emit!(0);
    std::future::pending::<()>().await;
}

#[stream(get, "/flood")]
async fn flood(State(probe): State<Probe>) -> String {
    let inside = probe.enter();
    loop {
        inside.emits(1000);
        emit!("x".repeat(1000));
    }
}

async fn start() -> (Server, Probe) {
    let probe = Probe::default();
    let app = App::new().mount::<count>().mount::<quiet>().mount::<flood>().state(probe.clone());
    (Server::start(app).await, probe)
}

struct Client {
    send: SendRequest<Bytes>,
    connection: JoinHandle<Result<(), h2::Error>>,
}

impl Client {
    async fn new(server: &Server, builder: &Builder) -> Self {
        let tcp = TcpStream::connect(server.address()).await.expect("connected");
        let (send, connection) = builder.handshake(tcp).await.expect("a handshake");
        Self { send, connection: tokio::spawn(connection) }
    }

    async fn get(&mut self, path: &str) -> Response<RecvStream> {
        let request = Request::get(format!("http://x{path}")).body(()).expect("a request");
        self.send = self.send.clone().ready().await.expect("the connection is well");
        let (response, _) = self.send.send_request(request, true).expect("sent");
        timeout(PATIENCE, response).await.expect("an answer").expect("an answer")
    }
}

async fn events(response: Response<RecvStream>) -> Vec<String> {
    assert_eq!(response.status(), 200);
    let mut body = response.into_body();
    let mut parser = spec::Parser::default();
    let mut events = Vec::new();
    while let Some(data) = timeout(PATIENCE, body.data()).await.expect("it goes on") {
        let data = data.expect("a whole body");
        body.flow_control().release_capacity(data.len()).expect("capacity");
        events.extend(bolt_tests::items(parser.feed(&data)).into_iter().map(|event| event.data));
    }
    events
}

#[tokio::test]
async fn many_streams_run_on_one_connection() {
    let (server, probe) = start().await;
    let mut client = Client::new(&server, &Builder::new()).await;
    let mut answers = Vec::new();
    for n in 0..50 {
        answers.push(tokio::spawn(events(client.get(&format!("/count/{n}")).await)));
    }
    for (n, answer) in answers.into_iter().enumerate() {
        let expected: Vec<_> = (0..n).map(|n| n.to_string()).collect();
        assert_eq!(answer.await.expect("no panic"), expected);
    }
    assert_eq!((probe.begun(), probe.open()), (50, 0));
}

#[tokio::test]
async fn a_stream_that_is_reset_drops_its_generator_and_no_other() {
    let (server, probe) = start().await;
    let mut client = Client::new(&server, &Builder::new()).await;
    let kept = client.get("/quiet").await;
    for _ in 0..50 {
        // Dropped, it is reset.
        drop(client.get("/quiet").await);
    }
    probe.opens(1).await;
    drop(kept);
    let kept = client.get("/quiet").await;
    client.connection.abort();
    probe.opens(0).await;
    drop(kept);
}

#[tokio::test]
async fn rapid_resets_end_their_connection_only() {
    let (server, probe) = start().await;
    let mut steady = Client::new(&server, &Builder::new()).await;
    let answer = steady.get("/count/200").await;
    let mut client = Client::new(&server, &Builder::new()).await;
    for _ in 0..5000 {
        let Ok(send) = client.send.clone().ready().await else { break };
        client.send = send;
        let request = Request::get("http://x/quiet").body(()).expect("a request");
        let Ok((response, mut stream)) = client.send.send_request(request, true) else { break };
        stream.send_reset(Reason::CANCEL);
        drop(response);
        tokio::task::yield_now().await;
    }
    drop(client);
    assert_eq!(events(answer).await.len(), 200);
    probe.opens(0).await;
}

#[tokio::test]
async fn a_client_without_a_window_holds_its_generator_back() {
    let (server, probe) = start().await;
    let mut client = Client::new(&server, Builder::new().initial_window_size(0)).await;
    let answer = client.get("/flood").await;
    let emitted = probe.rests().await;
    assert!(emitted < 512 * 1024, "{emitted}");
    let mut other = Client::new(&server, &Builder::new()).await;
    assert_eq!(events(other.get("/count/3").await).await.len(), 3);
    drop((answer, client));
    probe.opens(0).await;
}

/// A frame without payload, or with one.
fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).expect("a short one");
    let mut frame = length.to_be_bytes()[1..].to_vec();
    frame.extend([kind, flags]);
    frame.extend(stream.to_be_bytes());
    frame.extend(payload);
    frame
}

#[tokio::test]
async fn floods_of_frames_hurt_nobody_else() {
    const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
    let (server, probe) = start().await;
    // :method GET, :scheme http, :path /, from the static table.
    let headers = [0x82, 0x86, 0x84];
    for (name, begin, flood) in [
        ("ping", vec![], frame(6, 0, 0, &[0; 8])),
        ("settings", vec![], frame(4, 0, 0, &[])),
        ("continuation", frame(1, 0, 1, &headers), frame(9, 0, 1, &[])),
        (
            "headers without end",
            frame(1, 0, 1, &headers),
            frame(9, 0, 1, &[0x40, 1, b'x', 1, b'y']),
        ),
        ("priority", vec![], frame(2, 0, 1, &[0, 0, 0, 3, 0])),
        ("window", vec![], frame(8, 0, 0, &[0, 0, 0, 1])),
    ] {
        let mut client = TcpStream::connect(server.address()).await.expect("connected");
        let mut bytes = [PREFACE, &frame(4, 0, 0, &[])[..], &begin].concat();
        bytes.extend(flood.repeat(50_000));
        // Refused in the middle, or stuck because its answers are not read: either is a bound.
        let _ = timeout(Duration::from_millis(300), client.write_all(&bytes)).await;
        let mut other = Client::new(&server, &Builder::new()).await;
        assert_eq!(events(other.get("/count/3").await).await.len(), 3, "{name}");
        drop(client);
    }
    let mut client = Client::new(&server, &Builder::new()).await;
    let request = Request::get("http://x/quiet").header("pad", "x".repeat(64 * 1024));
    let (answer, _) =
        client.send.send_request(request.body(()).expect("a request"), true).expect("sent");
    let refused = timeout(PATIENCE, answer).await.expect("an answer");
    assert!(refused.is_err() || refused.is_ok_and(|answer| answer.status() == 431));
    assert!(eventually(|| probe.open() == 0).await);
}
