//! Whose fault a wrong body is, what it is called, and that nothing is left of it.

use std::io::Write as _;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bolt::Text;
use bolt::axum::body::Body;
use bolt::axum::http::Request;
use bolt::axum::middleware::map_request;
use bolt::axum::routing::post;
use bolt::extract::{BodyError, Events as ReceivedEvents, Lines, Multipart};
use bolt::prelude::*;
use bolt_tests::client::answer;
use bolt_tests::probe::eventually;
use bolt_tests::{Events, Probe, Process, Server};
use bytes::Bytes;
use flate2::Compression;
use flate2::write::ZlibEncoder;
use http_body_util::Limited;
use reqwest::Method;
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::time::sleep;
use tokio_stream::StreamExt as _;

#[derive(Debug, Deserialize)]
struct Row {
    name: String,
}

/// Another server's answer: one event, and then what the path says.
#[stream(get, "/proxied/{how}")]
async fn proxied(Path(how): Path<String>) -> Result<Text, Problem> {
    let first = tokio_stream::iter([Ok(Bytes::from("data: one\n\n"))]);
    let reset = || std::iter::once(Err(std::io::Error::other("reset")));
    let body = match how.as_str() {
        "reset" => Body::from_stream(first.chain(tokio_stream::iter(reset()))),
        "never" => Body::from_stream(tokio_stream::iter(reset())),
        "long" => Body::from(format!("data: one\n\ndata: {}\n\n", "x".repeat(2000))),
        _ => Body::from_stream(first.chain(tokio_stream::pending())),
    };
    let mut events = ReceivedEvents::<Text>::from_body(body).max_record(1000);
    events = events.idle_timeout(Duration::from_millis(50));
    while let Some(event) = events.next().await {
        emit!(event?.data);
    }
}

async fn names(mut form: Multipart) -> Result<String, BodyError> {
    let mut names = Vec::new();
    while let Some(field) = form.next().await {
        let mut rows = Csv::<Row>::from_field(field?);
        while let Some(row) = rows.next().await {
            names.push(row?.name);
        }
    }
    Ok(names.join(" "))
}

async fn held(mut form: Multipart) -> Result<(), BodyError> {
    let _first = form.next().await;
    while let Some(field) = form.next().await {
        field?;
    }
    Ok(())
}

async fn texts(mut form: Multipart) -> Result<(), BodyError> {
    while let Some(field) = form.next().await {
        field?.text().await?;
    }
    Ok(())
}

async fn rows(mut rows: Csv<Row>) -> Result<(), BodyError> {
    while let Some(row) = rows.next().await {
        row?;
    }
    Ok(())
}

async fn lines(mut lines: Lines) -> Result<(), BodyError> {
    while let Some(line) = lines.next().await {
        line?;
    }
    Ok(())
}

async fn numbers(mut numbers: JsonLines<u64>) -> Result<(), BodyError> {
    while let Some(number) = numbers.next().await {
        number?;
    }
    Ok(())
}

/// A server with all of them.
async fn start(config: Config) -> Server {
    let limited =
        |request: Request<Body>| async { request.map(|body| Body::new(Limited::new(body, 9))) };
    let app = App::new()
        .mount::<proxied>()
        .route("/names", post(names))
        .route("/held", post(held))
        .route("/texts", post(texts))
        .route("/rows", post(rows))
        .route("/lines", post(lines))
        .route("/numbers", post(numbers))
        .route("/limited", post(lines).layer(map_request(limited)));
    Server::start(app.config(config)).await
}

