//! Each format, cut at every byte, and its bounds.

use std::fmt::Debug;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};

use axum::body::Body;
use axum::extract::{FromRequest as _, Request};
use axum::http::header::{CONTENT_ENCODING, CONTENT_TYPE};
use axum::response::IntoResponse as _;
use bytes::Bytes;
use http_body::Frame;
use proptest::collection::vec;
use proptest::prelude::*;
use serde::Deserialize;
use tokio::runtime::{Builder, Runtime};

use super::*;
use crate::event::Text;

#[derive(Debug, PartialEq, Deserialize)]
pub(super) struct Row {
    name: String,
    age: Option<u8>,
}

fn row(name: &str, age: Option<u8>) -> Row {
    Row { name: name.to_owned(), age }
}

pub(super) fn runtime() -> Runtime {
    Builder::new_current_thread().enable_time().build().expect("a runtime")
}

/// A body that comes in these pieces.
fn pieces<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> Body {
    let pieces: Vec<_> =
        pieces.into_iter().map(|piece| Ok::<_, BodyError>(Bytes::copy_from_slice(piece))).collect();
    Body::from_stream(tokio_stream::iter(pieces))
}

fn request(content_type: &str, body: Body) -> Request {
    Request::builder().header(CONTENT_TYPE, content_type).body(body).expect("a request")
}

/// All items, each as its debug text or its error, with where it begins.
pub(super) async fn all<F: Format>(mut items: Items<F>) -> Vec<String>
where
    <F as items::sealed::Format>::Item: Debug,
{
    let mut said = Vec::new();
    while let Some(item) = items.next().await {
        said.push(match item {
            Ok(item) => format!("{item:?}"),
            Err(error) => error.to_string(),
        });
    }
    said
}

/// The items of a request with this body.
pub(super) async fn items<F: Format>(content_type: &str, body: impl Into<Body>) -> Items<F> {
    Items::from_request(request(content_type, body.into()), &()).await.expect("accepted")
}

async fn read<F: Format>(content_type: &str, body: Body) -> Vec<String>
where
    <F as items::sealed::Format>::Item: Debug,
{
    all(items::<F>(content_type, body).await.max_record(64)).await
}

/// Reads a body whole, and cut at every byte: it is the same.
pub(super) fn everywhere<F: Format>(content_type: &str, body: &[u8]) -> Vec<String>
where
    <F as items::sealed::Format>::Item: Debug,
{
    runtime().block_on(async {
        let whole = read::<F>(content_type, pieces([body])).await;
        for cut in 0..=body.len() {
            let cut_there = read::<F>(content_type, pieces([&body[..cut], &body[cut..]])).await;
            assert_eq!(cut_there, whole, "cut at {cut}: {:?}", String::from_utf8_lossy(body));
        }
        assert_eq!(read::<F>(content_type, pieces(body.chunks(1))).await, whole);
        whole
    })
}

#[test]
fn json_lines_say_what_is_wrong_and_go_on() {
    let long = format!("{{\"name\":\"{}\"}}\n", "x".repeat(64));
    let body = [
        &b"\xef\xbb\xbf{\"name\":\"a\",\"age\":1}\r\n\n  \n"[..],
        b"{\"name\":\"b\",\"age\":\"two\"}\n",
        b"{\"name\":}\n",
        b"{\"name\":\"\xff\"}\n",
        long.as_bytes(),
        b"{\"name\":\"c\"} {}\n",
        b"{\"name\":\"d\"",
    ]
    .concat();
    let expected = [
        r#"Row { name: "a", age: Some(1) }"#,
        "item 2, at byte 29: invalid type: string \"two\", expected u8 at column 23",
        "item 3, at byte 54: expected value at column 9",
        "item 4, at byte 64: it is not UTF-8 from its byte 10 on",
        "item 5, at byte 77: it is longer than 64 bytes (max_record)",
        "item 6, at byte 153: trailing characters at column 14",
        "item 7, at byte 169: EOF while parsing an object at column 11",
    ];
    assert_eq!(everywhere::<JsonFormat<Row>>("application/jsonl", &body), expected);
}

