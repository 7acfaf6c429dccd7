//! What Prometheus reads: every stream is counted once, whatever becomes of it.
//!
//! The recorder is one for the process, which all tests share: each has routes of its own.

use std::future::pending;
use std::io::Write as _;
use std::path::Path as File;
use std::process::{Command, Stdio};
use std::time::Duration;

use bolt::ErrorKind;
use bolt::axum::routing::{any, get};
use bolt::prelude::*;
use bolt_tests::client::answer;
use bolt_tests::{Metrics, Process, Server};
use bytes::Bytes;
use reqwest::Method;
use tokio::time::sleep;

const APP: &str = env!("CARGO_BIN_EXE_test-app");

/// Ends as its path says.
#[stream(get, "/ends/{how}", undocumented)]
async fn ends(Path(how): Path<String>) -> Result<String, Problem> {
    if how == "refused" {
        return Err(Problem::not_found("there is no such stream"));
    }
    emit!(how.clone());
    match how.as_str() {
        "rejected" => return Err(Problem::bad_request("no")),
        "error" => return Err(Problem::internal("the database is down")),
        "panic" => panic!("a bug"),
        "waits" => pending().await,
        _ => {}
    }
}

/// The same on a thread.
#[stream(get, "/ends-blocking/{how}", undocumented)]
fn ends_blocking(Path(how): Path<String>) -> Result<String, Problem> {
    emit!(how.clone());
    match how.as_str() {
        "rejected" => return Err(Problem::bad_request("no")),
        "error" => return Err(Problem::internal("the database is down")),
        "panic" => panic!("a bug"),
        "waits" => loop {
            emit!(how.clone());
            std::thread::sleep(Duration::from_millis(5));
        },
        _ => {}
    }
}

/// The streams below a path, which is the test's own.
fn below(path: &str) -> App {
    let app = App::new().mount::<ends>().mount::<ends_blocking>();
    App::new().nest(path, app).config(Config::defaults())
}

/// Whether the figures of a float are those of a count.
fn is(found: f64, count: u32) -> bool {
    (found - f64::from(count)).abs() < 1e-9
}

fn ended(metrics: &Metrics, route: &str, reason: &str) -> f64 {
    metrics.sum("bolt_streams_ended_total", &[("route", route), ("reason", reason)])
}

/// Waits until no stream of a route is open, and so many have ended, each for its reason.
async fn settles(server: &Server, route: &str, reasons: &[(&str, u32)]) -> Metrics {
    let all = reasons.iter().map(|(_, count)| count).sum::<u32>();
    let of = [("route", route)];
    let metrics = Metrics::until(&server.client(), |metrics| {
        is(metrics.sum("bolt_streams_open", &of), 0)
            && is(metrics.sum("bolt_streams_ended_total", &of), all)
    })
    .await;
    for (reason, count) in reasons {
        let found = ended(&metrics, route, reason);
        assert!(is(found, *count), "{route} {reason}: {found}, not {count}");
    }
    assert!(is(metrics.sum("bolt_streams_started_total", &of), all), "{route}");
    assert!(is(metrics.sum("bolt_stream_duration_seconds_count", &of), all), "{route}");
    metrics
}

