//! What a stream does as long as nothing goes wrong.

use std::time::Duration;

use bolt::axum::routing::get;
use bolt::prelude::*;
use bolt_tests::client::answer;
use bolt_tests::{Events, Server};
use reqwest::Method;
use tokio_stream::Stream;

use crate::events::END;

#[derive(Serialize, ToSchema)]
struct Tick {
    n: u64,
}

#[derive(Deserialize, IntoParams)]
struct Range {
    from: u64,
    to: u64,
}

#[stream(get, "/generator")]
async fn generator(Query(range): Query<Range>) -> Tick {
    for n in range.from..range.to {
        emit!(Tick { n });
    }
}

#[stream(get, "/blocking")]
fn blocking(Query(range): Query<Range>) -> Tick {
    for n in range.from..range.to {
        emit!(Tick { n });
    }
}

#[stream(get, "/stream")]
fn stream(Query(range): Query<Range>) -> impl Stream<Item = Tick> {
    tokio_stream::iter((range.from..range.to).map(|n| Tick { n }))
}

#[stream(get, "/late-stream")]
async fn late_stream(Query(range): Query<Range>) -> impl Stream<Item = Result<Tick, Problem>> {
    tokio::time::sleep(Duration::from_millis(1)).await;
    tokio_stream::iter((range.from..range.to).map(|n| Ok(Tick { n })))
}

#[stream(get, "/iterator")]
fn iterator(Query(range): Query<Range>) -> impl Iterator<Item = Tick> {
    (range.from..range.to).map(|n| Tick { n })
}

fn app() -> App {
    App::new()
        .mount::<generator>()
        .mount::<blocking>()
        .mount::<stream>()
        .mount::<late_stream>()
        .mount::<iterator>()
}

const SPELLINGS: [&str; 5] = ["/generator", "/blocking", "/stream", "/late-stream", "/iterator"];

