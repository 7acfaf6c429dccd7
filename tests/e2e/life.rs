//! How streams and the app end when it is not the generator that ends them.

use std::time::Duration;

use bolt::axum::routing::get;
use bolt::prelude::*;
use bolt_tests::client::answer;
use bolt_tests::{Events, Process, Server};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::sleep;

const APP: &str = env!("CARGO_BIN_EXE_test-app");

#[stream(get, "/quiet")]
async fn quiet() -> u32 {
    emit!(1);
    std::future::pending::<()>().await;
}

#[stream(get, "/busy")]
async fn busy() -> u32 {
    loop {
        emit!(1);
        tokio::task::yield_now().await;
    }
}

#[stream(get, "/thread")]
fn thread() -> u32 {
    loop {
        emit!(1);
        std::thread::sleep(Duration::from_millis(5));
    }
}

fn app(config: Config) -> App {
    App::new().mount::<quiet>().mount::<busy>().mount::<thread>().config(config)
}

#[tokio::test]
async fn a_streams_time_is_over_between_two_events() {
    let config = Config::defaults().set("stream.max_duration", "50ms");
    let server = Server::start(app(config)).await;
    for path in ["/quiet", "/busy", "/thread"] {
        let mut events = Events::of(answer(server.client().event_source(path)).await);
        let all = events.rest().await;
        assert!(!all.is_empty() && all.iter().all(|event| event.data == "1"), "{path}");
        let wait = events.parser().retry.expect("told when to come back");
        assert!((1000..=3000).contains(&wait), "{path}: {wait}");
        assert_eq!(events.parser().last_event_id, "", "and to come back");
    }
}

#[tokio::test]
async fn a_seed_repeats_the_random_times() {
    let mut waits = Vec::new();
    for seed in [7, 7, 8] {
        let config = Config::defaults().set("stream.max_duration", "20ms");
        let server = Server::start(app(config).seed(seed)).await;
        let mut events = Events::of(answer(server.client().event_source("/quiet")).await);
        events.rest().await;
        waits.push(events.parser().retry.expect("told when to come back"));
    }
    assert_eq!(waits[0], waits[1]);
    assert_ne!(waits[0], waits[2]);
}

#[tokio::test]
async fn keep_alive_is_as_configured() {
    let config =
        Config::defaults().set("stream.keep_alive", "5ms").set("stream.max_duration", "1s");
    let server = Server::start(app(config)).await;
    let mut events = server.client().events("/quiet").await;
    events.rest().await;
    assert!(events.parser().comments.len() > 2, "{:?}", events.parser().comments);
    let config =
        Config::defaults().set("stream.keep_alive", "off").set("stream.max_duration", "100ms");
    let server = Server::start(app(config)).await;
    let mut events = server.client().events("/quiet").await;
    events.rest().await;
    assert!(events.parser().comments.is_empty());
}

#[tokio::test]
async fn sigterm_lets_a_stream_finish_and_ends_the_rest() {
    let mut process = Process::start(APP, &[("BOLT_SERVER__DRAIN", "2s")]).await;
    let client = process.client();
    let mut finite = client.events("/finite/800").await;
    assert_eq!(finite.next_json::<String>().await, "begun");
    let mut endless = Events::of(answer(client.event_source("/async")).await);
    endless.next().await.expect("it runs");
    let mut blocking = Events::of(answer(client.event_source("/blocking")).await);
    blocking.next().await.expect("it runs");
    // A generator that ignores everything, and a request that never comes to its end.
    let mut deaf = Events::of(answer(client.event_source("/deaf")).await);
    deaf.next().await.expect("it runs");
    let mut half = TcpStream::connect(process.host()).await.expect("connected");
    half.write_all(b"GET /async HTTP/1.1\r\nhost:").await.expect("sent");
    process.signal("TERM").await;
    process.logs("shutting down").await;
    // It finishes in its own time.
    assert_eq!(finite.next_json::<String>().await, "done");
    assert_eq!(finite.next().await, None);
    // The others are told when to come back, and end whole: `rest` fails on a body that is cut off.
    for (name, mut events) in [("async", endless), ("blocking", blocking), ("deaf", deaf)] {
        events.rest().await;
        assert!(events.parser().retry.is_some(), "{name}");
        assert_eq!(events.parser().last_event_id, "", "{name}");
    }
    assert_eq!(process.ended().await.code(), Some(0));
    let refused = TcpStream::connect(process.host()).await;
    assert!(refused.is_err(), "nobody listens");
}