#[tokio::test]
async fn every_end_is_counted_once_by_its_reason() {
    let server = Server::start(below("/reasons")).await;
    for path in ["/reasons/ends", "/reasons/ends-blocking"] {
        for how in ["finished", "finished", "rejected", "error", "panic"] {
            let mut events = server.client().events(&format!("{path}/{how}")).await;
            assert_eq!(events.next_json::<String>().await, how);
            events.rest().await;
        }
        let mut leaves = server.connect().await;
        leaves.get(&format!("{path}/waits")).await;
        leaves.until("waits").await;
        let of = [("route", &*format!("{path}/{{how}}"))];
        let client = server.client();
        Metrics::until(&client, |now| is(now.sum("bolt_streams_open", &of), 1)).await;
    }
    let refused = server.client().get("/reasons/ends/refused").await;
    assert_eq!(refused.status(), 404);
    let reasons = [("finished", 2), ("error", 1), ("panic", 1), ("client_left", 1)];
    let thread = "/reasons/ends-blocking/{how}";
    settles(&server, thread, &[&reasons[..], &[("rejected", 1)]].concat()).await;
    let metrics =
        settles(&server, "/reasons/ends/{how}", &[&reasons[..], &[("rejected", 2)]].concat()).await;
    // The one that was refused before its first event had none; it began all the same.
    let of = [("route", "/reasons/ends/{how}")];
    assert!(is(metrics.sum("bolt_stream_events_total", &of), 6));
    assert!(is(metrics.sum("bolt_stream_first_event_seconds_count", &of), 6));
    let kinds = |route| metrics.sum("bolt_streams_open", &[("route", route), ("kind", "blocking")]);
    assert!(is(kinds(thread), 0));
}

#[tokio::test]
async fn a_stream_that_lasts_too_long_is_told_from_one_that_ends() {
    let config = Config::defaults().set("stream.max_duration", "50ms");
    let server = Server::start(below("/long").config(config)).await;
    for path in ["/long/ends/waits", "/long/ends-blocking/waits"] {
        server.client().events(path).await.rest().await;
    }
    for route in ["/long/ends/{how}", "/long/ends-blocking/{how}"] {
        settles(&server, route, &[("too_long", 1)]).await;
    }
}

#[stream(get, "/floods")]
async fn floods() -> String {
    loop {
        emit!("x".repeat(10_000));
    }
}

#[stream(get, "/floods-blocking")]
fn floods_blocking() -> String {
    loop {
        emit!("x".repeat(10_000));
    }
}

#[stream(get, "/floods-iterator")]
fn floods_iterator() -> impl Iterator<Item = String> {
    std::iter::repeat_with(|| "x".repeat(10_000))
}

#[tokio::test]
async fn a_client_that_takes_nothing_stalls_and_the_wait_is_measured() {
    let settings =
        |config: Config, key| config.set(key, "200ms").set("server.send_buffer", "16KiB");
    let app = || App::new().mount::<floods>().mount::<floods_blocking>().mount::<floods_iterator>();
    for (prefix, key, paths) in [
        ("/write", "stream.write_timeout", &["/floods", "/floods-blocking"][..]),
        ("/stall", "stream.stall_timeout", &["/floods-blocking", "/floods-iterator"]),
    ] {
        let config = settings(Config::defaults(), key);
        let server = Server::start(App::new().nest(prefix, app()).config(config)).await;
        for path in paths {
            let route = format!("{prefix}{path}");
            let mut stalled = server.connect().await;
            stalled.get(&route).await;
            stalled.until("x").await;
            if key == "stream.stall_timeout" {
                // The thread is gone at once; the connection when its client is.
                let running = "bolt_streams_open";
                Metrics::until(&server.client(), |now| {
                    is(now.sum(running, &[("route", &route)]), 1)
                })
                .await;
                sleep(Duration::from_millis(600)).await;
                drop(stalled);
                settles(&server, &route, &[("stalled", 1)]).await;
            } else {
                settles(&server, &route, &[("stalled", 1)]).await;
                stalled.cut_off().await;
            }
        }
    }
    // A client that reads, slowly.
    let config = Config::defaults().set("server.send_buffer", "16KiB");
    let server = Server::start(App::new().nest("/slow", app()).config(config)).await;
    for path in ["/floods", "/floods-blocking", "/floods-iterator"] {
        let route = format!("/slow{path}");
        let mut slow = server.connect().await;
        slow.get(&route).await;
        sleep(Duration::from_millis(300)).await;
        while slow.got.len() < 10_000_000 {
            slow.read().await;
        }
        let of = [("route", &*route)];
        let metrics = Metrics::of(&server.client()).await;
        let waits = metrics.sum("bolt_stream_emit_wait_seconds_count", &of);
        let long = metrics.sum("bolt_stream_emit_wait_seconds_sum", &of);
        assert!(waits >= 1.0 && long > 0.2, "{route}: {waits} waits of {long} s");
        drop(slow);
        settles(&server, &route, &[("client_left", 1)]).await;
    }
}

