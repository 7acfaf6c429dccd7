//! Clients that are cut off and return.

use std::time::Duration;

use bolt::prelude::*;
use bolt::replay::{Epoch, Replay, Replayed};
use bolt::testing::TestClient;
use bolt_tests::client::answer;
use bolt_tests::ledger::{Account, Ledger};
use bolt_tests::spec::Parser;
use bolt_tests::{Events, Raw, Server, wire};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::runtime::Handle;
use tokio_stream::{Stream, StreamExt as _};

#[derive(Clone, Serialize, ToSchema)]
struct Post {
    n: u64,
    text: String,
}

/// What was posted.
#[derive(Serialize, StreamEvent, ToSchema)]
#[serde(rename_all = "snake_case")]
enum Change {
    Added { n: u64 },
    Removed { n: u64 },
}

/// From now on.
#[stream(get, "/feed")]
async fn feed(
    State(feed): State<Replay<Post>>,
    last: Option<LastEventId>,
) -> impl Stream<Item = Replayed<Post>> {
    feed.subscribe(last)
}

/// All that is held.
#[stream(get, "/all")]
async fn all(
    State(feed): State<Replay<Post>>,
    last: Option<LastEventId>,
) -> impl Stream<Item = Replayed<Post>> {
    feed.subscribe_from_oldest(last)
}

/// The same, emitted.
#[stream(get, "/emitted")]
async fn emitted(
    State(feed): State<Replay<Post>>,
    last: Option<LastEventId>,
) -> Result<Replayed<Post>, Problem> {
    let mut posts = std::pin::pin!(feed.subscribe_from_oldest(last));
    while let Some(post) = posts.next().await {
        emit!(post);
    }
}

fn post(n: u64) -> Post {
    Post { n, text: format!("post {n}\nof many") }
}

fn named(epoch: &str) -> Replay<Post> {
    Replay::<Post>::builder().epoch(Epoch::new(epoch).expect("an epoch")).build()
}

fn app(feed: &Replay<Post>) -> App {
    let app = App::new().mount::<self::feed>().mount::<all>().mount::<emitted>();
    app.state(feed.clone()).config(Config::defaults())
}

fn publish(feed: &Replay<Post>, ledger: &mut Ledger, n: u64) {
    let id = feed.publish(post(n)).expect("published").to_string();
    ledger.publish(id, json!({ "n": n, "text": post(n).text }).to_string());
}

fn begun(feed: &Replay<Post>) -> Ledger {
    let mut ledger = Ledger::default();
    ledger.begin(feed.position().to_string());
    ledger
}

async fn returning(server: &Server, path: &str, last: &str) -> Events {
    Events::of(answer(server.client().event_source(path).header("last-event-id", last)).await)
}

/// The ids and the data of events, as one text each.
fn shown(events: &[bolt_tests::spec::Dispatched]) -> Vec<String> {
    events.iter().map(|event| format!("{} {} {}", event.name, event.id, event.data)).collect()
}