#[tokio::test]
async fn every_spelling_sends_the_same() {
    let server = Server::start(app()).await;
    for path in SPELLINGS {
        let mut events = server.client().events(&format!("{path}?from=1&to=4")).await;
        assert_eq!(events.rest_data().await, [r#"{"n":1}"#, r#"{"n":2}"#, r#"{"n":3}"#], "{path}");
    }
}

#[tokio::test]
async fn many_events_arrive_whole_and_in_order() {
    let server = Server::start(app()).await;
    for path in SPELLINGS {
        let mut events = server.client().events(&format!("{path}?from=0&to=50000")).await;
        for n in 0..50_000 {
            let event = events.next().await.expect("fifty thousand events");
            assert_eq!(event.data, format!(r#"{{"n":{n}}}"#), "{path}");
        }
        assert_eq!(events.next().await, None);
    }
}

#[tokio::test]
async fn the_head_says_what_proxies_and_browsers_must_know() {
    let server = Server::start(app()).await;
    for path in SPELLINGS {
        let events = server.client().events(&format!("{path}?from=0&to=1")).await;
        let headers = events.headers();
        assert_eq!(headers["content-type"], "text/event-stream");
        assert_eq!(headers["cache-control"], "no-cache, no-transform");
        assert_eq!(headers["x-accel-buffering"], "no");
    }
}

#[tokio::test]
async fn an_extractor_that_refuses_answers_before_the_stream() {
    let server = Server::start(app()).await;
    for path in SPELLINGS {
        let refused = server.client().get(&format!("{path}?from=many")).await;
        assert_eq!(refused.status(), 400, "{path}");
    }
}

#[tokio::test]
async fn a_finished_stream_stays_finished() {
    let server = Server::start(app()).await;
    for path in SPELLINGS {
        let path = format!("{path}?from=0&to=1");
        let source = || server.client().event_source(&path);
        let mut events = Events::of(answer(source()).await);
        assert_eq!(events.rest().await.len(), 1);
        // What an EventSource does next.
        let id = events.parser().last_event_id.clone();
        assert_eq!(answer(source().header("last-event-id", id)).await.status(), 204, "{path}");
        // A new EventSource has no last id: a page that is loaded again runs the stream again.
        assert_eq!(Events::of(answer(source()).await).rest().await.len(), 1);
    }
}

#[stream(get, "/again", restart)]
async fn again() -> u32 {
    emit!(1);
}

#[tokio::test]
async fn a_stream_that_restarts_is_asked_again() {
    let server = Server::start(App::new().mount::<again>()).await;
    let source = || server.client().event_source("/again");
    let mut events = Events::of(answer(source()).await);
    assert_eq!(events.rest_data().await, ["1"]);
    assert_eq!(events.parser().last_event_id, "");
    let returned = answer(source().header("last-event-id", "bolt-finished")).await;
    assert_eq!(Events::of(returned).rest_data().await, ["1"]);
}

#[stream(get, "/opens")]
async fn opens_before_it_emits() -> u32 {
    std::future::pending::<()>().await;
    emit!(1);
}

#[stream(get, "/may-fail")]
async fn opens_although_it_may_fail() -> Result<u32, Problem> {
    std::future::pending::<()>().await;
    emit!(1);
}

#[tokio::test]
async fn a_quiet_stream_opens() {
    let app = App::new().mount::<opens_before_it_emits>().mount::<opens_although_it_may_fail>();
    let server = Server::start(app).await;
    for path in ["/opens", "/may-fail"] {
        assert_eq!(server.client().get(path).await.status(), 200);
    }
}

#[stream(get, "/lines")]
async fn lines() -> u32 {
    let first = line!();
    emit!(first);
    emit!(line!());
}

#[stream(get, "/blocking-lines")]
fn blocking_lines() -> u32 {
    let first = line!();
    emit!(first);
    emit!(line!());
}

#[tokio::test]
async fn lines_of_the_source_are_kept() {
    let server = Server::start(App::new().mount::<lines>().mount::<blocking_lines>()).await;
    for path in ["/lines", "/blocking-lines"] {
        let mut events = server.client().events(path).await;
        let (first, second): (u32, u32) = (events.next_json().await, events.next_json().await);
        assert_eq!(second, first + 2);
        let text = include_str!("streams.rs").lines().nth(first as usize - 1).expect("that line");
        assert_eq!(text.trim(), "let first = line!();");
    }
}

#[stream(get, "/everywhere")]
async fn everywhere() -> String {
    let owned = String::from("borrowed");
    let borrowed: &str = &owned;
    for n in 0..2 {
        match n {
            0 => emit!(format!("match {borrowed}")),
            _ => emit!(format!("loop {borrowed}")),
        }
    }
    tokio::select! {
        () = tokio::time::sleep(Duration::ZERO) => emit!("select".to_owned()),
        () = std::future::pending() => {}
    }
    tokio::join!(
        async {
            emit!(format!("left {borrowed}"));
        },
        async { emit!(format!("right {borrowed}")) },
    );
    async move { emit!("nested".to_owned()) }.await;
}

#[tokio::test]
async fn emit_works_everywhere_in_an_async_body() {
    let server = Server::start(App::new().mount::<everywhere>()).await;
    let data = server.client().events("/everywhere").await.rest_data().await;
    let expected =
        ["match borrowed", "loop borrowed", "select", "left borrowed", "right borrowed", "nested"];
    assert_eq!(data, expected.map(|text| format!("{text:?}")));
}

#[stream(get, "/joined")]
async fn joined() -> String {
    let text = "x".repeat(1000);
    let (text, all) = (&text, 0..100);
    tokio::join!(
        async {
            for n in all.clone() {
                emit!(format!("left {n} {text}"));
            }
        },
        async {
            for n in all.clone() {
                emit!(format!("right {n} {text}"));
            }
        },
    );
}

#[tokio::test]
async fn two_that_emit_at_once_lose_nothing_when_the_buffer_is_full() {
    let server = Server::start(App::new().mount::<joined>()).await;
    let data = server.client().events("/joined").await.rest_data().await;
    for side in ["left", "right"] {
        let numbers = data.iter().filter_map(|data| data.split_once(side)).map(|(_, rest)| {
            rest.split_whitespace().next().and_then(|n| n.parse::<usize>().ok()).expect("a number")
        });
        assert_eq!(numbers.collect::<Vec<_>>(), (0..100).collect::<Vec<_>>());
    }
}

#[stream(get, "/closures")]
fn closures() -> Result<u32, std::num::ParseIntError> {
    (0..2).for_each(|n| emit!(n));
    (2..4).try_for_each(|n| {
        emit!(n.to_string().parse::<u32>()?);
        Ok(())
    })?;
    std::thread::scope(|scope| {
        scope.spawn(|| emit!(4));
    });
}

#[tokio::test]
async fn emit_works_in_closures_of_a_blocking_body() {
    let server = Server::start(App::new().mount::<closures>()).await;
    let data = server.client().events("/closures").await.rest_data().await;
    assert_eq!(data, ["0", "1", "2", "3", "4"]);
}

#[stream(post, "/echo")]
async fn echo(Path(()): Path<()>, Json(body): Json<Vec<u32>>) -> u32 {
    for n in body {
        emit!(n);
    }
}

#[tokio::test]
async fn a_post_with_a_body_streams_its_answer() {
    let server = Server::start(App::new().mount::<echo>()).await;
    let request = server.client().request(Method::POST, "/echo");
    let request = request.header("content-type", "application/json").body("[3,1,2]");
    assert_eq!(Events::of(answer(request).await).rest_data().await, ["3", "1", "2"]);
}

#[tokio::test]
async fn the_name_is_a_plain_axum_handler() {
    let router = Router::new().route("/somewhere/else", get(generator).post(echo));
    let server = Server::start_router(router).await;
    let mut events = server.client().events("/somewhere/else?from=5&to=6").await;
    assert_eq!(events.rest_data().await, [r#"{"n":5}"#]);
}

#[tokio::test(start_paused = true)]
async fn silence_is_broken_by_a_comment_that_is_no_event() {
    use bolt::axum::body::{Body, to_bytes};
    use bolt::axum::http::Request;
    use bolt::axum::response::Response;
    use tower_service::Service as _;

    #[stream]
    async fn slow() -> u32 {
        emit!(1);
        tokio::time::sleep(Duration::from_secs(40)).await;
        emit!(2);
        tokio::time::sleep(Duration::from_secs(10)).await;
        emit!(3);
    }

    let mut router: Router = Router::new().route("/slow", get(slow));
    let request = Request::get("/slow").body(Body::empty()).expect("a request");
    let answer: Response = router.call(request).await.expect("routers do not fail");
    let body = to_bytes(answer.into_body(), usize::MAX).await.expect("the whole body");
    let text = String::from_utf8_lossy(&body);
    assert_eq!(text, format!("data: 1\n\n:\n:\ndata: 2\n\ndata: 3\n\n{END}"));
}