#[stream(get, "/numbers/{count}")]
async fn numbers(Path(count): Path<u32>) -> u32 {
    for n in 0..count {
        emit!(n);
        if n % 10 == 0 {
            sleep(Duration::from_millis(1)).await;
        }
    }
}

#[tokio::test]
async fn the_sums_are_what_the_clients_have_had_on_whatever_path() {
    let sums = App::new().nest("/sums", App::new().mount::<numbers>());
    let server = Server::start(sums.config(Config::defaults())).await;
    let mut bytes = 0;
    // HTTP/1.1 leaves hyper; HTTP/1.0 and HTTP/2 stay with it.
    let mut raw = server.connect().await;
    raw.get("/sums/numbers/100").await;
    bytes += raw.response().await.body.len();
    let mut old = server.connect().await;
    old.send("GET /sums/numbers/100 HTTP/1.0\r\n\r\n").await;
    old.end().await;
    bytes += bolt_tests::wire::Response::read(&old.got, true, false).expect("whole").body.len();
    let tcp = tokio::net::TcpStream::connect(server.address()).await.expect("connected");
    let (mut send, connection) = h2::client::handshake(tcp).await.expect("a handshake");
    let connection = tokio::spawn(connection);
    let request = bolt::axum::http::Request::get("http://x/sums/numbers/100").body(());
    let (response, _) = send.send_request(request.expect("one"), true).expect("sent");
    let mut body = response.await.expect("an answer").into_body();
    while let Some(data) = body.data().await {
        let data: Bytes = data.expect("a whole body");
        body.flow_control().release_capacity(data.len()).expect("capacity");
        bytes += data.len();
    }
    connection.abort();
    let metrics = settles(&server, "/sums/numbers/{count}", &[("finished", 3)]).await;
    let of = [("route", "/sums/numbers/{count}")];
    assert!(is(metrics.sum("bolt_stream_events_total", &of), 300));
    let sent = metrics.sum("bolt_stream_sent_bytes_total", &of);
    assert!(is(sent, u32::try_from(bytes).expect("few")), "{sent}, and {bytes} came");
}

#[tokio::test]
async fn what_is_not_begun_is_counted_apart() {
    let config = Config::defaults()
        .set("stream.max_blocking", 1)
        .set("stream.blocking_wait", "10ms")
        .set("stream.overload", "reject");
    let server = Server::start(below("/full").config(config)).await;
    let client = server.client();
    let mut first = client.events("/full/ends-blocking/waits").await;
    first.next().await.expect("it runs");
    assert_eq!(client.get("/full/ends-blocking/waits").await.status(), 503);
    let html =
        client.request(Method::GET, "/full/ends-blocking/waits").header("accept", "text/html");
    assert_eq!(answer(html).await.status(), 406);
    let metrics = Metrics::of(&client).await;
    let route = ("route", "/full/ends-blocking/{how}");
    for (reason, count) in [("overload", 1), ("not_acceptable", 1), ("no_thread", 0)] {
        let found = metrics.sum("bolt_streams_refused_total", &[route, ("reason", reason)]);
        assert!(is(found, count), "{reason}: {found}");
    }
    assert!(is(metrics.sum("bolt_streams_started_total", &[route]), 1));
    drop(first);
    settles(&server, route.1, &[("client_left", 1)]).await;
}

