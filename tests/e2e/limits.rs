//! More of everything than the server can bear: time, bytes, connections, files.

use std::net::SocketAddr;
use std::time::Duration;

use bolt::axum::routing::get;
use bolt::prelude::*;
use bolt_tests::probe::eventually;
use bolt_tests::wire::End;
use bolt_tests::{Probe, Process, Raw, Server};
use tokio::io::AsyncWriteExt as _;
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{Instant, sleep};

const APP: &str = env!("CARGO_BIN_EXE_test-app");

#[stream(get, "/quiet")]
async fn quiet(State(probe): State<Probe>) -> u32 {
    let _inside = probe.enter();
    emit!(1);
    std::future::pending::<()>().await;
}

#[stream(get, "/three")]
async fn three(State(probe): State<Probe>) -> u32 {
    let _inside = probe.enter();
    for n in 0..3 {
        emit!(n);
        sleep(Duration::from_millis(2)).await;
    }
}

fn app(probe: &Probe, config: Config) -> App {
    let state = probe.clone();
    App::new()
        .mount::<quiet>()
        .mount::<three>()
        .route("/plain", get(|| async { "plain" }))
        .state(state)
        .config(config)
}

async fn start(config: Config) -> (Server, Probe) {
    let probe = Probe::default();
    (Server::start(app(&probe, config)).await, probe)
}

#[tokio::test]
async fn a_head_that_comes_too_slowly_is_refused() {
    let (server, probe) = start(Config::defaults().set("server.header_timeout", "200ms")).await;
    // A byte at a time moves nothing: the time is for the whole head.
    let mut trickle = server.connect().await;
    for byte in b"GET /three HTTP/1.1\r\nhost: x\r\npad: ".iter().chain([b'x'; 100].iter()) {
        if trickle.stream.write_all(&[*byte]).await.is_err() {
            break;
        }
        sleep(Duration::from_millis(5)).await;
    }
    assert_eq!(trickle.response().await.status, 408);
    // What said nothing is told nothing; neither is what was answered and says no more.
    let mut silent = server.connect().await;
    assert_eq!(silent.end().await, End::Closed);
    assert_eq!(silent.got, b"");
    for path in ["/plain", "/three"] {
        let mut idle = server.connect().await;
        idle.get(path).await;
        assert_eq!(idle.response().await.status, 200);
        assert_eq!(idle.end().await, End::Closed, "{path}");
        assert_eq!(idle.got, b"", "{path}");
        // A second request counts as a first.
        let mut half = server.connect().await;
        half.get(path).await;
        assert_eq!(half.response().await.status, 200);
        half.send("GET /plain HT").await;
        assert_eq!(half.response().await.status, 408, "{path}");
        half.end().await;
    }
    probe.opens(0).await;
    assert_eq!(probe.begun(), 2);
}

#[tokio::test]
async fn a_stream_may_last_longer_than_a_head() {
    let (server, probe) = start(Config::defaults().set("server.header_timeout", "50ms")).await;
    let mut client = server.connect().await;
    client.get("/quiet").await;
    client.until("data: 1").await;
    sleep(Duration::from_millis(300)).await;
    assert_eq!(probe.open(), 1);
}

#[tokio::test]
async fn a_head_that_is_too_large_is_refused() {
    let (server, probe) = start(Config::defaults()).await;
    let many: String = (0..1000).map(|n| format!("x-{n}: y\r\n")).collect();
    let target = "a".repeat(1024 * 1024);
    for (name, request, expected) in [
        (
            "one header",
            format!("GET /three HTTP/1.1\r\nhost: x\r\npad: {}\r\n\r\n", "x".repeat(128 * 1024)),
            [431, 431],
        ),
        ("a thousand headers", format!("GET /three HTTP/1.1\r\nhost: x\r\n{many}\r\n"), [431, 431]),
        ("a target", format!("GET /three?{target} HTTP/1.1\r\nhost: x\r\n\r\n"), [414, 431]),
        (
            "a method",
            format!("{} / HTTP/1.1\r\nhost: x\r\n\r\n", "A".repeat(1024 * 1024)),
            [431, 400],
        ),
    ] {
        let mut client = server.connect().await;
        client.send(request).await;
        let status = client.response().await.status;
        assert!(expected.contains(&status), "{name}: {status}");
        client.end().await;
        assert_eq!(client.got, b"", "{name}");
    }
    assert_eq!(probe.begun(), 0);
    // What a head may be.
    let mut client = server.connect().await;
    client
        .send(format!("GET /three HTTP/1.1\r\nhost: x\r\npad: {}\r\n\r\n", "x".repeat(30_000)))
        .await;
    assert_eq!(client.response().await.status, 200);
}

#[tokio::test]
async fn over_the_cap_of_connections_one_waits_for_a_place() {
    let (server, probe) = start(Config::defaults().set("server.max_connections", 2)).await;
    let mut held = Vec::new();
    for _ in 0..2 {
        let mut client = server.connect().await;
        client.get("/quiet").await;
        client.until("data: 1").await;
        held.push(client);
    }
    for round in 1..4 {
        let mut waiting = server.connect().await;
        waiting.get("/quiet").await;
        sleep(Duration::from_millis(50)).await;
        assert_eq!((probe.begun(), probe.open()), (1 + round, 2), "no place, no answer");
        held.remove(0);
        waiting.until("data: 1").await;
        held.push(waiting);
    }
    drop(held);
    probe.opens(0).await;
}