#[tokio::test]
async fn the_fault_of_another_server_is_not_that_of_the_client() {
    let server = start(Config::defaults().set("stream.head_deadline", "20s")).await;
    let detail = |what: &str| format!("the other server: {what}");
    for (path, status, what) in [
        ("/proxied/reset", 502, "the body ends in the middle, after 11 bytes"),
        (
            "/proxied/long",
            502,
            "item 2, at byte 11: the event is longer than 1000 bytes (max_record)",
        ),
        ("/proxied/silent", 504, "nothing came for 50ms (idle_timeout)"),
    ] {
        let mut events = Events::of(answer(server.client().event_source(path)).await);
        let all = events.rest().await;
        assert_eq!(all[0].data, "one");
        assert_eq!(all[1].name, "error", "{path}");
        let problem: Value = serde_json::from_str(&all[1].data).expect("JSON");
        assert_eq!(problem["status"], status);
        assert_eq!(problem["detail"], detail(what));
        // An end for good would have an id of its own, with which an EventSource is sent away.
        assert_eq!(all.len(), 2, "{path}: {all:?}");
        assert_eq!(events.parser().last_event_id, "", "{path}");
    }
    let refused = answer(server.client().event_source("/proxied/never")).await;
    assert_eq!(refused.status(), 502);
    let problem: Value =
        serde_json::from_slice(&refused.bytes().await.expect("a body")).expect("JSON");
    assert_eq!(problem["detail"], detail("the body ends in the middle, after 0 bytes"));
}

/// What a request is answered with: the status, and the problem when it is one.
async fn posted(
    server: &Server,
    path: &str,
    headers: &[Header],
    body: impl Into<reqwest::Body>,
) -> (u16, Value) {
    let mut request = server.client().request(Method::POST, path).body(body);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let answer = answer(request).await;
    let status = answer.status().as_u16();
    (status, serde_json::from_slice(&answer.bytes().await.expect("a body")).unwrap_or_default())
}

type Header = (&'static str, &'static str);

const FORM: Header = ("content-type", "multipart/form-data; boundary=b");
const TABLE: Header = ("content-type", "text/csv");
const TEXT: Header = ("content-type", "text/plain");
const SEQUENCE: Header = ("content-type", "application/json-seq");
const DEFLATED: Header = ("content-encoding", "deflate");
const LATIN: Header = ("content-type", "application/jsonl; charset=ISO-8859-1");
const TWICE: Header = ("content-encoding", "gzip, deflate");

/// A form of fields with one head and these bodies.
fn form(head: &str, fields: &[&[u8]]) -> Vec<u8> {
    let field = |data: &&[u8]| [b"--b\r\n", head.as_bytes(), b"\r\n\r\n", data, b"\r\n"].concat();
    [fields.iter().map(field).collect::<Vec<_>>().concat(), b"--b--\r\n".to_vec()].concat()
}

#[tokio::test]
async fn the_limits_of_a_request_are_those_of_the_items_in_its_fields() {
    let config = Config::defaults().set("request.max_items", 5).set("request.max_record", 100);
    let server = start(config).await;
    let names = |table: String| {
        let form = form("content-type: text/plain", &[table.as_bytes()]);
        let server = &server;
        async move { posted(server, "/names", &[FORM], form).await }
    };
    assert_eq!(names("name\na\nb\n".to_owned()).await.0, 200);
    let (status, problem) = names(format!("name\n{}", "x\n".repeat(1000))).await;
    assert_eq!((status, &problem["status"]), (413, &json!(413)));
    assert_eq!(problem["detail"], "there are more than 5 items (max_items)");
    let (status, problem) = names(format!("name\n{}\n", "x".repeat(101))).await;
    assert_eq!(status, 413);
    assert_eq!(problem["detail"], "item 1, at byte 5: it is longer than 100 bytes (max_record)");
    assert_eq!((&problem["item"], &problem["offset"]), (&json!(1), &json!(5)));
}

#[tokio::test]
async fn the_items_in_a_field_are_read_as_it_says() {
    let server = start(Config::defaults()).await;
    for (content_type, table) in [
        ("text/tab-separated-values", "id\tname\n1\ta\n2\tb"),
        ("text/csv", "id,name\n1,a\n2,b"),
        // What Windows says of CSV.
        ("application/vnd.ms-excel", "id,name\n1,a\n2,b"),
    ] {
        let head = format!("content-type: {content_type}");
        let form = form(&head, &[table.as_bytes()]);
        let request = server.client().request(Method::POST, "/names").header(FORM.0, FORM.1);
        let answer = answer(request.body(form)).await;
        assert_eq!(answer.text().await.expect("text"), "a b", "{content_type}");
    }
}

fn deflate(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).expect("a vector");
    encoder.finish().expect("a vector")
}