#[tokio::test]
async fn the_form_and_the_method_are_words_of_bolts_own() {
    let app = App::new().mount::<numbers>().route("/any", any(numbers_of_any));
    let server = Server::start(App::new().nest("/forms", app).config(Config::defaults())).await;
    for (accept, form) in [
        ("text/event-stream", "events"),
        ("application/x-ndjson", "lines"),
        ("application/json-seq", "sequence"),
        ("application/json", "array"),
    ] {
        let asked =
            server.client().request(Method::GET, "/forms/numbers/3").header("accept", accept);
        answer(asked).await.text().await.expect("a body");
        let of = [("route", "/forms/numbers/{count}"), ("form", form)];
        let metrics = Metrics::of(&server.client()).await;
        assert!(is(metrics.sum("bolt_streams_started_total", &of), 1), "{form}");
    }
    for method in ["PURGE", "X-EVERY-ONE-ANOTHER"] {
        let method = Method::from_bytes(method.as_bytes()).expect("a token");
        answer(server.client().request(method, "/forms/any")).await.text().await.expect("a body");
    }
    let metrics = settles(&server, "/forms/any", &[("finished", 2)]).await;
    assert!(!metrics.values("bolt_streams_started_total", "method").contains("PURGE"));
    let of = [("route", "/forms/any"), ("method", "other")];
    assert!(is(metrics.sum("bolt_streams_started_total", &of), 2));
}

#[stream]
async fn numbers_of_any() -> u32 {
    emit!(1);
}

#[tokio::test]
async fn ten_thousand_paths_are_one_route() {
    let flat = App::new().nest("/flat", App::new().mount::<numbers>());
    let server = Server::start(flat.config(Config::defaults())).await;
    let client = server.client();
    client.get("/flat/numbers/1").await.text().await.expect("a body");
    let route = "/flat/numbers/{count}";
    let before = Metrics::of(&client).await.count("route", route);
    let mut connection = server.connect().await;
    for n in 0..10_000 {
        connection.get(&format!("/flat/numbers/0?user={n}&session={n}")).await;
        connection.response().await;
        if n % 10 == 0 {
            connection.get(&format!("/flat/unknown/{n}")).await;
            connection.response().await;
        }
    }
    let metrics = settles(&server, route, &[("finished", 10_001)]).await;
    assert_eq!(metrics.count("route", route), before);
    for value in metrics.values("bolt_", "route") {
        assert!(!value.contains("unknown") && !value.contains("user"), "{value}");
    }
}

#[tokio::test]
async fn a_process_of_its_own_counts_its_connections_and_permits() {
    let vars = [("BOLT_STREAM__MAX_BLOCKING", "7"), ("BOLT_SERVER__MAX_CONNECTIONS", "50")];
    let process = Process::start(APP, &vars).await;
    let client = process.client();
    let metrics = Metrics::of(&client).await;
    for (name, value) in [
        ("bolt_blocking_permits_max", 7),
        ("bolt_blocking_permits_in_use", 0),
        ("bolt_connections_max", 50),
        ("bolt_connections_open", 1),
        ("bolt_connections_accepted_total", 1),
        ("bolt_connections_refused_total", 0),
        ("bolt_accept_errors_total", 0),
    ] {
        assert!(is(metrics.sum(name, &[]), value), "{name}: {}", metrics.sum(name, &[]));
    }
    // A function that never looks whether its client is there keeps its thread.
    let mut deaf = process.client().events("/deaf").await;
    deaf.next().await.expect("it runs");
    drop(deaf);
    let metrics = Metrics::until(&client, |now| {
        is(now.sum("bolt_connections_accepted_total", &[]), 2)
            && is(now.sum("bolt_streams_ended_total", &[("route", "/deaf")]), 1)
            && is(now.sum("bolt_connections_open", &[]), 1)
    })
    .await;
    assert!(is(metrics.sum("bolt_streams_open", &[("route", "/deaf")]), 0));
    assert!(is(metrics.sum("bolt_blocking_permits_in_use", &[]), 1), "it runs on, unseen");
}