#[test]
fn json_is_no_deeper_than_serde_allows() {
    runtime().block_on(async {
        let deep = items::<JsonFormat<serde_json::Value>>("application/jsonl", "[".repeat(100_000));
        assert_eq!(
            all(deep.await).await,
            ["item 1, at byte 0: recursion limit exceeded at column 128"]
        );
    });
}

#[test]
fn a_record_is_counted_without_its_end() {
    let fits = format!("\"{}\"", "x".repeat(62));
    let long = format!("\"{}\"", "x".repeat(63));
    for (content_type, before) in [("application/jsonl", ""), ("application/json-seq", "\x1e")] {
        let read = |text: &str| {
            let body = format!("{before}{text}\n");
            everywhere::<JsonFormat<String>>(content_type, body.as_bytes())
        };
        assert_eq!(read(&fits), [fits.as_str()], "{content_type}");
        assert!(read(&long)[0].ends_with("longer than 64 bytes (max_record)"), "{content_type}");
    }
    for end in ["\n", "\r\n", "\r", ""] {
        let fits = format!("{}{end}", "x".repeat(64));
        let found = everywhere::<CsvFormat<(String,)>>("text/csv; header=absent", fits.as_bytes());
        assert_eq!(found, [format!("(\"{}\",)", "x".repeat(64))]);
        let long = format!("x{fits}");
        let found = everywhere::<CsvFormat<(String,)>>("text/csv; header=absent", long.as_bytes());
        assert_eq!(found, ["item 1, at byte 0: it is longer than 64 bytes (max_record)"]);
    }
}

#[test]
fn lines_are_text_without_their_ends() {
    let body = b"\xef\xbb\xbfone\r\n\ntw\xff\r\n\xe2\x82\xac\r\rlast";
    let expected = [
        "\"one\"",
        "\"\"",
        "item 3, at byte 9: it is not UTF-8 from its byte 3 on",
        "\"€\\r\\rlast\"",
    ];
    assert_eq!(everywhere::<LinesFormat>("text/plain", body), expected);
}

#[test]
fn events_are_read_as_a_browser_reads_them() {
    let body = b"\xef\xbb\xbfevent: a\rid: 7\ndata: {\"name\":\"x\",\ndata: \"age\":1}\r\n\r\n: quiet\n\ndata: [DONE]\n\ndata";
    let typed = everywhere::<EventsFormat<Row>>("text/event-stream", body);
    let event = r#"ReceivedEvent { name: "a", data: Row { name: "x", age: Some(1) }, id: "7", retry: None }"#;
    assert_eq!(typed[0], event);
    assert!(typed[1].ends_with("expected value at column 2"), "{typed:?}");
    assert_eq!(typed.len(), 2);
    let raw = everywhere::<EventsFormat<Text>>("text/event-stream", body);
    assert_eq!(
        raw[1],
        r#"ReceivedEvent { name: "message", data: Text("[DONE]"), id: "7", retry: None }"#
    );

    for end in ["\n", "\r", "\r\n"] {
        let body = format!("data: 1{end}{end}data: x{end}{end}");
        let found = everywhere::<EventsFormat<u8>>("text/event-stream", body.as_bytes());
        let at = format!("item 2, at byte {}: ", 7 + 2 * end.len());
        assert!(found[1].starts_with(&at), "{end:?}: {found:?}");
    }

    let long = format!("data: 1\n\ndata: {}\n\ndata: 2\n\n", "x".repeat(80));
    let found = everywhere::<EventsFormat<u8>>("text/event-stream", long.as_bytes());
    assert_eq!(found[1..], ["item 2, at byte 9: the event is longer than 64 bytes (max_record)"]);
}

