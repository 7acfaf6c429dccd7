//! The server on pipes of a few bytes: bodies of any shape, and clocks that are not waited for.

use std::convert::Infallible;
use std::io;
use std::time::Duration;

use bolt::axum::body::Body;
use bolt::axum::response::IntoResponse;
use bolt::axum::routing::get;
use bolt::prelude::*;
use bolt_tests::{Probe, Raw};
use bytes::Bytes;
use proptest::prelude::*;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream, Sink, duplex, join, sink};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::time::{Instant, sleep};

/// Gives what it is sent as connections.
struct Pipes(UnboundedReceiver<DuplexStream>);

impl bolt::Listener for Pipes {
    type Stream = DuplexStream;
    type Address = &'static str;

    async fn accept(&mut self) -> io::Result<(DuplexStream, &'static str)> {
        match self.0.recv().await {
            Some(stream) => Ok((stream, "a pipe")),
            None => std::future::pending().await,
        }
    }

    fn name(&self) -> String {
        "pipes".to_owned()
    }
}

/// Serves the app to the pipes that are sent.
fn start(app: App) -> UnboundedSender<DuplexStream> {
    let (sender, receiver) = unbounded_channel();
    tokio::spawn(async move { app.serve(Pipes(receiver)).await.expect("the app serves") });
    sender
}

fn connect(server: &UnboundedSender<DuplexStream>, buffer: usize) -> DuplexStream {
    let (client, stream) = duplex(buffer);
    server.send(stream).expect("it accepts");
    client
}

/// A frame of so many bytes; none where the body has to be waited for.
type Shape = Vec<Option<usize>>;

fn shape() -> impl Strategy<Value = Shape> {
    let size = prop_oneof![
        6 => prop_oneof![Just(0_usize), Just(1), Just(15), Just(16), Just(17), Just(255), Just(256)],
        3 => 0..5000_usize,
        1 => prop_oneof![Just(16 * 1024 - 1), Just(16 * 1024), Just(16 * 1024 + 1), Just(65_535)],
    ];
    prop::collection::vec(prop::option::weighted(0.7, size), 0..16)
}

fn frames(shape: &Shape) -> Vec<Option<Bytes>> {
    let bytes = |(n, size): (usize, &Option<usize>)| {
        let byte = b"abcdefghijklmnopqrstuvwxyz"[n % 26];
        size.map(|size| Bytes::from(vec![byte; size]))
    };
    shape.iter().enumerate().map(bytes).collect()
}

async fn any_shape_arrives(shape: Shape, buffer: usize, ahead: usize) {
    let frames = frames(&shape);
    let expected: Vec<u8> = frames.iter().flatten().flat_map(|frame| frame.to_vec()).collect();
    // A byte at a time, much would take long.
    let buffer = if expected.len() > 5000 { buffer.max(1000) } else { buffer };
    let streamed = get(move || async move {
        let body = Body::from_stream(async_stream::stream! {
            for frame in frames {
                match frame {
                    Some(frame) => yield Ok::<_, Infallible>(frame),
                    None => tokio::task::yield_now().await,
                }
            }
        });
        ([("content-type", "text/event-stream")], body).into_response()
    });
    let app = App::new().route("/", streamed).route("/plain", get(|| async { "plain" }));
    let server = start(app);
    let (reader, mut writer) = tokio::io::split(connect(&server, buffer));
    let pad = "x".repeat(700);
    let one = |path| format!("GET {path} HTTP/1.1\r\nhost: x\r\npad: {pad}\r\n\r\n");
    let requests = format!("{}{}", one("/"), [one("/plain"), one("/")].concat().repeat(ahead));
    tokio::spawn(async move {
        writer.write_all(requests.as_bytes()).await.expect("the server reads");
        // Dropped, it would not close the pipe: the reader has the other half.
    });
    let mut client = Raw::new(join(reader, sink()));
    assert_eq!(body(&mut client).await, expected);
    for _ in 0..ahead {
        assert_eq!(body(&mut client).await, b"plain");
        assert_eq!(body(&mut client).await, expected);
    }
    assert_eq!(client.got, b"", "nothing after the last answer");
}

async fn body(
    client: &mut Raw<tokio::io::Join<tokio::io::ReadHalf<DuplexStream>, Sink>>,
) -> Vec<u8> {
    let response = client.response().await;
    assert_eq!(response.status, 200);
    response.body
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_body_of_any_shape_arrives_as_it_is(
        shape in shape(),
        buffer in prop_oneof![Just(7_usize), Just(64), Just(1000), Just(100_000)],
        ahead in 0..24_usize,
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        runtime.expect("a runtime").block_on(any_shape_arrives(shape, buffer, ahead));
    }
}

/// A thousand bytes an event, without end.
#[stream(get, "/flood")]
async fn flood(State(probe): State<Probe>) -> String {
    let _inside = probe.enter();
    loop {
        emit!("x".repeat(1000));
    }
}

/// Says something now and then.
#[stream(get, "/seldom")]
async fn seldom(State(probe): State<Probe>) -> u32 {
    let _inside = probe.enter();
    for n in 0.. {
        emit!(n);
        sleep(Duration::from_secs(3600)).await;
    }
}

/// A stream over a pipe of 4 KiB, and what the client reads of it each second, for two minutes. Whether it is open
/// then.
async fn is_kept(config: Config, path: &str, each_second: usize) -> bool {
    let probe = Probe::default();
    let app = App::new().mount::<flood>().mount::<seldom>().state(probe.clone()).config(config);
    let server = start(app);
    let mut client = connect(&server, 4096);
    client
        .write_all(format!("GET {path} HTTP/1.1\r\nhost: x\r\n\r\n").as_bytes())
        .await
        .expect("sent");
    let begin = Instant::now();
    let mut space = vec![0; each_second];
    while begin.elapsed() < Duration::from_secs(120) {
        sleep(Duration::from_secs(1)).await;
        let read = tokio::time::timeout(Duration::from_millis(1), client.read(&mut space));
        if each_second > 0 && matches!(read.await, Ok(Ok(0))) {
            break;
        }
    }
    assert_eq!(probe.begun(), 1);
    probe.open() == 1
}

#[tokio::test(start_paused = true)]
async fn a_client_is_given_the_time_that_is_configured() {
    let off = Config::defaults;
    let timeout = || off().set("stream.write_timeout", "30s");
    let rate = || off().set("stream.min_drain_rate", "1KiB");
    for (name, config, path, each_second, kept) in [
        ("no limit", off(), "/flood", 0, true),
        ("takes nothing", timeout(), "/flood", 0, false),
        ("takes a byte", timeout(), "/flood", 1, true),
        ("nothing waits for it", timeout(), "/seldom", 4096, true),
        ("takes nothing, by rate", rate(), "/flood", 0, false),
        ("takes too little", rate(), "/flood", 500, false),
        ("takes enough", rate(), "/flood", 2000, true),
        ("nothing waits for it, by rate", rate(), "/seldom", 4096, true),
    ] {
        assert_eq!(is_kept(config, path, each_second).await, kept, "{name}");
    }
}