/// Checks the status and the detail of a refusal.
async fn refused(
    server: &Server,
    path: &str,
    headers: &[Header],
    body: impl Into<Vec<u8>>,
    expected: (u16, &str),
) {
    let (status, problem) = posted(server, path, headers, body.into()).await;
    assert_eq!((status, problem["detail"].as_str()), (expected.0, Some(expected.1)), "{path}");
}

#[tokio::test]
async fn what_is_wrong_with_a_form_is_said() {
    let server = start(Config::defaults().set("request.max_items", 2)).await;
    let fields =
        |data: &[u8], count| form("content-disposition: form-data; name=\"a\"", &vec![data; count]);
    let expected = (413, "there are more than 2 fields (max_items)");
    refused(&server, "/texts", &[FORM], fields(b"x", 3), expected).await;
    let expected = (400, "field 1, at byte 0: it is not UTF-8 from its byte 1 on");
    refused(&server, "/texts", &[FORM], fields(b"\xff", 1), expected).await;
    let expected = (400, "field 1, at byte 0: the form ends before its last boundary");
    refused(&server, "/texts", &[FORM], "--b\r\nx: y", expected).await;
    let expected = (500, "a field is asked for while the one before is held: drop it first");
    refused(&server, "/held", &[FORM], fields(b"x", 2), expected).await;
}

#[tokio::test]
async fn what_is_wrong_with_a_table_is_said() {
    let server = start(Config::defaults()).await;
    for (table, status, detail) in [
        (&b"\xff\na\n"[..], 400, "the header row: it is not UTF-8 from its byte 1 on"),
        (b"nam\na\n", 422, "the header row: there is no column \"name\""),
        (
            b"name\n\"a\nb\n",
            400,
            "item 1, at byte 5: the quoted field that begins at byte 5 is not closed",
        ),
        (
            b"name\n\"a\"b\n",
            400,
            "item 1, at byte 5: text stands behind the quoted field that begins at byte 5",
        ),
    ] {
        refused(&server, "/rows", &[TABLE], table, (status, detail)).await;
    }
    let wide = format!("name\n{}\n", ",".repeat(5000));
    let expected = (400, "item 1, at byte 5: it has more than 4096 fields");
    refused(&server, "/rows", &[TABLE], wide, expected).await;
}

#[tokio::test]
async fn what_is_wrong_with_a_body_is_said() {
    let server = start(Config::defaults()).await;
    let expected = (
        400,
        "item 2, at byte 4: it may be cut off: in a JSON text sequence a line feed stands after each text (RFC 7464)",
    );
    refused(&server, "/numbers", &[SEQUENCE], "\x1e1\n\x1e2", expected).await;
    let expected = (415, "the body has more than one `content-encoding`");
    refused(&server, "/lines", &[TEXT, TWICE], "", expected).await;
    let expected =
        (415, "the `charset` of the `content-type` is \"ISO-8859-1\", and only UTF-8 is read");
    refused(&server, "/numbers", &[LATIN], "1\n", expected).await;
    let expected = (
        415,
        "the `content-type` is \"application/jsonl; charset=ISO-8859-1\", not text/csv or text/tab-separated-values",
    );
    refused(&server, "/rows", &[LATIN], "1\n", expected).await;
    let expected = (413, "the body is larger than a layer of the app allows");
    refused(&server, "/limited", &[TEXT], "0123456789", expected).await;

    let coded = deflate(b"a line\n");
    let not_whole = (400, "the body is not whole: its deflate has no end");
    refused(&server, "/lines", &[TEXT, DEFLATED], &coded[..coded.len() - 1], not_whole).await;
    refused(&server, "/lines", &[TEXT, DEFLATED], "", not_whole).await;
    let expected = (
        400,
        "the body is not deflate, as its `content-encoding` says: something stands behind its end",
    );
    refused(&server, "/lines", &[TEXT, DEFLATED], [&coded[..], b"more"].concat(), expected).await;
}