#[tokio::test]
async fn an_app_with_nothing_to_do_ends_at_once() {
    let mut process = Process::start(APP, &[("BOLT_SERVER__DRAIN", "1h")]).await;
    // An idle connection holds nothing up.
    let mut idle = TcpStream::connect(process.host()).await.expect("connected");
    idle.write_all(b"GET /running HTTP/1.1\r\nhost: x\r\n\r\n").await.expect("sent");
    let mut some = [0; 64];
    let read = idle.read(&mut some).await.expect("an answer");
    assert!(some[..read].starts_with(b"HTTP/1.1 200"));
    process.signal("INT").await;
    assert_eq!(process.ended().await.code(), Some(0));
}

#[tokio::test]
async fn a_second_signal_ends_the_process_at_once() {
    let mut process = Process::start(APP, &[("BOLT_SERVER__DRAIN", "1h")]).await;
    let mut endless = process.client().events("/async").await;
    endless.next().await.expect("it runs");
    process.signal("TERM").await;
    process.logs("shutting down").await;
    endless.next().await.expect("it still runs");
    // The same signal again at once is the same; after a while it is meant.
    process.signal("TERM").await;
    tokio::time::sleep(Duration::from_millis(700)).await;
    endless.next().await.expect("it still runs");
    process.signal("TERM").await;
    assert_eq!(process.ended().await.code(), Some(128 + 15));
}

#[tokio::test]
async fn a_taken_port_is_said_with_its_keys() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let port = taken.local_addr().expect("an address").port().to_string();
    let output = tokio::process::Command::new(APP)
        .env_clear()
        .env("BOLT_SERVER__PORT", &port)
        .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/src"))
        .output();
    let output = output.await.expect("it runs");
    assert_eq!(output.status.code(), Some(1));
    let text = String::from_utf8_lossy(&output.stderr);
    let expected = format!(
        "cannot listen on 127.0.0.1:{port} (server.host and server.port); stop the program"
    );
    assert!(text.contains(&expected) && text.contains("because: "), "{text}");
}

