//! Blocking streams: how many, what one more is told, and what a slow or absent client costs.

use std::io::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bolt::axum::body::Body;
use bolt::axum::http::Request;
use bolt::axum::response::Response;
use bolt::axum::routing::get;
use bolt::prelude::*;
use bolt_tests::client::answer;
use bolt_tests::{Events, PATIENCE, Process, Server};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::timeout;
use tower_service::Service as _;

const APP: &str = env!("CARGO_BIN_EXE_test-app");

/// Goes on until its client leaves.
#[stream(get, "/hold")]
fn hold() -> u64 {
    for n in 0.. {
        emit!(n);
        std::thread::sleep(Duration::from_millis(5));
    }
}

fn app(keys: &[(&str, &str)]) -> App {
    let config =
        keys.iter().fold(Config::defaults(), |config, (key, value)| config.set(key, value));
    App::new().mount::<hold>().config(config)
}

/// Opens the stream as soon as there is a place for it.
async fn open(server: &Server) -> Events {
    timeout(PATIENCE, async {
        loop {
            let response = server.client().get("/hold").await;
            if response.status() == 200 {
                return Events::of(response);
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    })
    .await
    .expect("a place comes free")
}

#[tokio::test]
async fn one_more_than_the_limit_is_refused_and_served_when_one_ends() {
    let server = Server::start(app(&[("stream.max_blocking", "2")])).await;
    let mut first = open(&server).await;
    let _second = open(&server).await;
    first.next().await.expect("it runs");
    let refused = server.client().get("/hold").await;
    assert_eq!(refused.status(), 503);
    assert_eq!(refused.headers()["content-type"], "application/problem+json");
    let wait: u64 =
        refused.headers()["retry-after"].to_str().expect("text").parse().expect("seconds");
    assert!((1..=10).contains(&wait));
    let problem: serde_json::Value =
        serde_json::from_str(&refused.text().await.expect("a body")).expect("JSON");
    assert_eq!(problem["detail"], "all 2 blocking streams are in use (stream.max_blocking)");
    drop(first);
    open(&server).await.next().await.expect("it runs");
}

/// A refusal that an EventSource understands: status 200, when to come back, and no event.
async fn assert_told_to_retry(mut events: Events) {
    assert_eq!(events.rest().await, []);
    let wait = events.parser().retry.expect("a retry hint");
    assert!((2_500..=7_500).contains(&wait), "{wait}");
    assert_eq!(events.parser().last_event_id, "", "it is to come back");
    let comments = events.parser().comments.join("\n");
    assert!(comments.contains("all 1 blocking streams are in use"), "{comments}");
}

#[tokio::test]
async fn overload_decides_how_the_one_more_is_told() {
    for (overload, plain, source) in [("auto", 503, 200), ("reject", 503, 503), ("retry", 200, 200)]
    {
        let keys = [("stream.max_blocking", "1"), ("stream.overload", overload)];
        let server = Server::start(app(&keys)).await;
        let _held = open(&server).await;
        for (request, expected) in [
            (server.client().request(reqwest::Method::GET, "/hold"), plain),
            (server.client().event_source("/hold"), source),
        ] {
            let response = answer(request).await;
            assert_eq!(response.status(), expected, "{overload}");
            if expected == 200 {
                assert_told_to_retry(Events::of(response)).await;
            }
        }
    }
}

#[tokio::test]
async fn a_good_connection_takes_the_longer_wait_back() {
    let server = Server::start(app(&[])).await;
    let mut events = Events::of(answer(server.client().event_source("/hold")).await);
    events.next().await.expect("it runs");
    assert_eq!(events.parser().retry, Some(3000));
}

#[tokio::test]
async fn requests_wait_for_a_place_first_come_first_served() {
    let keys = [("stream.max_blocking", "1"), ("stream.blocking_wait", "1h")];
    let server = Arc::new(Server::start(app(&keys)).await);
    let held = open(&server).await;
    let served = Arc::new(std::sync::Mutex::new(Vec::new()));
    let mut waiting = JoinSet::new();
    for number in 0..4 {
        let (server, served) = (Arc::clone(&server), Arc::clone(&served));
        let task = waiting.spawn(async move {
            let mut events = server.client().events("/hold").await;
            events.next().await.expect("it runs");
            served.lock().expect("not poisoned").push(number);
        });
        // Each is in the queue before the next comes: nothing but time can tell from outside.
        tokio::time::sleep(Duration::from_millis(300)).await;
        if number == 1 {
            // The second one leaves, and takes nobody's place.
            task.abort();
        }
    }
    drop(held);
    while let Some(ended) = timeout(PATIENCE, waiting.join_next()).await.expect("all are served") {
        assert!(ended.is_ok() || ended.is_err_and(|error| error.is_cancelled()));
    }
    assert_eq!(*served.lock().expect("not poisoned"), [0, 2, 3]);
}

#[tokio::test]
async fn a_wait_that_is_over_is_a_refusal() {
    let keys = [("stream.max_blocking", "1"), ("stream.blocking_wait", "10ms")];
    let server = Server::start(app(&keys)).await;
    let _held = open(&server).await;
    assert_eq!(server.client().get("/hold").await.status(), 503);
}

#[stream(get, "/large")]
fn large(State(emitted): State<Arc<AtomicUsize>>) -> String {
    loop {
        emit!("x".repeat(1000));
        emitted.fetch_add(1000, Ordering::SeqCst);
    }
}

#[stream(get, "/large-items")]
fn large_items(State(emitted): State<Arc<AtomicUsize>>) -> impl Iterator<Item = String> {
    std::iter::repeat_with(move || {
        emitted.fetch_add(1000, Ordering::SeqCst);
        "x".repeat(1000)
    })
}

#[stream(get, "/large-async")]
async fn large_async(State(emitted): State<Arc<AtomicUsize>>) -> String {
    loop {
        emit!("x".repeat(1000));
        emitted.fetch_add(1000, Ordering::SeqCst);
    }
}

/// Waits until a number is at least this and stays what it is.
async fn settled(number: &AtomicUsize, least: usize) -> usize {
    let began = std::time::Instant::now();
    let mut last = number.load(Ordering::SeqCst);
    loop {
        tokio::time::sleep(Duration::from_millis(300)).await;
        let now = number.load(Ordering::SeqCst);
        if now == last && now >= least {
            return now;
        }
        assert!(began.elapsed() < PATIENCE, "it never settles: {now}");
        last = now;
    }
}

#[tokio::test]
async fn a_reader_that_never_reads_holds_no_more_than_the_buffer() {
    for path in ["/large", "/large-items", "/large-async"] {
        let emitted = Arc::new(AtomicUsize::new(0));
        let router: Router = App::new()
            .mount::<large>()
            .mount::<large_items>()
            .mount::<large_async>()
            .state(Arc::clone(&emitted))
            .config(
                Config::defaults().set("stream.buffer", "100kB").set("stream.stall_timeout", "off"),
            )
            .into_router()
            .expect("no conflicts");
        // The response is there and nobody polls its body.
        let request = Request::get(path).body(Body::empty()).expect("a request");
        let response: Response = router.clone().call(request).await.expect("routers do not fail");
        let held =
            timeout(PATIENCE, settled(&emitted, 90_000)).await.expect("the buffer is filled");
        // What was ready with the head may wait beside a full buffer.
        assert!(held <= 210_000, "{path}: {held}");
        drop(response);
    }
}

#[tokio::test]
async fn a_client_that_stalls_is_ended_and_its_place_comes_free() {
    for path in ["/large", "/large-items"] {
        stalls(path).await;
    }
}

async fn stalls(path: &str) {
    let emitted = Arc::new(AtomicUsize::new(0));
    let config =
        Config::defaults().set("stream.max_blocking", 1).set("stream.stall_timeout", "100ms");
    let app = App::new().mount::<large>().mount::<large_items>();
    let server = Server::start(app.state(Arc::clone(&emitted)).config(config)).await;
    let mut stalled = TcpStream::connect(server.address()).await.expect("connected");
    let request = format!("GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
    stalled.write_all(request.as_bytes()).await.expect("sent");
    settled(&emitted, 1).await;
    let served = timeout(PATIENCE, async {
        while server.client().get(path).await.status() != 200 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    });
    served.await.expect("the place of the stalled one comes free");
    // It reads at last: all that was emitted, and why it ended.
    let mut rest = Vec::new();
    let _ = timeout(PATIENCE, stalled.read_to_end(&mut rest)).await.expect("it ends");
    let text = String::from_utf8_lossy(&rest);
    assert!(text.contains("event: error") && text.contains("stream.stall_timeout"));
}

/// Runs a test on a runtime with few blocking threads.
fn with_blocking_threads(threads: usize, test: impl Future<Output = ()>) {
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    let runtime = builder.enable_all().max_blocking_threads(threads).build().expect("a runtime");
    runtime.block_on(test);
    runtime.shutdown_background();
}

#[test]
fn an_iterator_gives_its_thread_back_while_its_client_is_slow() {
    with_blocking_threads(1, async {
        let emitted = Arc::new(AtomicUsize::new(0));
        let app = App::new().mount::<large_items>().state(Arc::clone(&emitted));
        let server = Server::start(app.config(Config::defaults())).await;
        let mut slow = TcpStream::connect(server.address()).await.expect("connected");
        slow.write_all(b"GET /large-items HTTP/1.1\r\nhost: x\r\n\r\n").await.expect("sent");
        let before = settled(&emitted, 1).await;
        // The only thread is free for others.
        timeout(PATIENCE, tokio::task::spawn_blocking(|| ())).await.expect("it is").expect("ran");
        // And it goes on when the client reads.
        let mut some = vec![0; 1_000_000];
        slow.read_exact(&mut some).await.expect("more");
        let more = timeout(PATIENCE, async {
            while emitted.load(Ordering::SeqCst) == before {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        });
        more.await.expect("it goes on");
    });
}

#[test]
fn a_runtime_with_too_few_threads_is_no_silent_queue() {
    with_blocking_threads(2, async {
        let server = Server::start_router(Router::new().route("/hold", get(hold))).await;
        let mut first = server.client().events("/hold").await;
        let mut second = server.client().events("/hold").await;
        let refused = server.client().get("/hold").await;
        assert_eq!(refused.status(), 503);
        assert!(refused.text().await.expect("a body").contains("no thread came free"));
        for events in [&mut first, &mut second] {
            events.next().await.expect("the others go on");
        }
    });
}

/// Opens a stream without a client library, which would hold more than bolt does.
async fn connect(host: &str, path: &str) -> TcpStream {
    let mut stream = TcpStream::connect(host).await.expect("connected");
    let request = format!("GET {path} HTTP/1.1\r\nhost: x\r\n\r\n");
    stream.write_all(request.as_bytes()).await.expect("sent");
    stream
}

/// Reads up to so many events; how many came.
async fn read_events(stream: &mut TcpStream, count: usize) -> usize {
    let mut bytes = [0; 4096];
    let (mut read, mut events) = (0, 0);
    while events < count {
        match stream.read(&mut bytes[read..]).await {
            Ok(1..) if bytes.starts_with(b"HTTP/1.1 200") || read > 0 => {
                read = 0;
                events += String::from_utf8_lossy(&bytes).matches("data: ").count();
                bytes.fill(0);
                read += 1;
            }
            _ => break,
        }
    }
    events
}

#[tokio::test]
async fn a_thousand_at_once_on_defaults_while_files_and_dns_answer() {
    let process = Process::start(APP, &[]).await;
    let mut streams = JoinSet::new();
    for _ in 0..1000 {
        let host = process.host().to_owned();
        streams.spawn(async move {
            let mut stream = connect(&host, "/blocking").await;
            let events = timeout(PATIENCE, read_events(&mut stream, 1)).await.expect("an event");
            assert!(events >= 1, "an event");
            stream
        });
    }
    let streams = streams.join_all().await;
    assert_eq!(process.client().get("/running").await.text().await.expect("text"), "1000");
    assert_eq!(process.client().get("/blocking").await.status(), 503, "and one more is refused");
    let answer = process.client().get("/file-and-dns").await;
    assert_eq!(answer.status(), 200, "{:?}", answer.text().await);
    drop(streams);
}

#[tokio::test]
async fn connecting_and_leaving_ten_thousand_times_leaves_nothing_behind() {
    let process = Process::start(APP, &[("BOLT_STREAM__MAX_BLOCKING", "200")]).await;
    for round in 0..100 {
        let mut streams = JoinSet::new();
        for n in 0..100 {
            let host = process.host().to_owned();
            streams.spawn(async move {
                let mut stream = connect(&host, "/blocking").await;
                if n % 2 == round % 2 {
                    // Half of them leave in the middle, half before the answer.
                    let _ = timeout(PATIENCE, read_events(&mut stream, 1)).await;
                }
                // RST instead of FIN.
                stream.set_zero_linger().expect("set");
            });
        }
        streams.join_all().await;
    }
    let gone = timeout(PATIENCE, async {
        while process.client().get("/running").await.text().await.expect("text") != "0" {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    });
    gone.await.expect("no generator is left");
    // Every permit is back: as many streams as there may be.
    let mut held = Vec::new();
    for _ in 0..200 {
        let mut stream = connect(process.host(), "/blocking").await;
        assert!(timeout(PATIENCE, read_events(&mut stream, 1)).await.expect("an event") >= 1);
        held.push(stream);
    }
    assert_eq!(process.client().get("/blocking").await.status(), 503);
}

#[tokio::test]
#[ignore = "a load run of half a minute with 10,000 connections; .ci/run runs it"]
async fn ten_thousand_blocking_streams_are_held() {
    const CLIENTS: usize = 10_000;
    const EVENTS: usize = 10;
    rlimit::increase_nofile_limit(u64::MAX).expect("a limit");
    let vars = [("BOLT_STREAM__MAX_BLOCKING", "10000")];
    let process = Process::start(APP, &vars).await;
    let before = process.status("VmRSS").expect("Linux");
    let mut streams = JoinSet::new();
    for n in 0..CLIENTS {
        let host = process.host().to_owned();
        streams.spawn(async move {
            tokio::time::sleep(Duration::from_millis(n as u64 / 2)).await;
            let mut stream = connect(&host, "/blocking").await;
            read_events(&mut stream, EVENTS).await
        });
    }
    // All are connected after five seconds, and each gets its events for ten.
    tokio::time::sleep(Duration::from_secs(8)).await;
    let (memory, threads) = (process.status("VmRSS"), process.status("Threads"));
    let events: Vec<usize> =
        timeout(6 * PATIENCE, streams.join_all()).await.expect("all are served");
    let failed = events.iter().filter(|events| **events < EVENTS).count();
    let total: usize = events.iter().sum();
    let kib = memory.expect("Linux").saturating_sub(before);
    let cpu = std::fs::read_to_string(format!("/proc/{}/stat", process.id())).expect("Linux");
    let times: Vec<u64> = cpu
        .rsplit(')')
        .next()
        .into_iter()
        .flat_map(str::split_whitespace)
        .skip(11)
        .take(2)
        .filter_map(|ticks| ticks.parse().ok())
        .collect();
    // Clock ticks are hundredths of a second.
    let cpu_us = times.iter().sum::<u64>() * 10_000;
    let report = format!(
        "{CLIENTS} blocking streams: {failed} failed, {total} events, {} threads, {:.1} KiB and {:.1} µs \
         CPU for each event\n",
        threads.expect("Linux"),
        kib as f64 / CLIENTS as f64,
        cpu_us as f64 / total as f64,
    );
    std::io::stderr().write_all(report.as_bytes()).expect("standard error");
    assert_eq!(failed, 0);
}

/// What a generator and its test tell each other.
#[derive(Clone)]
struct Turns {
    go: Arc<std::sync::Barrier>,
    done: Arc<std::sync::Barrier>,
}

#[stream(get, "/burst")]
fn burst(State(turns): State<Turns>) -> u32 {
    turns.go.wait();
    for n in 0..100 {
        emit!(n);
    }
    turns.done.wait();
    turns.go.wait();
}

#[tokio::test]
async fn many_events_make_one_wake_and_one_frame() {
    use bolt::axum::body::HttpBody as _;
    struct Counted(AtomicUsize);
    impl std::task::Wake for Counted {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::SeqCst);
        }
    }
    let turns = Turns {
        go: Arc::new(std::sync::Barrier::new(2)),
        done: Arc::new(std::sync::Barrier::new(2)),
    };
    let app = App::new().mount::<burst>().state(turns.clone()).config(Config::defaults());
    let mut router = app.into_router().expect("no conflicts");
    let request = Request::get("/burst").body(Body::empty()).expect("a request");
    let response: Response = router.call(request).await.expect("routers do not fail");
    let mut body = std::pin::pin!(response.into_body());
    let wakes = Arc::new(Counted(AtomicUsize::new(0)));
    let waker = std::task::Waker::from(Arc::clone(&wakes));
    let mut context = std::task::Context::from_waker(&waker);
    assert!(body.as_mut().poll_frame(&mut context).is_pending());
    turns.go.wait();
    turns.done.wait();
    assert_eq!(wakes.0.load(Ordering::SeqCst), 1);
    let std::task::Poll::Ready(Some(Ok(frame))) = body.as_mut().poll_frame(&mut context) else {
        panic!("a frame is ready");
    };
    let bytes = frame.into_data().expect("data");
    let text = String::from_utf8(bytes.to_vec()).expect("UTF-8");
    assert_eq!(text.matches("data: ").count(), 100);
    turns.go.wait();
}