#[tokio::test]
async fn a_body_may_take_so_long_altogether() {
    let server = start(Config::defaults().set("request.max_duration", "300ms")).await;
    let mut client = server.connect().await;
    client
        .send("POST /lines HTTP/1.1\r\nhost: x\r\ncontent-type: text/plain\r\ntransfer-encoding: chunked\r\n\r\n")
        .await;
    let (mut read, mut write) = tokio::io::split(client.stream);
    let trickle = tokio::spawn(async move {
        use tokio::io::AsyncWriteExt as _;
        while write.write_all(b"2\r\nx\n\r\n").await.is_ok() {
            sleep(Duration::from_millis(20)).await;
        }
    });
    let mut answer = Vec::new();
    let read = tokio::io::AsyncReadExt::read_to_end(&mut read, &mut answer);
    _ = tokio::time::timeout(bolt_tests::PATIENCE, read).await.expect("an answer");
    trickle.abort();
    let answer = String::from_utf8_lossy(&answer);
    assert!(answer.starts_with("HTTP/1.1 408"), "{answer}");
    assert!(answer.contains("the body took longer than 300ms (max_duration)"), "{answer}");
}

#[derive(Clone, Debug, Default)]
struct Seen {
    probe: Probe,
    errors: Arc<Mutex<Vec<String>>>,
}

/// Sums up what is sent, and says nothing before the end.
#[stream(post, "/sum")]
fn sum(State(seen): State<Seen>, numbers: JsonLines<u64>) -> u64 {
    let _inside = seen.probe.enter();
    let mut sum = 0;
    for number in numbers {
        match number {
            Ok(number) => sum += number,
            Err(error) => seen.errors.lock().expect("no panic").push(error.to_string()),
        }
    }
    emit!(sum);
}

/// The same from an iterator.
#[stream(post, "/items")]
fn items(State(seen): State<Seen>, numbers: JsonLines<u64>) -> impl Iterator<Item = u64> {
    let inside = seen.probe.enter();
    numbers.into_iter().filter_map(move |number| {
        let _inside = &inside;
        let error = number.err()?;
        seen.errors.lock().expect("no panic").push(error.to_string());
        None
    })
}

#[tokio::test]
async fn a_thread_reads_no_longer_than_its_stream_lasts() {
    let seen = Seen::default();
    let app = App::new().mount::<sum>().mount::<items>().state(seen.clone());
    let config = Config::defaults().set("stream.max_duration", "200ms");
    let server = Server::start(app.config(config)).await;
    for path in ["/sum", "/items"] {
        let mut client = server.connect().await;
        let head = "HTTP/1.1\r\nhost: x\r\ncontent-type: application/jsonl\r\ntransfer-encoding: chunked\r\n\r\n";
        client.send(format!("POST {path} {head}2\r\n1\n\r\n")).await;
        assert!(eventually(|| seen.probe.open() == 1).await, "{path}");
        // It goes on, and is never silent for long.
        let trickle = tokio::spawn(async move {
            use tokio::io::AsyncWriteExt as _;
            while client.stream.write_all(b"2\r\n1\n\r\n").await.is_ok() {
                sleep(Duration::from_millis(20)).await;
            }
        });
        assert!(eventually(|| seen.probe.open() == 0).await, "{path}");
        trickle.abort();
        let errors = std::mem::take(&mut *seen.errors.lock().expect("no panic"));
        assert_eq!(errors, ["the stream is over, and reads no more of the body"], "{path}");
    }
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn nothing_is_left_of_a_form_that_was_not_read_to_its_end() {
    let server =
        Process::start(env!("CARGO_BIN_EXE_test-app"), &[("BOLT_REQUEST__MAX_RECORD", "1kB")])
            .await;
    let before = server.files().expect("Linux");
    for _ in 0..20 {
        use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
        let mut client = TcpStream::connect(server.host()).await.expect("connected");
        let head =
            "POST /fields HTTP/1.1\r\nhost: x\r\ncontent-type: multipart/form-data; boundary=b\r\n";
        let field = "--b\r\ncontent-disposition: form-data; name=\"a\"\r\n\r\n";
        let body = format!("{field}{}", "x".repeat(5000));
        let sent = format!("{head}content-length: 100000000\r\n\r\n{body}");
        client.write_all(sent.as_bytes()).await.expect("sent");
        let mut answer = [0; 12];
        let read = tokio::time::timeout(bolt_tests::PATIENCE, client.read_exact(&mut answer)).await;
        read.expect("an answer").expect("an answer");
        assert_eq!(&answer, b"HTTP/1.1 413");
    }
    assert!(
        eventually(|| server.files().is_some_and(|files| files <= before)).await,
        "{:?}",
        server.files()
    );
}