#[tokio::test]
async fn what_the_shutdown_ends_is_counted_as_that() {
    // One serves until it is told to end, the other tells of the process.
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let (end, ended) = tokio::sync::oneshot::channel::<()>();
    let config = Config::defaults().set("server.drain", "10ms");
    let app = below("/shutdown").config(config);
    let serving = tokio::spawn(app.serve_until(listener, async { _ = ended.await }));
    let mut streams = Vec::new();
    for path in ["/shutdown/ends/waits", "/shutdown/ends-blocking/waits"] {
        let client = bolt_tests::Client::new(format!("http://{address}"));
        let mut events = client.events(path).await;
        events.next().await.expect("it runs");
        streams.push(events);
    }
    end.send(()).expect("it waits");
    serving.await.expect("no panic").expect("it serves");
    let other = Server::start(App::new().config(Config::defaults())).await;
    for route in ["/shutdown/ends/{how}", "/shutdown/ends-blocking/{how}"] {
        settles(&other, route, &[("shutdown", 1)]).await;
    }
}

#[tokio::test]
async fn they_can_be_moved_and_turned_off_and_nothing_is_put_over_a_route() {
    let config = Config::defaults().set("metrics.path", "/internal/metrics");
    let server = Server::start(App::new().config(config)).await;
    assert_eq!(server.client().get("/internal/metrics").await.status(), 200);
    assert_eq!(server.client().get("/metrics").await.status(), 404);
    let off = Config::defaults().set("metrics.enabled", false);
    let server = Server::start(App::new().config(off)).await;
    assert_eq!(server.client().get("/metrics").await.status(), 404);
    let app = || App::<()>::new().route("/metrics", get(|| async { "mine" }));
    let error = app().config(Config::defaults()).into_router().expect_err("a conflict");
    assert_eq!(error.kind(), ErrorKind::Route);
    assert_eq!(
        error.to_string(),
        "the metrics cannot be at /metrics: a route of the app is there; set metrics.path to another path, or \
         metrics.enabled to false"
    );
}

/// Streams in every state, and what is said of them.
async fn said() -> String {
    let server = Server::start(below("/said")).await;
    for how in ["finished", "error", "panic"] {
        server.client().events(&format!("/said/ends/{how}")).await.rest().await;
    }
    server.client().get("/metrics").await.text().await.expect("a body")
}

#[tokio::test]
async fn every_metric_says_what_it_is_and_is_named_as_prometheus_wants() {
    let metrics = Metrics::read(&said().await);
    assert!(metrics.types.len() >= 17, "{:?}", metrics.types);
    for (name, kind) in metrics.types.iter().filter(|(name, _)| name.starts_with("bolt_")) {
        let help = metrics.help.get(name).unwrap_or_else(|| panic!("{name} says nothing"));
        assert!(help.ends_with('.'), "{name}: {help}");
        assert_eq!(name.ends_with("_total"), kind == "counter", "{name} is a {kind}");
        assert_eq!(name.ends_with("_seconds"), kind == "histogram", "{name} is a {kind}");
    }
}

/// Gives what is said to a program, which must be content.
fn judged(text: &str, command: &mut Command) {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it starts");
    child.stdin.take().expect("a pipe").write_all(text.as_bytes()).expect("it reads");
    let output = child.wait_with_output().expect("it ends");
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said);
    assert!(output.status.success() && said.trim().is_empty(), "{said}");
}

#[tokio::test]
#[ignore = "needs promtool of Debian's prometheus; .ci/run installs and runs it"]
async fn promtool_finds_nothing_to_complain_of() {
    let promtool = File::new("../target/ci/prometheus/usr/bin/promtool");
    judged(&said().await, Command::new(promtool).args(["check", "metrics"]));
}

#[tokio::test]
#[ignore = "needs python and prometheus-client from PyPI; .ci/run installs and runs it"]
async fn the_official_python_client_reads_all_of_it() {
    let python = File::new("../target/ci/venv/bin/python");
    judged(&said().await, Command::new(python).arg("foreign/prometheus_parser.py"));
}
