//! What goes wrong in a stream, and what its client and the others see.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bolt::prelude::*;
use bolt_tests::client::answer;
use bolt_tests::{Events, PATIENCE, Server};
use reqwest::Method;
use serde::Serializer;
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use tokio::time::timeout;

/// Sends its name when it is dropped.
struct Guard(UnboundedSender<&'static str>, &'static str);

impl Drop for Guard {
    fn drop(&mut self) {
        let _ = self.0.send(self.1);
    }
}

type Dropped = State<UnboundedSender<&'static str>>;

#[stream(get, "/async")]
async fn forever(State(dropped): Dropped) -> u32 {
    let _guard = Guard(dropped, "async");
    emit!(1);
    // No further event: the client's leaving is all there is to notice.
    std::future::pending::<()>().await;
}

#[stream(get, "/blocking")]
fn forever_blocking(State(dropped): Dropped) -> u32 {
    let _guard = Guard(dropped, "blocking");
    loop {
        emit!(1);
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[stream(get, "/closure")]
fn forever_in_a_closure(State(dropped): Dropped) -> u32 {
    let _guard = Guard(dropped, "closure");
    (0..u32::MAX).for_each(|n| {
        emit!(n);
        std::thread::sleep(Duration::from_millis(5));
    });
}

#[stream(get, "/full")]
fn forever_without_a_pause(State(dropped): Dropped) -> String {
    let _guard = Guard(dropped, "full");
    loop {
        emit!("x".repeat(1000));
    }
}

#[stream(get, "/iterator")]
fn forever_from_an_iterator(State(dropped): Dropped) -> impl Iterator<Item = u32> {
    let guard = Guard(dropped, "iterator");
    (0..).inspect(move |_| {
        let _guard = &guard;
        std::thread::sleep(Duration::from_millis(5));
    })
}

#[tokio::test]
async fn a_client_that_leaves_ends_its_generator() {
    let (sender, mut dropped) = unbounded_channel();
    let app = App::new()
        .mount::<forever>()
        .mount::<forever_blocking>()
        .mount::<forever_in_a_closure>()
        .mount::<forever_without_a_pause>()
        .mount::<forever_from_an_iterator>()
        .state(sender);
    let server = Server::start(app).await;
    for name in ["async", "blocking", "closure", "full", "iterator"] {
        let mut events = server.client().events(&format!("/{name}")).await;
        events.next().await.expect("a first event");
        assert!(dropped.try_recv().is_err(), "{name} runs while its client reads");
        drop(events);
        let ended = timeout(PATIENCE, dropped.recv()).await;
        assert_eq!(ended, Ok(Some(name)));
    }
}

#[stream(get, "/lock")]
fn holds_a_lock(State(lock): State<Arc<Mutex<u32>>>) -> u32 {
    let guard = lock.lock().expect("no other stream has poisoned it");
    loop {
        emit!(*guard);
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[tokio::test]
async fn a_client_that_leaves_poisons_no_lock() {
    let lock = Arc::new(Mutex::new(7));
    let server = Server::start(App::new().mount::<holds_a_lock>().state(Arc::clone(&lock))).await;
    // The second stream gets the lock when the first has ended, and finds it sound.
    for _ in 0..2 {
        let mut events = server.client().events("/lock").await;
        assert_eq!(events.next_json::<u32>().await, 7);
    }
}

#[stream(get, "/early/{kind}")]
async fn fails_early(Path(kind): Path<String>) -> Result<u32, Problem> {
    match kind.as_str() {
        "mine" => return Err(Problem::not_found("no such thing")),
        "server" => return Err(Problem::internal(std::io::Error::other("the password is 12345"))),
        "panic" => panic!("the password is 12345"),
        _ => {}
    }
    emit!(1);
}

#[stream(get, "/early-blocking/{kind}")]
fn fails_early_blocking(Path(kind): Path<String>) -> Result<u32, Problem> {
    match kind.as_str() {
        "mine" => return Err(Problem::not_found("no such thing")),
        "server" => return Err(Problem::internal(std::io::Error::other("the password is 12345"))),
        "panic" => panic!("the password is 12345"),
        _ => {}
    }
    emit!(1);
}

#[tokio::test]
async fn an_error_before_the_first_event_is_a_status_of_its_own() {
    let patient = Config::defaults().set("stream.head_deadline", "20s");
    let app = App::new().mount::<fails_early>().mount::<fails_early_blocking>().config(patient);
    let server = Server::start(app).await;
    for base in ["/early", "/early-blocking"] {
        for (kind, status) in [("mine", 404), ("server", 500), ("panic", 500), ("none", 200)] {
            let answer = server.client().get(&format!("{base}/{kind}")).await;
            assert_eq!(answer.status(), status, "{base}/{kind}");
            if status == 200 {
                continue;
            }
            assert_eq!(answer.headers()["content-type"], "application/problem+json");
            let body = answer.text().await.expect("a body");
            let problem: serde_json::Value = serde_json::from_str(&body).expect("JSON");
            assert_eq!(problem["status"], status);
            assert!(!body.contains("12345"), "the cause of a fault is not sent: {body}");
        }
    }
}

#[stream(get, "/late/{kind}")]
async fn fails_late(Path(kind): Path<String>) -> Result<u32, Problem> {
    emit!(1);
    tokio::time::sleep(Duration::from_millis(5)).await;
    match kind.as_str() {
        "mine" => return Err(Problem::not_found("no such thing")),
        "server" => return Err(Problem::internal(std::io::Error::other("the password is 12345"))),
        _ => panic!("the password is 12345"),
    }
}

#[stream(get, "/late-blocking/{kind}")]
fn fails_late_blocking(Path(kind): Path<String>) -> Result<u32, Problem> {
    emit!(1);
    match kind.as_str() {
        "mine" => return Err(Problem::not_found("no such thing")),
        "server" => return Err(Problem::internal(std::io::Error::other("the password is 12345"))),
        _ => panic!("the password is 12345"),
    }
}

#[stream(get, "/late-iterator/{kind}")]
fn fails_late_iterator(Path(kind): Path<String>) -> impl Iterator<Item = Result<u32, Problem>> {
    (1..).map(move |n| match kind.as_str() {
        _ if n == 1 => Ok(n),
        "mine" => Err(Problem::not_found("no such thing")),
        "server" => Err(Problem::internal("the password is 12345")),
        _ => panic!("the password is 12345"),
    })
}

#[tokio::test]
async fn an_error_after_the_first_event_is_one_last_event() {
    let app = App::new()
        .mount::<fails_late>()
        .mount::<fails_late_blocking>()
        .mount::<fails_late_iterator>();
    let server = Server::start(app).await;
    for base in ["/late", "/late-blocking", "/late-iterator"] {
        // A browser comes back after a fault of the server, not after a refusal.
        for (kind, status, last_id) in
            [("mine", 404, "bolt-finished"), ("server", 500, ""), ("panic", 500, "")]
        {
            let source = server.client().event_source(&format!("{base}/{kind}"));
            let mut events = Events::of(answer(source).await);
            let all = events.rest().await;
            assert_eq!(all.len(), 2, "{base}/{kind}");
            assert_eq!((all[0].name.as_str(), all[0].data.as_str()), ("message", "1"));
            assert_eq!(all[1].name, "error");
            let problem: serde_json::Value = serde_json::from_str(&all[1].data).expect("JSON");
            assert_eq!(problem["status"], status);
            assert!(!all[1].data.contains("12345"));
            assert_eq!(events.parser().last_event_id, last_id);
        }
    }
}

#[stream(get, "/steady")]
async fn steady() -> u32 {
    for n in 0..20 {
        emit!(n);
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn a_panic_ends_one_stream_and_no_other() {
    let app = App::new().mount::<fails_late>().mount::<fails_late_blocking>().mount::<steady>();
    let server = Server::start(app).await;
    let mut steady = server.client().events("/steady").await;
    steady.next().await.expect("it runs");
    for path in ["/late/panic", "/late-blocking/panic"] {
        assert_eq!(server.client().events(path).await.rest().await.len(), 2);
    }
    assert_eq!(steady.rest().await.len(), 19);
}

#[stream(get, "/drop-panics")]
async fn panics_when_dropped() -> u32 {
    struct Bad;
    impl Drop for Bad {
        fn drop(&mut self) {
            panic!("in a destructor");
        }
    }
    let _bad = Bad;
    emit!(1);
}

#[tokio::test]
async fn a_panic_in_a_destructor_is_an_error_event_too() {
    let server = Server::start(App::new().mount::<panics_when_dropped>()).await;
    let all = server.client().events("/drop-panics").await.rest().await;
    assert_eq!(
        all.iter().map(|event| event.name.as_str()).collect::<Vec<_>>(),
        ["message", "error"]
    );
}

/// Fails, or panics, in the middle of its JSON.
#[derive(Clone, Copy)]
enum Bad {
    No,
    Fails,
    Panics,
}

impl Serialize for Bad {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::{Error, SerializeMap};
        let mut map = serializer.serialize_map(Some(2))?;
        map.serialize_entry("half", &1)?;
        match self {
            Self::No => map.end(),
            Self::Fails => Err(S::Error::custom("no")),
            Self::Panics => panic!("no"),
        }
    }
}

#[stream(get, "/serialize/{panics}", undocumented)]
async fn serializes_badly(Path(panics): Path<bool>) -> Bad {
    emit!(Bad::No);
    emit!(if panics { Bad::Panics } else { Bad::Fails });
    emit!(Bad::No);
}

#[stream(get, "/serialize-blocking/{panics}", undocumented)]
fn serializes_badly_blocking(Path(panics): Path<bool>) -> Bad {
    emit!(Bad::No);
    emit!(if panics { Bad::Panics } else { Bad::Fails });
    emit!(Bad::No);
}

#[stream(get, "/serialize-items/{panics}", undocumented)]
fn serializes_badly_items(Path(panics): Path<bool>) -> impl tokio_stream::Stream<Item = Bad> {
    tokio_stream::iter([Bad::No, if panics { Bad::Panics } else { Bad::Fails }, Bad::No])
}

#[tokio::test]
async fn half_an_event_is_never_sent() {
    let app = App::new()
        .mount::<serializes_badly>()
        .mount::<serializes_badly_blocking>()
        .mount::<serializes_badly_items>();
    let server = Server::start(app).await;
    for path in ["/serialize", "/serialize-blocking", "/serialize-items"] {
        for panics in [false, true] {
            let all = server.client().events(&format!("{path}/{panics}")).await.rest().await;
            assert_eq!(all.len(), 2, "{path}/{panics}: {all:?}");
            assert_eq!(all[0].data, r#"{"half":1}"#);
            assert_eq!(all[1].name, "error");
        }
    }
}

static RUNS: AtomicUsize = AtomicUsize::new(0);

#[stream(get, "/counted")]
async fn counted() -> u32 {
    RUNS.fetch_add(1, Ordering::SeqCst);
    emit!(1);
}

#[stream(get, "/counted-blocking")]
fn counted_blocking() -> u32 {
    RUNS.fetch_add(1, Ordering::SeqCst);
    emit!(1);
}

#[tokio::test]
async fn head_answers_the_head_and_runs_nothing() {
    let server = Server::start(App::new().mount::<counted>().mount::<counted_blocking>()).await;
    for path in ["/counted", "/counted-blocking"] {
        let head = answer(server.client().request(Method::HEAD, path)).await;
        assert_eq!(head.status(), 200);
        assert_eq!(head.headers()["content-type"], "text/event-stream");
        assert!(!head.headers().contains_key("content-length"), "GET would have none");
    }
    assert_eq!(RUNS.load(Ordering::SeqCst), 0);
    assert_eq!(server.client().events("/counted").await.rest().await.len(), 1);
    assert_eq!(RUNS.load(Ordering::SeqCst), 1);
}

#[derive(Serialize, ToSchema)]
#[serde(untagged)]
enum Maybe {
    Good(u32),
    #[serde(skip)]
    #[expect(dead_code, reason = "serde refuses to write it")]
    Bad(u32),
}

#[stream(get, "/fails-in-a-closure")]
fn fails_in_a_closure() -> Maybe {
    (0..500_000).for_each(|n| emit!(if n == 2 { Maybe::Bad(n) } else { Maybe::Good(n) }));
}

#[tokio::test]
async fn nothing_is_sent_after_an_event_that_failed() {
    let server = Server::start(App::new().mount::<fails_in_a_closure>()).await;
    let all = server.client().events("/fails-in-a-closure").await.rest().await;
    let seen: Vec<_> = all.iter().map(|event| event.data.as_str()).take(2).collect();
    assert_eq!((seen, all.len(), all[2].name.as_str()), (vec!["0", "1"], 3, "error"));
}

#[stream(get, "/locked")]
fn emits_what_is_locked(State(lock): State<Arc<Mutex<String>>>) -> String {
    loop {
        emit!(lock.lock().expect("not poisoned").clone());
    }
}

#[stream(get, "/locked-async")]
async fn emits_what_is_locked_async(State(lock): State<Arc<Mutex<String>>>) -> String {
    loop {
        emit!(lock.lock().expect("not poisoned").clone());
    }
}

#[tokio::test]
async fn a_client_that_does_not_read_holds_no_lock() {
    use tokio::io::AsyncWriteExt as _;
    let lock = Arc::new(Mutex::new("x".repeat(10_000)));
    let app = App::new().mount::<emits_what_is_locked>().mount::<emits_what_is_locked_async>();
    let server = Server::start(app.state(Arc::clone(&lock))).await;
    for path in ["/locked", "/locked-async"] {
        let mut client = tokio::net::TcpStream::connect(server.address()).await.expect("connected");
        let request = format!("GET {path} HTTP/1.1\r\nhost: x\r\n\r\n");
        client.write_all(request.as_bytes()).await.expect("sent");
        // Long enough to fill every buffer on the way; then the lock is free for good.
        tokio::time::sleep(Duration::from_millis(500)).await;
        let free = timeout(PATIENCE, async {
            while lock.try_lock().is_err() {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        });
        free.await.unwrap_or_else(|_| panic!("{path} holds the lock"));
    }
}

/// An error whose description panics, and a payload whose destructor does.
#[derive(Debug)]
struct Vicious;

impl std::fmt::Display for Vicious {
    fn fmt(&self, _: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        panic!("in a description");
    }
}

impl std::error::Error for Vicious {}

struct ViciousPayload;

impl Drop for ViciousPayload {
    fn drop(&mut self) {
        panic!("in the destructor of a payload");
    }
}

#[stream(get, "/vicious/{kind}")]
async fn vicious(Path(kind): Path<String>) -> Result<u32, Problem> {
    let _guard = (kind == "guard").then(|| ViciousPayload);
    emit!(1);
    tokio::time::sleep(Duration::from_millis(5)).await;
    match kind.as_str() {
        "description" => return Err(Problem::internal(Vicious)),
        "payload" => std::panic::panic_any(ViciousPayload),
        _ => std::future::pending::<()>().await,
    }
}

#[tokio::test]
async fn no_panic_of_the_users_code_takes_its_connection_along() {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let server = Server::start(App::new().mount::<vicious>().mount::<steady>()).await;
    for kind in ["description", "payload"] {
        // Two requests on one connection: the second is answered although the first failed so badly.
        let mut client = tokio::net::TcpStream::connect(server.address()).await.expect("connected");
        let requests = format!(
            "GET /vicious/{kind} HTTP/1.1\r\nhost: x\r\n\r\n\
             GET /steady HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n"
        );
        client.write_all(requests.as_bytes()).await.expect("sent");
        let mut answers = String::new();
        let read = timeout(PATIENCE, client.read_to_string(&mut answers)).await;
        read.expect("both are answered").expect("text");
        assert_eq!(answers.matches("HTTP/1.1 200 OK").count(), 2, "{kind}: {answers}");
        assert_eq!(answers.matches("event: error").count(), 1, "{kind}");
    }
    // What is dropped because its client leaves.
    let mut events = server.client().events("/vicious/guard").await;
    events.next().await.expect("it runs");
    drop(events);
    assert_eq!(server.client().events("/steady").await.rest().await.len(), 20);
}

#[tokio::test]
async fn the_mark_of_a_finished_stream_is_bolts_own() {
    assert!(EventId::new("bolt-finished").is_err());
}