#[tokio::test]
async fn over_the_cap_of_an_address_one_is_refused() {
    for host in ["127.0.0.1:0", "[::1]:0"] {
        let listener = match TcpListener::bind(host).await {
            Ok(listener) => listener,
            // Not every machine has IPv6.
            Err(_) if host.starts_with('[') => continue,
            Err(error) => panic!("{error}"),
        };
        let address = listener.local_addr().expect("an address");
        let probe = Probe::default();
        let app = app(&probe, Config::defaults().set("server.max_connections_per_ip", 2));
        let server = tokio::spawn(async move { app.serve(listener).await.expect("it serves") });
        let connect = || connect(address);
        let mut held = Vec::new();
        for _ in 0..2 {
            let mut client = connect().await;
            client.get("/quiet").await;
            client.until("data: 1").await;
            held.push(client);
        }
        for _ in 0..10 {
            let mut refused = connect().await;
            refused.get("/plain").await;
            let response = refused.response().await;
            assert_eq!(response.status, 503, "{host}");
            assert_eq!(response.header("content-type"), Some("application/problem+json"));
            assert_eq!(response.header("retry-after"), Some("5"));
            assert_eq!(refused.end().await, End::Closed);
        }
        held.pop();
        probe.opens(1).await;
        // The place is free when the connection has ended, which is a moment later.
        let mut statuses = Vec::new();
        while statuses.last() != Some(&200) && statuses.len() < 1000 {
            let mut client = connect().await;
            client.send("GET /plain HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").await;
            statuses.push(client.response().await.status);
        }
        assert_eq!(statuses.last(), Some(&200), "{host}");
        server.abort();
    }
}

async fn connect(address: SocketAddr) -> Raw<TcpStream> {
    Raw::new(TcpStream::connect(address).await.expect("connected"))
}

/// A connection to a process.
async fn connect_to(process: &Process) -> Raw<TcpStream> {
    Raw::new(TcpStream::connect(process.host()).await.expect("connected"))
}

#[tokio::test]
async fn out_of_files_it_waits_and_goes_on() {
    // More places than files.
    let vars = [("BOLT_SERVER__MAX_CONNECTIONS", "1000"), ("BOLT_SERVER__WORKERS", "2")];
    let mut process = Process::start_limited(APP, &vars, "ulimit -n 40").await;
    let mut steady = connect_to(&process).await;
    steady.get("/async").await;
    steady.until("data: 0\n").await;
    let begin = Instant::now();
    let mut crowd = Vec::new();
    for _ in 0..60 {
        let mut client = connect_to(&process).await;
        client.get("/running").await;
        crowd.push(client);
    }
    process.logs("cannot accept a connection").await;
    // While it cannot accept, it goes on with what it has.
    steady.until("data: 50\n").await;
    // A place that comes free is taken at once; in the end everybody was answered.
    for mut client in crowd {
        assert_eq!(client.response().await.status, 200);
    }
    let seconds = begin.elapsed().as_secs();
    process.signal("TERM").await;
    drop(steady);
    let log = process.rest_of_log().await;
    let warnings = log.iter().filter(|line| line.contains("cannot accept")).count();
    assert!(warnings as u64 <= seconds + 1, "{warnings} more in {seconds} s");
    assert_eq!(process.ended().await.code(), Some(0));
}

#[tokio::test]
async fn faults_of_clients_leave_no_file_open_and_no_line_in_the_log() {
    let mut process = Process::start(APP, &[("BOLT_LOG__LEVEL", "info")]).await;
    // Open when it is counted, and closed at the end.
    let mut first = connect_to(&process).await;
    first.get("/running").await;
    first.response().await;
    let Some(before) = process.files() else { return };
    drop(first);
    for round in 0..60 {
        let mut client = connect_to(&process).await;
        client.get(if round % 2 == 0 { "/large" } else { "/async" }).await;
        client.until("data: ").await;
        if round % 4 < 2 {
            client.stream.set_zero_linger().expect("a socket");
        }
        if round % 10 == 9 {
            client.send("\0").await;
        }
    }
    let back = eventually(|| process.files() == Some(before - 1)).await;
    assert!(back, "{before} files before, {:?} after", process.files());
    process.signal("TERM").await;
    let log = process.rest_of_log().await;
    assert!(log.iter().all(|line| !line.contains("WARN") && !line.contains("ERROR")), "{log:?}");
    assert_eq!(process.ended().await.code(), Some(0));
}

#[tokio::test]
async fn a_thousand_streams_end_whole_at_shutdown() {
    const STREAMS: usize = 1000;
    rlimit::increase_nofile_limit(u64::MAX).expect("a limit of files");
    let vars = [("BOLT_SERVER__DRAIN", "1s")];
    let mut process = Process::start(APP, &vars).await;
    let mut clients = Vec::new();
    for n in 0..STREAMS {
        let mut client = connect_to(&process).await;
        // Most say one thing in an hour, and some do not stop talking.
        client.get(if n % 50 == 0 { "/async" } else { "/finite/3600000" }).await;
        client.until("data: ").await;
        clients.push(client);
    }
    let mut half_sent = Vec::new();
    for begun in [
        "",
        "G",
        "PRI * HT",
        "GET /async HTTP/1.1\r\nhost:",
        "POST /async HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\n\r\nabc",
    ] {
        let mut client = connect_to(&process).await;
        client.send(begun).await;
        half_sent.push(client);
    }
    process.signal("TERM").await;
    for client in &mut clients {
        let response = client.response().await;
        assert_eq!(response.status, 200);
        client.end().await;
        assert_eq!(client.got, b"", "nothing after the last chunk");
    }
    assert_eq!(process.ended().await.code(), Some(0));
}