#[tokio::test]
async fn a_head_that_never_comes_is_not_waited_for() {
    // Far below the default of 15 s, and waited for less than that.
    let process = Process::start(APP, &[("BOLT_SERVER__HEADER_TIMEOUT", "100ms")]).await;
    for begun in
        ["", "G", "GET /async HTTP/1.1\r\nhost:", "PRI * HT", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"]
    {
        let mut half = TcpStream::connect(process.host()).await.expect("connected");
        half.write_all(begun.as_bytes()).await.expect("sent");
        let mut rest = Vec::new();
        let ended =
            tokio::time::timeout(Duration::from_secs(10), half.read_to_end(&mut rest)).await;
        assert!(ended.is_ok(), "the connection is closed after {begun:?}");
    }
    // A stream that goes on is not cut.
    let mut endless = process.client().events("/async").await;
    for _ in 0..20 {
        endless.next().await.expect("it goes on");
    }
}

#[tokio::test]
async fn who_waits_for_a_place_is_sent_away_at_shutdown() {
    let vars = [
        ("BOLT_STREAM__MAX_BLOCKING", "1"),
        ("BOLT_STREAM__BLOCKING_WAIT", "1h"),
        ("BOLT_SERVER__DRAIN", "2s"),
    ];
    let mut process = Process::start(APP, &vars).await;
    let client = process.client();
    let mut held = client.events("/blocking").await;
    held.next().await.expect("it runs");
    let waiting = tokio::spawn(answer(client.request(reqwest::Method::GET, "/blocking")));
    tokio::time::sleep(Duration::from_secs(1)).await;
    process.signal("TERM").await;
    let refused = waiting.await.expect("an answer");
    assert_eq!(refused.status(), 503);
    assert!(refused.text().await.expect("a body").contains("shutting down"));
    drop(held);
    assert_eq!(process.ended().await.code(), Some(0));
}

/// Larger than all buffers on the way.
async fn large() -> Vec<u8> {
    vec![b'x'; 64 * 1024 * 1024]
}

#[tokio::test]
async fn an_answer_that_is_being_sent_is_sent_to_its_end() {
    let app = App::new().route("/large", get(large)).config(Config::defaults());
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let (end, ended) = tokio::sync::oneshot::channel::<()>();
    let serve = app.serve_until(listener, async { _ = ended.await });
    let serve = tokio::spawn(async { serve.await.expect("it serves") });
    let mut client = TcpStream::connect(address).await.expect("connected");
    client.write_all(b"GET /large HTTP/1.1\r\nhost: x\r\n\r\n").await.expect("sent");
    let mut buffer = vec![0; 1024 * 1024];
    let mut got = client.read(&mut buffer).await.expect("it begins");
    end.send(()).expect("it serves");
    // Slower than the moment for last words, and faster than `server.drain`.
    for _ in 0..30 {
        sleep(Duration::from_millis(50)).await;
        got += client.read(&mut buffer).await.expect("it goes on");
    }
    loop {
        match client.read(&mut buffer).await.expect("it goes on to its end") {
            0 => break,
            more => got += more,
        }
    }
    assert!(got > 64 * 1024 * 1024, "{got} bytes with the head");
    serve.await.expect("it ends");
}

#[tokio::test]
async fn every_core_lets_its_streams_finish() {
    let vars = [("BOLT_SERVER__RUNTIME", "per-core"), ("BOLT_SERVER__WORKERS", "3")];
    let mut process = Process::start(APP, &vars).await;
    let client = process.client();
    let mut streams = Vec::new();
    for _ in 0..12 {
        let mut events = client.events("/finite/3500").await;
        assert_eq!(events.next_json::<String>().await, "begun");
        streams.push(events);
    }
    process.signal("TERM").await;
    for mut events in streams {
        assert_eq!(events.rest_data().await, [r#""done""#]);
    }
    assert_eq!(process.ended().await.code(), Some(0));
}

#[tokio::test]
async fn a_second_signal_ends_a_process_that_is_stuck() {
    for runtime in ["work-stealing", "per-core"] {
        let vars = [("BOLT_SERVER__RUNTIME", runtime), ("BOLT_SERVER__WORKERS", "1")];
        let mut process = Process::start(APP, &vars).await;
        let request = process.client().request(reqwest::Method::GET, "/stuck");
        let stuck = tokio::spawn(async { request.send().await.is_err() });
        process.logs("stuck").await;
        process.signal("TERM").await;
        // Sooner it would be taken for the first.
        sleep(Duration::from_millis(600)).await;
        process.signal("TERM").await;
        assert_eq!(process.ended().await.code(), Some(128 + 15), "{runtime}");
        assert!(stuck.await.expect("it is over"));
    }
}

#[tokio::test]
async fn a_runtime_for_each_core_serves_and_ends_as_one_for_all() {
    let vars = [
        ("BOLT_SERVER__RUNTIME", "per-core"),
        ("BOLT_SERVER__WORKERS", "3"),
        ("BOLT_SERVER__DRAIN", "200ms"),
    ];
    let mut process = Process::start(APP, &vars).await;
    let client = process.client();
    let mut streams = Vec::new();
    for path in ["/async", "/blocking"].repeat(8) {
        let mut events = Events::of(answer(client.event_source(path)).await);
        events.next().await.expect("it runs");
        streams.push(events);
    }
    if let Some(threads) = process.threads() {
        let cores = threads.iter().filter(|name| name.starts_with("core-")).count();
        assert_eq!(cores, 3, "{threads:?}");
    }
    process.signal("TERM").await;
    for mut events in streams {
        events.rest().await;
        assert!(events.parser().retry.is_some(), "told to come back");
    }
    assert_eq!(process.ended().await.code(), Some(0));
}