#[tokio::test]
async fn a_client_that_returns_gets_what_it_missed() {
    let feed = named("e");
    let server = Server::start(app(&feed)).await;
    let mut first = server.client().events("/feed").await;
    (1..=3).for_each(|n| drop(feed.publish(post(n))));
    let event = first.next().await.expect("an event");
    assert_eq!((event.name.as_str(), event.id.as_str()), ("message", "e-1"));
    assert_eq!(event.data, r#"{"n":1,"text":"post 1\nof many"}"#);
    drop(first);
    feed.publish(post(4)).expect("published");
    feed.close();
    for path in ["/feed", "/all", "/emitted"] {
        let mut second = returning(&server, path, &event.id).await;
        let ids: Vec<_> = second.rest().await.into_iter().map(|event| event.id).collect();
        assert_eq!(ids, ["e-2", "e-3", "e-4"], "{path}");
        // Closed, so finished.
        assert_eq!(second.parser().last_event_id, "bolt-finished", "{path}");
    }
}

#[tokio::test]
async fn a_client_without_an_id_is_told_where_it_begins() {
    let feed = named("e");
    (1..=3).for_each(|n| drop(feed.publish(post(n))));
    feed.close();
    let server = Server::start(app(&feed)).await;
    let mut new = server.client().events("/feed").await;
    assert_eq!(new.next().await, None);
    assert_eq!(shown(new.notices()), ["position e-3 null", "end bolt-finished null"]);
    let mut new = server.client().events("/all").await;
    assert_eq!(new.rest().await.len(), 3);
    let mut raw = server.connect().await;
    raw.get("/all").await;
    assert!(
        raw.response()
            .await
            .text()
            .starts_with("event: position\nid: e-0\ndata: null\n\nid: e-1\ndata: {")
    );
}

#[tokio::test]
async fn what_cannot_be_had_is_told_first_and_none_of_it_is_sent() {
    let feed = Replay::<Post>::builder().epoch(Epoch::new("e").expect("an epoch")).items(2).build();
    (1..=5).for_each(|n| drop(feed.publish(post(n))));
    feed.close();
    let server = Server::start(app(&feed)).await;
    let gap = |reason, from: Option<&str>, to| {
        let from = from.map(|from| format!(r#""from":"{from}","#)).unwrap_or_default();
        format!(r#"gap {to} {{"reason":"{reason}",{from}"to":"{to}"}}"#)
    };
    let long = "e".repeat(60_000);
    for (last, expected) in [
        ("e-2", gap("expired", Some("e-2"), "e-5")),
        ("e-0", gap("expired", Some("e-0"), "e-5")),
        ("d-4", gap("epoch", Some("d-4"), "e-5")),
        ("e-6", gap("unknown", Some("e-6"), "e-5")),
        ("e-18446744073709551615", gap("unknown", Some("e-18446744073709551615"), "e-5")),
        ("e-18446744073709551616", gap("unknown", None, "e-5")),
        ("e--1", gap("epoch", Some("e--1"), "e-5")),
        ("17", gap("unknown", None, "e-5")),
        ("<script>", gap("unknown", None, "e-5")),
        (&long, gap("unknown", None, "e-5")),
    ] {
        let events = returning(&server, "/feed", last).await.rest().await;
        assert_eq!(shown(&events), [expected], "{}", &last[..last.len().min(30)]);
    }
    // What is held still is there to be gone on with.
    for (last, count) in [("e-3", 2), ("e-4", 1), ("e-5", 0)] {
        assert_eq!(returning(&server, "/feed", last).await.rest().await.len(), count, "{last}");
    }
    let events = returning(&server, "/all", "d-4").await.rest().await;
    let ids: Vec<_> = events.iter().map(|event| event.id.as_str()).collect();
    assert_eq!(ids, ["e-3", "e-4", "e-5"], "the gap, then as a new client");
    assert_eq!(events[0].name, "gap");
}

#[tokio::test]
async fn the_id_may_be_in_the_query_and_the_header_wins() {
    let feed = named("e");
    (1..=3).for_each(|n| drop(feed.publish(post(n))));
    feed.close();
    let client = TestClient::new(app(&feed));
    for (query, header, count) in [
        ("lastEventId=e-1", None, 2),
        ("last-event-id=e-1", None, 2),
        ("a=b&lastEventId=%65%2D1", None, 2),
        ("lastEventId=e-1", Some("e-2"), 1),
        ("lastEventId=e-1", Some(""), 2),
        ("lastEventId=", None, 0),
        // An empty one is none.
        ("lastEventId=&last-event-id=e-1", None, 2),
        ("lastEventId&lastEventId=e-1", None, 2),
        // Of two, the first.
        ("last-event-id=e-2&lastEventId=e-1", None, 1),
        ("xlastEventId=e-1&lasteventid=e-1", None, 0),
    ] {
        let mut request = client.get(&format!("/feed?{query}"));
        if let Some(header) = header {
            request = request.header("last-event-id", header);
        }
        let events = request.events::<Value>().await.rest().await;
        assert_eq!(events.len(), count, "{query} {header:?}");
    }
    // A client that says in the query that it has seen the end.
    let request = client.get("/feed?lastEventId=bolt-finished").event_source();
    request.send().await.assert_status(204);
}

#[tokio::test]
async fn json_forms_have_the_items_and_the_gap() {
    let feed = named("e");
    (1..=2).for_each(|n| drop(feed.publish(post(n))));
    feed.close();
    let client = TestClient::new(app(&feed));
    for (accept, expected) in [
        (
            "application/jsonl",
            "{\"n\":1,\"text\":\"post 1\\nof many\"}\n{\"n\":2,\"text\":\"post 2\\nof many\"}\n",
        ),
        (
            "application/json",
            "[{\"n\":1,\"text\":\"post 1\\nof many\"},{\"n\":2,\"text\":\"post 2\\nof many\"}]",
        ),
    ] {
        let answer = client.get("/all").header("accept", accept).send().await;
        assert_eq!(answer.into_text().await, expected);
    }
    let request = client.get("/feed").header("accept", "application/jsonl");
    let answer = request.header("last-event-id", "d-1").send().await;
    assert_eq!(
        answer.into_text().await,
        "{\"gap\":{\"reason\":\"epoch\",\"from\":\"d-1\",\"to\":\"e-2\"}}\n"
    );
}

#[stream(get, "/changes")]
async fn changes(
    State(changes): State<Replay<Change>>,
    last: Option<LastEventId>,
) -> impl Stream<Item = Replayed<Change>> {
    changes.subscribe_from_oldest(last)
}

#[stream(get, "/events")]
async fn events(
    State(events): State<Replay<Event<Change>>>,
    last: Option<LastEventId>,
) -> impl Stream<Item = Replayed<Event<Change>>> {
    events.subscribe_from_oldest(last)
}

#[stream(get, "/texts")]
async fn texts(
    State(texts): State<Replay<Text>>,
    last: Option<LastEventId>,
) -> impl Stream<Item = Replayed<Text>> {
    texts.subscribe_from_oldest(last)
}

#[tokio::test]
async fn every_kind_of_item_can_be_replayed() {
    let epoch = || Epoch::new("e").expect("an epoch");
    let replay: Replay<Change> = Replay::builder().epoch(epoch()).build();
    replay.publish(Change::Added { n: 1 }).expect("published");
    replay.publish(Change::Removed { n: 1 }).expect("published");
    replay.close();
    let server = Server::start(App::new().mount::<changes>().state(replay)).await;
    let mut events = server.client().events("/changes").await;
    assert_eq!(shown(&events.rest().await), [r#"added e-1 {"n":1}"#, r#"removed e-2 {"n":1}"#]);

    let replay: Replay<Event<Change>> = Replay::builder().epoch(epoch()).build();
    // Its own id is replaced, all else is sent.
    let event = Event::new(Change::Added { n: 1 }).id(7).comment("first");
    replay.publish(event).expect("published");
    replay.publish(Event::without_data().comment("nothing")).expect("published");
    replay.close();
    let server = Server::start(App::new().mount::<self::events>().state(replay)).await;
    let mut events = server.client().events("/events").await;
    assert_eq!(shown(&events.rest().await), [r#"added e-1 {"n":1}"#]);
    assert_eq!(events.parser().comments, [" first", " nothing"]);
    let mut raw = server.connect().await;
    let head = "GET /events HTTP/1.1\r\nhost: x\r\naccept: application/jsonl\r\n\r\n";
    raw.send(head).await;
    assert_eq!(raw.response().await.text(), "{\"added\":{\"n\":1}}\n");

    let replay: Replay<Text> = Replay::builder().epoch(epoch()).build();
    replay.publish(Text::from("a\nb")).expect("published");
    replay.close();
    let server = Server::start(App::new().mount::<texts>().state(replay)).await;
    let mut events = server.client().events("/texts").await;
    assert_eq!(shown(&events.rest().await), ["message e-1 a\nb"]);
}

#[tokio::test]
async fn what_cannot_be_serialised_is_refused_to_the_publisher() {
    let replay: Replay<std::collections::BTreeMap<[u8; 1], u8>> = Replay::new();
    let refused = replay.publish([([1], 1)].into()).expect_err("no key of JSON");
    assert!(refused.to_string().contains("cannot be serialized"), "{refused}");
    assert_eq!(replay.position().offset, 0);
    replay.close();
    assert!(replay.publish([].into()).expect_err("closed").is_closed());
}

/// Those that divide by 5000, and the words on the log.
#[stream(get, "/rare")]
async fn rare(
    State(numbers): State<Replay<u64>>,
    last: Option<LastEventId>,
) -> impl Stream<Item = Replayed<u64>> {
    numbers.subscribe(last).filter(|n| n % 5_000 == 0)
}

/// The same, emitted.
#[stream(get, "/rare-emitted")]
async fn rare_emitted(
    State(numbers): State<Replay<u64>>,
    last: Option<LastEventId>,
) -> Replayed<u64> {
    let mut rare = numbers.subscribe(last).filter(|n| n % 5_000 == 0);
    while let Some(number) = rare.next().await {
        emit!(number);
    }
}

#[tokio::test(start_paused = true)]
async fn a_client_that_wants_little_is_brought_past_the_rest() {
    for path in ["/rare", "/rare-emitted"] {
        let epoch = Epoch::new("e").expect("an epoch");
        let log = Replay::<u64>::builder().items(1000).epoch(epoch).build();
        let app = App::new().mount::<rare>().mount::<rare_emitted>().state(log.clone());
        let client =
            TestClient::new(app.config(Config::defaults())).timeout(Duration::from_secs(60));
        let mut events = client.get(path).event_source().events::<u64>().await;
        let publisher = log.clone();
        let publishing = tokio::spawn(async move {
            for n in 1..=7_000 {
                publisher.publish(n).expect("published");
                if n % 20 == 0 {
                    tokio::task::yield_now().await;
                }
            }
        });
        let rare = events.next().await;
        assert_eq!((rare.id.as_str(), rare.data), ("e-5000", 5_000), "{path}");
        // Long enough to be told of the last few too.
        let silence = tokio::time::timeout(Duration::from_secs(20), events.next());
        let (silence, published) = tokio::join!(silence, publishing);
        published.expect("it publishes");
        assert!(silence.is_err(), "{path}");
        assert_eq!(events.last_event_id(), "e-7000", "{path}");
        // All that was held then is dropped while it is away, but for the last, which it wants.
        (7_001..=7_999).for_each(|n| drop(log.publish(n)));
        log.publish(10_000).expect("published");
        let mut events = events.reconnect().events::<Value>().await;
        let rare = events.next().await;
        assert_eq!((rare.name.as_str(), rare.id.as_str()), ("message", "e-8000"), "{path}");
        log.close();
        assert_eq!(events.rest().await.len(), 0, "{path}");
    }
}

/// A client that reads so many bytes of a body, and leaves.
async fn cut_after(server: &Server, path: &str, last: Option<&str>, bytes: usize) -> Vec<u8> {
    let mut raw: Raw<TcpStream> = server.connect().await;
    let last = last.map(|last| format!("last-event-id: {last}\r\n")).unwrap_or_default();
    raw.send(format!("GET {path} HTTP/1.1\r\nhost: x\r\n{last}\r\n")).await;
    loop {
        if let Some(response) = wire::Response::read(&raw.got, false, false) {
            assert_eq!(response.status, 200);
            if response.body.len() >= bytes || response.whole {
                return response.body[..response.body.len().min(bytes)].to_vec();
            }
        }
        raw.read().await;
    }
}

fn read(account: &mut Account, ledger: &Ledger, bytes: &[u8]) {
    let mut parser = Parser::default();
    let events = bolt_tests::items(parser.feed(bytes));
    for event in &events {
        account.sent(ledger, event).unwrap_or_else(|fault| panic!("{fault}: {bytes:?}"));
    }
    if !parser.last_event_id.is_empty() && parser.last_event_id != "bolt-finished" {
        account.told(ledger, &parser.last_event_id).unwrap_or_else(|fault| panic!("{fault}"));
    }
}

/// What a client knows that is told its position first.
fn read_from_start(account: &mut Account, ledger: &Ledger, bytes: &[u8]) {
    let mut parser = Parser::default();
    let first = bytes.windows(2).position(|two| two == b"\n\n").map(|end| end + 2);
    let Some(first) = first else { return };
    assert_eq!(parser.feed(&bytes[..first])[0].name, "position");
    account.told(ledger, &parser.last_event_id).expect("where it begins");
    read(account, ledger, &bytes[first..]);
}

/// How many events a client had of a log that is closed, when its first connection is cut after so many bytes.
async fn cut_and_return(
    server: &Server,
    path: &str,
    ledger: &Ledger,
    wants: fn(&str) -> bool,
    bytes: usize,
) -> usize {
    let mut account = Account::wanting(wants);
    let first = cut_after(server, path, None, bytes).await;
    assert_eq!(first.len(), bytes);
    read_from_start(&mut account, ledger, &first);
    let last = account.last_id(ledger).map(str::to_owned);
    let rest = cut_after(server, path, last.as_deref(), usize::MAX).await;
    match last {
        Some(_) => read(&mut account, ledger, &rest),
        None => read_from_start(&mut account, ledger, &rest),
    }
    account.ended(ledger).unwrap_or_else(|fault| panic!("{path} cut after {bytes}: {fault}"));
    assert!(account.gaps.is_empty(), "{path} cut after {bytes}");
    account.events
}

#[tokio::test]
async fn cut_at_every_byte_nothing_is_lost_and_nothing_doubled() {
    let feed = named("e");
    let mut ledger = begun(&feed);
    (1..=4).for_each(|n| publish(&feed, &mut ledger, n));
    feed.close();
    let server = Server::start(app(&feed)).await;
    let whole = cut_after(&server, "/all", None, usize::MAX).await.len();
    assert!(whole > 100);
    for bytes in 0..=whole {
        let events = cut_and_return(&server, "/all", &ledger, |_| true, bytes).await;
        assert_eq!(events, 4, "cut after {bytes}");
    }
}

/// Those that divide by 70.
#[stream(get, "/few")]
async fn few(
    State(feed): State<Replay<Post>>,
    last: Option<LastEventId>,
) -> impl Stream<Item = Replayed<Post>> {
    feed.subscribe_from_oldest(last).filter(|post| post.n % 70 == 0)
}

#[tokio::test]
async fn cut_at_every_byte_a_part_of_a_log_is_whole() {
    let feed = named("e");
    let mut ledger = begun(&feed);
    (1..=200).for_each(|n| publish(&feed, &mut ledger, n));
    feed.close();
    let app = App::new().mount::<few>().state(feed.clone()).config(Config::defaults());
    let server = Server::start(app).await;
    let all = cut_after(&server, "/few", None, usize::MAX).await;
    // Where it begins, two events, and between and behind them where the client is.
    let all = String::from_utf8(all).expect("text");
    let ids: Vec<_> = all.lines().filter_map(|line| line.strip_prefix("id: ")).collect();
    assert_eq!(ids, ["e-0", "e-64", "e-70", "e-134", "e-140", "e-200", "bolt-finished"]);
    for bytes in 0..=all.len() {
        let wants = |data: &str| data.contains(r#""n":70,"#) || data.contains(r#""n":140,"#);
        let events = cut_and_return(&server, "/few", &ledger, wants, bytes).await;
        assert_eq!(events, 2, "cut after {bytes}");
    }
}

#[tokio::test]
async fn a_restarted_app_is_another_epoch() {
    let before = Replay::<Post>::new();
    before.publish(post(1)).expect("published");
    let last = before.position().to_string();
    let after = Replay::<Post>::new();
    after.publish(post(2)).expect("published");
    let server = Server::start(app(&after)).await;
    let mut events = returning(&server, "/feed", &last).await;
    let gap = events.next().await.expect("a gap");
    assert_eq!((gap.name.as_str(), gap.id), ("gap", after.position().to_string()));
    let gap: Value = serde_json::from_str(&gap.data).expect("JSON");
    assert_eq!(gap["reason"], "epoch");
    after.publish(post(3)).expect("published");
    assert_eq!(events.next_json::<Value>().await["n"], 3);
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_is_cut_for_its_time_goes_on() {
    let feed = named("e");
    let config = Config::defaults().set("stream.max_duration", "10s");
    let client = TestClient::new(app(&feed).config(config));
    let publisher = feed.clone();
    let mut ledger = begun(&feed);
    let publishing = tokio::spawn(async move {
        for n in 1..=60 {
            tokio::time::sleep(Duration::from_secs(1)).await;
            publish(&publisher, &mut ledger, n);
        }
        publisher.close();
        ledger
    });
    let mut connections = 0;
    let mut got = Vec::new();
    let mut events = client.get("/feed").event_source().events::<Value>().await;
    loop {
        connections += 1;
        got.extend(events.rest().await);
        if events.is_finished() {
            break;
        }
        events = events.reconnect().events::<Value>().await;
    }
    let ledger = publishing.await.expect("it publishes");
    let ids: Vec<_> = got.iter().map(|event| event.id.clone()).collect();
    let expected: Vec<_> = (1..=60).map(|n| format!("e-{n}")).collect();
    assert_eq!(ids, expected);
    assert_eq!(ledger.last(), "e-60");
    assert!(connections >= 5, "{connections} connections");
}

#[tokio::test]
async fn a_reader_that_is_cut_by_shutdown_goes_on_at_the_next_server() {
    let feed = named("e");
    let config = Config::defaults().set("server.drain", "0s");
    let before = TestClient::new(app(&feed).config(config));
    let mut events = before.get("/feed").event_source().events::<Value>().await;
    feed.publish(post(1)).expect("published");
    let last = events.next().await.id;
    let (served, rest) = tokio::join!(before.shutdown(), events.rest());
    served.expect("it ends");
    assert_eq!((rest.len(), events.is_finished()), (0, false));
    // While nobody serves.
    feed.publish(post(2)).expect("published");
    let after = TestClient::new(app(&feed));
    let mut events = after.get("/feed").last_event_id(&last).events::<Value>().await;
    feed.publish(post(3)).expect("published");
    let ids: Vec<_> = events.take(2).await.into_iter().map(|event| event.id).collect();
    assert_eq!(ids, ["e-2", "e-3"]);
}

/// In blocking code, so that there is a limit.
#[stream(get, "/blocking-feed")]
fn blocking_feed(State(feed): State<Replay<Post>>, last: Option<LastEventId>) -> Replayed<Post> {
    let mut posts = std::pin::pin!(feed.subscribe(last));
    while let Some(post) = Handle::current().block_on(posts.next()) {
        emit!(post);
    }
}

/// A runtime waits for its threads, also when an assertion has failed.
struct ClosedAtTheEnd(Replay<Post>);

impl Drop for ClosedAtTheEnd {
    fn drop(&mut self) {
        self.0.close();
    }
}

#[tokio::test]
async fn a_reader_whose_return_is_refused_for_load_misses_nothing() {
    let feed = named("e");
    let _closed = ClosedAtTheEnd(feed.clone());
    let config = Config::defaults().set("stream.max_blocking", 1);
    let app = App::new().mount::<blocking_feed>().state(feed.clone()).config(config);
    let client = TestClient::new(app);
    // With an id: its thread may subscribe after the event was published.
    let first = client.get("/blocking-feed").event_source().last_event_id("e-0");
    let mut events = first.events::<Value>().await;
    feed.publish(post(1)).expect("published");
    assert_eq!(events.next().await.id, "e-1");
    let again = events.reconnect();
    // The thread of who has left ends when it next emits.
    let mut count = 1;
    let mut publish = async || {
        count += 1;
        feed.publish(post(count)).expect("published");
        tokio::time::sleep(Duration::from_millis(5)).await;
    };
    let other = loop {
        publish().await;
        let answer = client.get("/blocking-feed").send().await;
        if answer.status() == 200 {
            break answer;
        }
    };
    // An EventSource is told to wait, and no id: it keeps its own.
    let mut told = again.clone().events::<Value>().await;
    assert_eq!(told.rest().await.len(), 0);
    assert_eq!((told.last_event_id(), told.is_finished()), ("e-1", false));
    // Others are refused.
    let refused = client.get("/blocking-feed").last_event_id("e-1");
    let refused = refused.header("accept", "application/jsonl").send().await;
    assert!(refused.assert_status(503).header("retry-after").is_some());
    drop(other);
    let mut events = loop {
        publish().await;
        let mut events = again.clone().events::<Value>().await;
        if let Some(first) = events.next_or_end().await {
            assert_eq!(first.id, "e-2");
            break events;
        }
    };
    feed.close();
    let ids: Vec<_> = events.rest().await.into_iter().map(|event| event.id).collect();
    let expected: Vec<_> = (3..=feed.position().offset).map(|n| format!("e-{n}")).collect();
    assert_eq!(ids, expected);
}

#[stream(get, "/runs/{to}", ids)]
async fn runs(Path(to): Path<u64>) -> Post {
    for n in 1..=to {
        emit!(post(n));
    }
}

#[stream(get, "/blocking-runs", ids)]
fn blocking_runs() -> Result<Event<u64>, std::io::Error> {
    // The id of one's own is replaced.
    [1, 2].into_iter().for_each(|n| emit!(Event::new(n).id(n + 100)));
}

#[stream(get, "/item-runs", ids)]
async fn item_runs() -> Result<impl Stream<Item = Result<Change, Problem>>, Problem> {
    Ok(tokio_stream::iter([Ok(Change::Added { n: 1 }), Ok(Change::Removed { n: 1 })]))
}

#[stream(get, "/iterator-runs", ids)]
fn iterator_runs() -> impl Iterator<Item = u64> {
    [1, 2].into_iter()
}

#[tokio::test]
async fn numbered_events_have_ids_and_another_run_is_told() {
    let app = App::new()
        .mount::<runs>()
        .mount::<blocking_runs>()
        .mount::<item_runs>()
        .mount::<iterator_runs>()
        .config(Config::defaults());
    let server = Server::start(app).await;
    for path in ["/runs/2", "/blocking-runs", "/item-runs", "/iterator-runs"] {
        let first = server.client().events(path).await.rest().await;
        assert_eq!(first.len(), 2, "{path}");
        let (epoch, one) = first[0].id.rsplit_once('-').expect("an id");
        assert_eq!((one, &first[1].id), ("1", &format!("{epoch}-2")), "{path}");
        let again = returning(&server, path, &first[0].id).await.rest().await;
        assert_eq!(again.len(), 3, "{path}");
        let gap: Value = serde_json::from_str(&again[0].data).expect("JSON");
        let (other, zero) = again[0].id.rsplit_once('-').expect("an id");
        assert_eq!(again[0].name, "gap", "{path}");
        assert_eq!(
            (&gap["reason"], &gap["from"]),
            (&json!("epoch"), &json!(first[0].id)),
            "{path}"
        );
        assert_eq!((zero, other == epoch), ("0", false), "{path}");
        assert_eq!(again[1].id, format!("{other}-1"), "{path}");
        assert_eq!(again[1].data, first[0].data, "{path}");
    }
    // A run without events has said so all the same.
    let empty = returning(&server, "/runs/0", "e-1").await.rest().await;
    assert_eq!(empty.len(), 1);
}

#[stream(get, "/failing-runs/{after}", ids)]
async fn failing_runs(Path(after): Path<u64>) -> Result<u64, Problem> {
    for n in 0..after {
        emit!(n);
    }
    Err(Problem::conflict("no more"))
}

#[tokio::test]
async fn who_reads_json_is_told_of_another_run_too() {
    let app = App::new().mount::<runs>().mount::<iterator_runs>().mount::<failing_runs>();
    let server = Server::start(app.config(Config::defaults())).await;
    for (path, values) in [("/runs/2", 2), ("/runs/0", 0), ("/iterator-runs", 2)] {
        for form in ["application/json", "application/jsonl", "application/json-seq"] {
            let asked = server.client().request(Method::GET, path).header("accept", form);
            let text = answer(asked.header("last-event-id", "e-1")).await.text().await;
            let text = text.expect("text").replace('\u{1e}', "");
            let elements: Vec<Value> = match form {
                "application/json" => serde_json::from_str(&text).expect(&text),
                _ => text.lines().map(|line| serde_json::from_str(line).expect(line)).collect(),
            };
            assert_eq!(elements.len(), 1 + values, "{path} {form}: {text}");
            let gap = &elements[0]["gap"];
            let told = (&gap["reason"], &gap["from"]);
            assert_eq!(told, (&json!("epoch"), &json!("e-1")), "{path} {form}: {text}");
        }
    }
    // An error is a status, or the last element behind the gap.
    for (path, status, elements) in [("/failing-runs/0", 409, 1), ("/failing-runs/1", 200, 3)] {
        let asked =
            server.client().request(Method::GET, path).header("accept", "application/jsonl");
        let response = answer(asked.header("last-event-id", "e-1")).await;
        assert_eq!(response.status(), status, "{path}");
        let text = response.text().await.expect("text");
        assert_eq!(text.lines().count(), elements, "{path}: {text}");
        assert_eq!(text.starts_with(r#"{"gap":{"reason":"epoch""#), status == 200, "{text}");
    }
}

#[stream(get, "/numbers")]
async fn numbers(last: Option<LastEventId<u64>>) -> Event<u64> {
    for n in last.map_or(0, |last| last.0 + 1)..3 {
        emit!(Event::new(n).id(n));
    }
}

#[stream(get, "/rest")]
async fn rest(LastEventId(last): LastEventId<u64>) -> u64 {
    emit!(last + 1);
}

#[tokio::test]
async fn the_id_is_read_as_what_it_has_to_be_or_refused() {
    let client = TestClient::new(App::new().mount::<numbers>().mount::<rest>());
    let mut events = client.get("/numbers").header("last-event-id", "1").events::<u64>().await;
    assert_eq!(events.rest_data().await, [2]);
    assert_eq!(client.get("/numbers").events::<u64>().await.rest_data().await, [0, 1, 2]);
    assert_eq!(client.get("/rest?lastEventId=6").events::<u64>().await.rest_data().await, [7]);
    for (path, id, expected) in [
        ("/numbers", "abc", "the last event id in the header `last-event-id` is \"abc\""),
        (
            "/numbers?lastEventId=-1",
            "",
            "in the query is \"-1\", which is none of this stream: invalid digit",
        ),
        ("/rest", "", "send its id as the header `last-event-id`"),
    ] {
        let refused = client.get(path).header("last-event-id", id).send().await;
        let detail = refused.assert_status(400).problem().detail.unwrap_or_default();
        assert!(detail.contains(expected), "{detail}");
        assert!(!detail.contains("u64"), "no type of the program is told: {detail}");
    }
    // Who has seen the end has no id, and of a stream that needs one the end.
    let json = client.get("/numbers").header("accept", "application/json");
    let answer = json.header("last-event-id", "bolt-finished").send().await;
    assert_eq!(answer.json::<Vec<u64>>(), [0, 1, 2]);
    let done = client.get("/rest").header("last-event-id", "bolt-finished").send().await;
    done.assert_status(204);
    // Whoever asks for events, an EventSource or not.
    for asked in [
        client.get("/numbers").event_source(),
        client.get("/numbers"),
        client.request(Method::HEAD, "/numbers"),
    ] {
        let done = asked.header("last-event-id", "bolt-finished").send().await;
        done.assert_status(204);
    }
}

#[tokio::test]
async fn bytes_that_are_no_text_are_refused() {
    let server = Server::start(App::new().mount::<numbers>()).await;
    let mut raw = server.connect().await;
    raw.send(b"GET /numbers HTTP/1.1\r\nhost: x\r\nlast-event-id: \xff\xfe\r\n\r\n").await;
    let refused = raw.response().await;
    assert_eq!(refused.status, 400);
    assert!(refused.text().contains("utf-8"), "{}", refused.text());
}

#[tokio::test]
async fn the_document_tells_of_ids_and_gaps() {
    let document = app(&Replay::new()).openapi().expect("a document");
    let document = serde_json::to_value(document).expect("JSON");
    let operation = &document["paths"]["/feed"]["get"];
    let names: Vec<_> = operation["parameters"].as_array().expect("parameters").iter().collect();
    assert_eq!((&names[0]["name"], &names[0]["in"]), (&json!("last-event-id"), &json!("header")));
    assert_eq!((&names[1]["name"], &names[1]["in"]), (&json!("lastEventId"), &json!("query")));
    assert!(names.iter().all(|parameter| parameter["required"] != json!(true)));
    let events = &operation["responses"]["200"]["content"]["text/event-stream"]["itemSchema"];
    let events = events["oneOf"].as_array().expect("several events");
    let gap = events.iter().find(|event| event["properties"]["event"]["const"] == "gap");
    let data = &gap.expect("a gap")["properties"]["data"]["contentSchema"]["$ref"];
    assert_eq!(data, "#/components/schemas/Gap");
    assert_eq!(document["components"]["schemas"]["Gap"]["required"], json!(["reason", "to"]));
    assert_eq!(operation["responses"]["400"]["content"].as_object().map(|all| all.len()), Some(1));
    let lines = &operation["responses"]["200"]["content"]["application/jsonl"]["itemSchema"];
    assert_eq!(lines["anyOf"][1]["required"], json!(["gap"]));
}