#[test]
fn another_content_type_is_refused_with_what_is_expected() {
    runtime().block_on(async {
        let refused = |content_type: &'static str| async move {
            let request = request(content_type, Body::empty());
            JsonLines::<Row>::from_request(request, &()).await.expect_err("refused")
        };
        let error = refused("application/json").await;
        assert_eq!(
            error.to_string(),
            "the `content-type` is \"application/json\", not application/jsonl, application/x-ndjson or \
             application/json-seq"
        );
        let response = error.into_response();
        assert_eq!(response.status(), 415);
        assert_eq!(
            response.headers()["accept"],
            "application/jsonl, application/x-ndjson, application/json-seq"
        );
        assert_eq!(response.headers()["content-type"], "application/problem+json");
        assert!(refused("application/jsonl; charset=latin1").await.to_string().contains("latin1"));

        let none = Lines::from_request(Request::new(Body::empty()), &()).await.expect_err("refused");
        assert_eq!(none.to_string(), "there is no `content-type`; it has to be text/* in UTF-8");
        let geo = request("application/geo+json-seq", Body::from("\x1e1\n"));
        assert_eq!(all(JsonLines::<u8>::from_request(geo, &()).await.expect("known")).await, ["1"]);
        let request = request("text/html", Body::empty());
        let error = Multipart::from_request(request, &()).await.expect_err("refused");
        assert_eq!(error.to_string(), "the `content-type` is \"text/html\", not multipart/form-data");
    });
}

#[test]
fn an_encoding_that_is_not_known_is_refused_with_those_that_are() {
    runtime().block_on(async {
        let refused = |coding: &'static str| async move {
            let mut request = Request::new(Body::empty());
            request.headers_mut().insert(CONTENT_ENCODING, coding.parse().expect("a value"));
            Chunks::from_request(request, &()).await.expect_err("refused")
        };
        let error = refused("lzma").await;
        let known = error.to_string();
        let known = known.strip_prefix("the `content-encoding` \"lzma\" is not known here, but ");
        let known = known.expect("said").to_owned();
        assert!(known.starts_with("gzip, deflate"), "{known}");
        let response = error.into_response();
        assert_eq!(response.status(), 415);
        assert_eq!(response.headers()["accept-encoding"], known);
        let twice = refused("gzip, identity, gzip").await;
        assert_eq!(twice.to_string(), "the body has more than one `content-encoding`");
    });
}

#[test]
fn there_are_no_more_items_than_may_be() {
    runtime().block_on(async {
        let few = |body: String| async {
            all(items::<JsonFormat<u8>>("application/jsonl", body).await.max_items(2)).await
        };
        let found = few("1\nx\n3\n4\n".to_owned()).await;
        assert_eq!(
            found,
            [
                "1",
                "item 2, at byte 2: expected value at column 1",
                "there are more than 2 items (max_items)"
            ]
        );
        // Those that are wrong count too.
        let found = few("x\n".repeat(9)).await;
        assert_eq!(found.len(), 3);
        assert_eq!(found[2], "there are more than 2 items (max_items)");
        // Bytes are no items.
        assert_eq!(all(Chunks::from_body(pieces([&b"a"[..], b"b"])).max_items(1)).await.len(), 2);
    });
}

/// Gives chunks of a size for ever, and counts them.
struct Endless {
    chunk: Bytes,
    given: Arc<AtomicUsize>,
}

impl http_body::Body for Endless {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        self.given.fetch_add(self.chunk.len(), Ordering::Relaxed);
        Poll::Ready(Some(Ok(Frame::data(self.chunk.clone()))))
    }
}

/// How much of a body without end is read up to the first error.
fn read_of<F: Format>(content_type: &'static str, piece: &'static [u8]) -> (usize, String) {
    runtime().block_on(async {
        let given = Arc::new(AtomicUsize::new(0));
        let body = Endless { chunk: Bytes::from_static(piece), given: Arc::clone(&given) };
        let request = request(content_type, Body::new(body));
        let mut items =
            Items::<F>::from_request(request, &()).await.expect("accepted").max_record(10_000);
        let error = loop {
            if let Err(error) = items.next().await.expect("it goes on") {
                break error;
            }
        };
        (given.load(Ordering::Relaxed), error.to_string())
    })
}

#[test]
fn no_more_is_read_than_a_record_and_a_chunk() {
    const PIECE: &[u8] = &[b'x'; 100];
    let cases = [
        read_of::<JsonFormat<u8>>("application/jsonl", PIECE),
        read_of::<LinesFormat>("text/plain", PIECE),
        read_of::<CsvFormat<Row>>("text/csv", PIECE),
        read_of::<EventsFormat<Text>>("text/event-stream", PIECE),
        read_of::<EventsFormat<Text>>("text/event-stream", b"data: xxxxxxxxxxxxxxxxxxxx\n"),
    ];
    for (read, error) in cases {
        assert!(error.contains("longer than 10000 bytes"), "{error}");
        assert!(read <= 15_000, "{read} bytes were read: {error}");
    }
}

#[test]
fn nothing_is_read_before_it_is_asked_for() {
    runtime().block_on(async {
        let given = Arc::new(AtomicUsize::new(0));
        let body = Endless { chunk: Bytes::from_static(b"1\n2\n3\n"), given: Arc::clone(&given) };
        let mut items = JsonLines::<u8>::from_body(body);
        assert_eq!(given.load(Ordering::Relaxed), 0);
        for n in [1, 2, 3] {
            assert_eq!(items.next().await.and_then(Result::ok), Some(n));
            assert_eq!(given.load(Ordering::Relaxed), 6);
        }
    });
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn records_come_as_they_were_sent(rows in vec(("[ -~äß€😀\n\r]{0,12}", any::<Option<u8>>()), 0..8)) {
        let rows: Vec<_> = rows.iter().map(|(name, age)| row(name, *age)).collect();
        let expected: Vec<_> = rows.iter().map(|row| format!("{row:?}")).collect();
        let json = |row: &Row| serde_json::json!({ "name": row.name, "age": row.age }).to_string();
        let lines: String = rows.iter().map(|row| json(row) + "\n").collect();
        prop_assert_eq!(&everywhere::<JsonFormat<Row>>("application/jsonl", lines.as_bytes()), &expected);
        let sequence: String = rows.iter().map(|row| format!("\x1e{}\n", json(row))).collect();
        prop_assert_eq!(&everywhere::<JsonFormat<Row>>("application/json-seq", sequence.as_bytes()), &expected);
        let mut csv = csv_of(&rows);
        prop_assert_eq!(&everywhere::<CsvFormat<Row>>("text/csv", &csv), &expected);
        // The last needs no end.
        csv.truncate(csv.len() - 1);
        prop_assert_eq!(&everywhere::<CsvFormat<Row>>("text/csv", &csv), &expected);
    }

    #[test]
    fn whatever_is_sent_is_the_same_at_every_cut(body in vec(prop_oneof![
        3 => proptest::sample::select(b"\n\r\",:\x1e{}[]1a \xef\xbb\xbf".to_vec()),
        1 => any::<u8>(),
    ], 0..100)) {
        everywhere::<JsonFormat<serde_json::Value>>("application/jsonl", &body);
        everywhere::<JsonFormat<serde_json::Value>>("application/json-seq", &body);
        everywhere::<CsvFormat<Vec<String>>>("text/csv; header=absent", &body);
        everywhere::<LinesFormat>("text/plain", &body);
        everywhere::<EventsFormat<Text>>("text/event-stream", &body);
    }
}

fn csv_of(rows: &[Row]) -> Vec<u8> {
    let mut writer = ::csv::Writer::from_writer(Vec::new());
    writer.write_record(["name", "age"]).expect("a vector");
    for row in rows {
        let age = row.age.map(|age| age.to_string()).unwrap_or_default();
        writer.write_record([&row.name, &age]).expect("a vector");
    }
    writer.into_inner().expect("a vector")
}
