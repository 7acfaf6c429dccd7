//! Requests that are read item by item, while they come.

use std::io::Write as _;
use std::sync::{Arc, Mutex};

use bolt::Text;
use bolt::axum::body::Body;
use bolt::axum::http::Request;
use bolt::axum::routing::post;
use bolt::extract::{BodyError, Chunks, Events as ReceivedEvents, Lines, Multipart};
use bolt::prelude::*;
use bolt_tests::client::answer;
use bolt_tests::probe::eventually;
use bolt_tests::{Events, PATIENCE, Probe, Process, Server, spec};
use bytes::Bytes;
use flate2::Compression;
use flate2::write::{GzEncoder, ZlibEncoder};
use http_body_util::{BodyExt as _, StreamBody};
use hyper::body::Frame;
use hyper_util::rt::TokioIo;
use reqwest::{Method, RequestBuilder};
use serde_json::Value;
use tokio::net::TcpStream;
use tokio::time::timeout;

#[derive(Clone, Debug, Deserialize, ToSchema)]
struct Row {
    name: String,
    #[serde(default)]
    age: Option<u8>,
}

/// What the handlers know beside the request.
#[derive(Clone, Debug, Default)]
struct Seen {
    probe: Probe,
    errors: Arc<Mutex<Vec<String>>>,
}

impl Seen {
    /// Keeps an error that no client may ever be told.
    fn keep<T>(&self, item: Result<T, BodyError>) -> Result<T, BodyError> {
        item.inspect_err(|error| {
            let said = format!("{:?} {}: {error}", error.kind(), error.ends_body());
            self.errors.lock().expect("no panic").push(said);
        })
    }
}

macro_rules! streams {
    ($($path:literal $name:ident, $blocking_path:literal $blocking:ident: $extractor:ty => |$item:ident| $said:expr;)*) => {
        $(
            #[stream(post, $path)]
            async fn $name(State(seen): State<Seen>, mut items: $extractor) -> Result<String, BodyError> {
                let _inside = seen.probe.enter();
                while let Some(item) = items.next().await {
                    let $item = seen.keep(item)?;
                    emit!($said);
                }
            }

            #[stream(post, $blocking_path)]
            fn $blocking(State(seen): State<Seen>, items: $extractor) -> Result<String, BodyError> {
                let _inside = seen.probe.enter();
                for item in items {
                    let $item = seen.keep(item)?;
                    emit!($said);
                }
            }
        )*
    };
}

streams! {
    "/values" values, "/values/blocking" values_blocking: JsonLines<Row> => |row| row.name;
    "/rows" rows, "/rows/blocking" rows_blocking: Csv<Row> => |row| format!("{} {:?}", row.name, row.age);
    "/lines" lines, "/lines/blocking" lines_blocking: Lines => |line| line;
    "/chunks" chunks, "/chunks/blocking" chunks_blocking: Chunks => |chunk| format!("{} bytes", chunk.len());
    "/events" events, "/events/blocking" events_blocking: ReceivedEvents<Row> => |event| event.data.name;
}

/// Each field and what is in it; the field named `rows` is a table.
#[stream(post, "/form")]
async fn form(State(seen): State<Seen>, mut form: Multipart) -> Result<String, BodyError> {
    while let Some(field) = form.next().await {
        let field = seen.keep(field)?;
        let name = field.name().unwrap_or_default().to_owned();
        match name.as_str() {
            "skip" => {}
            "rows" => {
                let mut rows = Csv::<Row>::from_field(field);
                while let Some(row) = rows.next().await {
                    emit!(format!("row {}", seen.keep(row)?.name));
                }
            }
            _ => emit!(format!("{name}={}", seen.keep(field.text().await)?)),
        }
    }
}

#[stream(post, "/form/blocking")]
fn form_blocking(State(seen): State<Seen>, form: Multipart) -> Result<String, BodyError> {
    for field in form {
        let field = seen.keep(field)?;
        let name = field.name().unwrap_or_default().to_owned();
        match name.as_str() {
            "skip" => {}
            "rows" => {
                for row in Csv::<Row>::from_field(field) {
                    emit!(format!("row {}", seen.keep(row)?.name));
                }
            }
            _ => {
                let mut text = Vec::new();
                for chunk in field {
                    text.extend(seen.keep(chunk)?);
                }
                emit!(format!("{name}={}", String::from_utf8_lossy(&text)));
            }
        }
    }
}

/// Skips what is wrong.
#[stream(post, "/lenient")]
async fn lenient(mut rows: JsonLines<Row>) -> Result<String, Problem> {
    while let Some(row) = rows.next().await {
        match row {
            Ok(row) => emit!(row.name),
            Err(error) if error.ends_body() => return Err(error.into()),
            Err(error) => emit!(format!("{:?} {:?}", error.item_number(), error.offset())),
        }
    }
}

/// An iterator, whose thread is given back between items.
#[stream(post, "/iterator")]
fn iterator(rows: JsonLines<Row>) -> impl Iterator<Item = Result<String, BodyError>> {
    rows.into_iter().map(|row| row.map(|row| row.name))
}

/// A stream of the rows.
#[stream(post, "/stream")]
fn stream_of(rows: JsonLines<Row>) -> impl tokio_stream::Stream<Item = Result<String, BodyError>> {
    tokio_stream::StreamExt::map(rows, |row| row.map(|row| row.name))
}

/// A plain axum handler.
async fn count(mut rows: JsonLines<Row>) -> Result<String, BodyError> {
    let mut count = 0;
    while let Some(row) = rows.next().await {
        row?;
        count += 1;
    }
    Ok(count.to_string())
}

/// Its own limits, above those of the app.
async fn roomy(rows: JsonLines<Row>) -> Result<String, BodyError> {
    count(rows.max_record(10_000).max_items(10_000).max_body(1_000_000)).await
}

const MOST_RECORD: usize = 128;
const MOST_ITEMS: usize = 50;

fn app() -> App<Seen> {
    App::new()
        .mount::<values>()
        .mount::<values_blocking>()
        .mount::<rows>()
        .mount::<rows_blocking>()
        .mount::<lines>()
        .mount::<lines_blocking>()
        .mount::<chunks>()
        .mount::<chunks_blocking>()
        .mount::<events>()
        .mount::<events_blocking>()
        .mount::<form>()
        .mount::<form_blocking>()
        .mount::<lenient>()
        .mount::<iterator>()
        .mount::<stream_of>()
        .route("/count", post(count))
        .route("/roomy", post(roomy))
}

fn config() -> Config {
    Config::defaults()
        .set("stream.head_deadline", "20s")
        .set("request.max_record", MOST_RECORD)
        .set("request.max_items", MOST_ITEMS)
        .set("request.max_body", "500kB")
}

async fn start() -> (Server, Seen) {
    let seen = Seen::default();
    (Server::start(app().config(config()).state(seen.clone())).await, seen)
}

fn upload(
    server: &Server,
    path: &str,
    content_type: &str,
    body: impl Into<reqwest::Body>,
) -> RequestBuilder {
    server.client().request(Method::POST, path).header("content-type", content_type).body(body)
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).expect("a vector");
    encoder.finish().expect("a vector")
}

async fn json(answer: reqwest::Response) -> Value {
    serde_json::from_slice(&answer.bytes().await.expect("a body")).expect("JSON")
}

type Code = fn(&[u8]) -> Vec<u8>;

/// A body that is wrong, and what is said of it.
struct Bad {
    path: &'static str,
    content_type: &'static str,
    coding: Option<Code>,
    /// Stands in front of both.
    head: &'static str,
    good: &'static str,
    bad: fn() -> Vec<u8>,
    status: u16,
    /// `@` stands for the item and where it begins, `#` for the field.
    detail: &'static str,
}

const VALUES: Bad = Bad {
    path: "/values",
    content_type: "application/jsonl",
    coding: None,
    head: "",
    good: "{\"name\":\"good\"}\n",
    bad: Vec::new,
    status: 400,
    detail: "",
};
const ROWS: Bad =
    Bad { path: "/rows", content_type: "text/csv", head: "name,age\n", good: "good,1\n", ..VALUES };
const LINES: Bad = Bad { path: "/lines", content_type: "text/plain", good: "good\n", ..VALUES };
const EVENTS: Bad = Bad {
    path: "/events",
    content_type: "text/event-stream",
    good: "data: {\"name\":\"good\"}\n\n",
    ..VALUES
};
const FORM: Bad = Bad {
    path: "/form",
    content_type: "multipart/form-data; boundary=b",
    good: "--b\r\ncontent-disposition: form-data; name=\"good\"\r\n\r\n1\r\n",
    ..VALUES
};
const CHUNKS: Bad = Bad { path: "/chunks", content_type: "image/png", good: "x", ..VALUES };

/// Bytes that no coding makes smaller.
fn noise(length: usize) -> Vec<u8> {
    let mut state = 1_u32;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        state.to_be_bytes()[0]
    };
    (0..length).map(|_| next()).collect()
}

fn long() -> String {
    "x".repeat(MOST_RECORD + 1)
}

const BAD: &[Bad] = &[
    Bad {
        bad: || b"{\"name\":\"\xff\"}\n".into(),
        detail: "@it is not UTF-8 from its byte 10 on",
        ..VALUES
    },
    Bad { bad: || b"{\"name\":}\n".into(), detail: "@expected value at column 9", ..VALUES },
    Bad {
        bad: || b"{\"name\":7}\n".into(),
        status: 422,
        detail: "@invalid type: integer `7`, expected a string at column 9",
        ..VALUES
    },
    Bad {
        bad: || b"{\"age\":7}\n".into(),
        status: 422,
        detail: "@missing field `name` at column 9",
        ..VALUES
    },
    Bad {
        bad: || long().into(),
        status: 413,
        detail: "@it is longer than 128 bytes (max_record)",
        ..VALUES
    },
    Bad {
        bad: || b"{\"name\":\"more\"}\n".repeat(MOST_ITEMS + 1),
        status: 413,
        detail: "there are more than 50 items (max_items)",
        ..VALUES
    },
    Bad {
        content_type: "application/json-seq",
        good: "\x1e{\"name\":\"good\"}\n",
        bad: || b"{}\n".into(),
        detail: "@in a JSON text sequence a record separator (0x1E) stands before each text (RFC 7464)",
        ..VALUES
    },
    Bad {
        bad: || vec![b' '; 400_000],
        status: 413,
        detail: "@it is longer than 128 bytes (max_record)",
        ..LINES
    },
    Bad { bad: || b"\xff\n".into(), detail: "@it is not UTF-8 from its byte 1 on", ..LINES },
    Bad { bad: || b"a\n".into(), detail: "@it has 1 fields, and the header has 2", ..ROWS },
    Bad {
        bad: || b"a,old\n".into(),
        status: 422,
        detail: "@column \"age\": invalid digit found in string",
        ..ROWS
    },
    Bad {
        bad: || long().into(),
        status: 413,
        detail: "@it is longer than 128 bytes (max_record)",
        ..ROWS
    },
    Bad { bad: || b"data: x\n\n".into(), detail: "@expected value at column 1", ..EVENTS },
    Bad {
        bad: || format!("data: {}", long()).into(),
        status: 413,
        detail: "@the event is longer than 128 bytes (max_record)",
        ..EVENTS
    },
    Bad {
        coding: Some(gzip),
        bad: || noise(600_000),
        status: 413,
        detail: "the body is larger than 500000 bytes (max_body)",
        ..CHUNKS
    },
    Bad { bad: || b"--b".into(), detail: "#the form ends before its last boundary", ..FORM },
    Bad {
        bad: || {
            format!("--b\r\ncontent-disposition: form-data; name=\"x\"\r\n\r\n{}\r\n--b--", long())
                .into()
        },
        status: 413,
        detail: "#it is longer than 128 bytes (max_record)",
        ..FORM
    },
    Bad {
        bad: || format!("--b\r\nx: {}", "y".repeat(100_000)).into(),
        status: 413,
        detail: "#its head is longer than 16384 bytes",
        ..FORM
    },
    Bad {
        coding: Some(|body| gzip(body)[..gzip(body).len() - 5].to_vec()),
        bad: || b"".into(),
        detail: "the body is not whole: its gzip has no end",
        ..VALUES
    },
    Bad {
        coding: Some(|body| [gzip(body), b"garbage, and not another gzip".to_vec()].concat()),
        bad: || b"".into(),
        detail: "the body is not gzip, as its `content-encoding` says: Invalid gzip header",
        ..VALUES
    },
];

impl Bad {
    fn request(&self, server: &Server, path: &str, good: &str) -> RequestBuilder {
        let body = [self.head.as_bytes(), good.as_bytes(), &(self.bad)()].concat();
        let coded = self.coding.map_or(body.clone(), |code| code(&body));
        let request = upload(server, path, self.content_type, coded);
        if self.coding.is_some() { request.header("content-encoding", "gzip") } else { request }
    }

    /// What is said of an item with this number.
    fn detail(&self, number: usize, good: &str) -> String {
        let at = format!("{number}, at byte {}: ", self.head.len() + good.len());
        self.detail.replace('@', &format!("item {at}")).replace('#', &format!("field {at}"))
    }
}

#[tokio::test]
async fn what_is_wrong_before_the_first_event_is_the_status() {
    let (server, seen) = start().await;
    for bad in BAD {
        // Whatever comes before it would be emitted.
        if bad.coding.is_some() || bad.detail.contains("max_items") {
            continue;
        }
        for path in [bad.path.to_owned(), format!("{}/blocking", bad.path)] {
            // Blocking code reads fields itself.
            if path == "/form/blocking" && bad.detail.contains("it is longer") {
                continue;
            }
            let answer = answer(bad.request(&server, &path, "")).await;
            assert_eq!(answer.status(), bad.status, "{path} {}", bad.detail);
            assert_eq!(answer.headers()["content-type"], "application/problem+json");
            let problem: Value = json(answer).await;
            assert_eq!(problem["detail"], bad.detail(1, ""), "{path}");
        }
    }
    assert!(eventually(|| seen.probe.open() == 0).await);
}

#[tokio::test]
async fn what_is_wrong_after_the_first_event_is_an_error_event() {
    let (server, seen) = start().await;
    for bad in BAD {
        for path in [bad.path.to_owned(), format!("{}/blocking", bad.path)] {
            if path == "/form/blocking" && bad.detail.contains("it is longer") {
                continue;
            }
            let events =
                Events::of(answer(bad.request(&server, &path, bad.good)).await).rest().await;
            let error = events.last().expect("an event");
            assert!(events.len() > 1, "{path} {}: {events:?}", bad.detail);
            assert_eq!(error.name, "error", "{path} {}", bad.detail);
            let problem: Value = serde_json::from_str(&error.data).expect("JSON");
            assert_eq!(problem["status"], bad.status, "{path} {}", bad.detail);
            assert_eq!(problem["detail"], bad.detail(2, bad.good), "{path}");
        }
    }
    assert!(eventually(|| seen.probe.open() == 0).await);
}

/// The status and the detail of a refusal.
async fn refused(request: RequestBuilder) -> (u16, String) {
    let answer = answer(request).await;
    let status = answer.status().as_u16();
    assert_eq!(answer.headers()["content-type"], "application/problem+json", "{status}");
    let problem: Value = json(answer).await;
    assert_eq!(problem["status"], status);
    (status, problem["detail"].as_str().expect("text").to_owned())
}

#[tokio::test]
async fn what_is_wrong_with_the_whole_body_is_refused() {
    let (server, seen) = start().await;
    let coded = |path: &str, coding: &str, body: Vec<u8>| {
        upload(&server, path, "application/jsonl", body).header("content-encoding", coding)
    };
    for path in ["/values", "/values/blocking", "/count"] {
        let (status, detail) = refused(upload(&server, path, "application/json", "{}")).await;
        assert_eq!(status, 415);
        let expected = "the `content-type` is \"application/json\", not application/jsonl, application/x-ndjson or \
                        application/json-seq";
        assert_eq!(detail, expected);
        let known = "gzip, deflate, br, zstd";
        let unknown = answer(coded(path, "compress", Vec::new())).await;
        assert_eq!(unknown.headers()["accept-encoding"], known);
        let unknown = refused(coded(path, "compress", Vec::new())).await;
        let detail = format!("the `content-encoding` \"compress\" is not known here, but {known}");
        assert_eq!(unknown, (415, detail));
        let garbage = refused(coded(path, "gzip", b"garbage, and long enough".to_vec())).await;
        let detail = "the body is not gzip, as its `content-encoding` says: Invalid gzip header";
        assert_eq!(garbage, (400, detail.to_owned()));
        let large = refused(upload(&server, path, "application/jsonl", vec![b'\n'; 500_001])).await;
        assert_eq!(large, (413, "the body is larger than 500000 bytes (max_body)".to_owned()));
        // A header that may be repeated, and nothing to undo.
        let plain = coded(path, "identity", b"{\"name\":\"x\"}".to_vec());
        assert_eq!(answer(plain).await.status(), 200);
    }
    for path in ["/form", "/form/blocking"] {
        let (status, detail) = refused(upload(&server, path, "multipart/form-data", "x")).await;
        assert_eq!(status, 400);
        assert_eq!(
            detail,
            "the `content-type` has no `boundary`, without which no field can be found"
        );
        let (status, detail) = refused(upload(&server, path, "text/plain", "x")).await;
        assert_eq!(status, 415);
        assert_eq!(detail, "the `content-type` is \"text/plain\", not multipart/form-data");
    }
    assert!(eventually(|| seen.probe.open() == 0).await);
}

#[tokio::test]
async fn a_bomb_is_refused() {
    // However slow this machine is, the refusal comes before the head.
    let patient = Config::defaults().set("stream.head_deadline", "20s");
    let app = app().config(patient).state(Seen::default());
    let server = Server::start(app).await;
    let bomb = vec![b'\n'; 32 << 20];
    let mut deflate = ZlibEncoder::new(Vec::new(), Compression::best());
    deflate.write_all(&bomb).expect("in memory");
    let mut br = brotli::CompressorWriter::new(Vec::new(), 4096, 5, 22);
    br.write_all(&bomb).expect("in memory");
    let bombs = [
        ("gzip", gzip(&bomb)),
        ("deflate", deflate.finish().expect("in memory")),
        ("br", br.into_inner()),
        ("zstd", zstd::encode_all(&bomb[..], 19).expect("in memory")),
    ];
    for (coding, bomb) in bombs {
        assert!(bomb.len() < 64 * 1024, "{coding}: {} bytes", bomb.len());
        for path in ["/values", "/values/blocking"] {
            let request = upload(&server, path, "application/jsonl", bomb.clone());
            let detail =
                "the body is more than 100 times as large as it was sent (max_ratio)".to_owned();
            let refusal = refused(request.header("content-encoding", coding)).await;
            assert_eq!(refusal, (413, detail), "{coding} {path}");
        }
    }
}

#[tokio::test]
async fn an_empty_body_has_no_items() {
    let (server, _) = start().await;
    for (path, content_type) in [
        ("/values", "application/jsonl"),
        ("/values", "application/json-seq"),
        ("/rows", "text/csv"),
        ("/lines", "text/plain"),
        ("/events", "text/event-stream"),
        ("/chunks", "image/png"),
    ] {
        for path in [path.to_owned(), format!("{path}/blocking")] {
            let answer = answer(upload(&server, &path, content_type, "")).await;
            assert_eq!(Events::of(answer).rest_data().await, [""; 0], "{path}");
        }
    }
    let count = answer(upload(&server, "/count", "application/jsonl", "")).await;
    assert_eq!(count.text().await.expect("text"), "0");
}

#[tokio::test]
async fn every_form_of_function_reads_items() {
    let (server, seen) = start().await;
    let body = "{\"name\":\"a\"}\n{\"name\":\"b\"}\n";
    for path in ["/values", "/values/blocking", "/iterator", "/stream"] {
        let answer = answer(upload(&server, path, "application/x-ndjson", body)).await;
        assert_eq!(Events::of(answer).rest_data().await, ["\"a\"", "\"b\""], "{path}");
    }
    let answer_of = |path: &'static str, content_type: &'static str, body: &'static str| {
        answer(upload(&server, path, content_type, body))
    };
    let lenient = "{\"name\":\"a\"}\n{\n\n{\"name\":\"b\"}";
    let said =
        Events::of(answer_of("/lenient", "application/jsonl", lenient).await).rest_data().await;
    assert_eq!(said, ["\"a\"", "\"Some(2) Some(13)\"", "\"b\""]);
    let csv = "\u{feff}age,name\r\n1,a\r\n,\"b\"\"\n\"\r\n";
    for path in ["/rows", "/rows/blocking"] {
        let said = Events::of(answer_of(path, "text/csv", csv).await).rest_data().await;
        assert_eq!(said, [r#""a Some(1)""#, r#""b\"\n None""#], "{path}");
    }
    let form = "--b\r\ncontent-disposition: form-data; name=\"skip\"\r\n\r\nxxx\r\n\
                --b\r\ncontent-disposition: form-data; name=\"rows\"\r\n\r\nname\na\nb\n\r\n\
                --b\r\ncontent-disposition: form-data; name=\"note\"; filename=\"n\"\r\n\r\nhello\r\n--b--\r\n";
    for path in ["/form", "/form/blocking"] {
        let said = Events::of(answer_of(path, "multipart/form-data; boundary=\"b\"", form).await);
        let said = { said }.rest_data().await;
        assert_eq!(said, [r#""row a""#, r#""row b""#, r#""note=hello""#], "{path}");
    }
    let many = "{\"name\":\"x\"}\n".repeat(1000);
    let roomy = answer(upload(&server, "/roomy", "application/jsonl", many)).await;
    assert_eq!(roomy.text().await.expect("text"), "1000");
    assert!(eventually(|| seen.probe.open() == 0).await);
}

/// The head of an upload in chunks.
fn head(path: &str, content_type: &str) -> String {
    format!(
        "POST {path} HTTP/1.1\r\nhost: x\r\ncontent-type: {content_type}\r\ntransfer-encoding: chunked\r\n\r\n"
    )
}

fn chunk(data: &str) -> String {
    format!("{:x}\r\n{data}\r\n", data.len())
}

#[tokio::test]
async fn a_client_of_http_1_reads_while_it_writes() {
    let (server, seen) = start().await;
    for path in ["/values", "/values/blocking", "/iterator", "/stream"] {
        let mut client = server.connect().await;
        client.send(head(path, "application/jsonl")).await;
        for n in 0..20 {
            // The line feed comes with the next piece every other time.
            client.send(chunk(&format!("{{\"name\":\"row {n}\"}}\n{{\"na"))).await;
            client.until(&format!("data: \"row {n}\"\n\n")).await;
            client.send(chunk(&format!("me\":\"and {n}\"}}\n"))).await;
            client.until(&format!("data: \"and {n}\"\n\n")).await;
        }
        client.send("0\r\n\r\n").await;
        let response = client.response().await;
        assert_eq!(response.status, 200);
        assert_eq!(
            bolt_tests::items(spec::Parser::default().feed(&response.body)).len(),
            40,
            "{path}"
        );
    }
    assert!(eventually(|| seen.probe.open() == 0).await);
}

#[tokio::test]
async fn the_connection_of_an_upload_serves_the_next_request() {
    let (server, _) = start().await;
    let mut client = server.connect().await;
    for path in ["/values", "/values/blocking", "/values"] {
        let body = "{\"name\":\"a\"}\n{\"name\":\"b\"}\n";
        let (first, rest) = body.split_at(14);
        let length = body.len();
        client.send(format!("POST {path} HTTP/1.1\r\nhost: x\r\ncontent-type: application/jsonl\r\ncontent-length: {length}\r\n\r\n{first}")).await;
        client.until("data: \"a\"").await;
        client.send(rest).await;
        let response = client.response().await;
        assert!(response.text().contains("data: \"b\""), "{}", response.text());
    }
}

#[tokio::test]
async fn a_client_of_http_2_reads_while_it_writes() {
    let (server, seen) = start().await;
    let tcp = TcpStream::connect(server.address()).await.expect("connected");
    let (mut send, connection) = h2::client::handshake(tcp).await.expect("a handshake");
    let connection = tokio::spawn(connection);
    for path in ["/values", "/values/blocking", "/iterator", "/stream"] {
        send = send.ready().await.expect("the connection is well");
        let request =
            Request::post(format!("http://x{path}")).header("content-type", "application/jsonl");
        let (response, mut body) =
            send.send_request(request.body(()).expect("a request"), false).expect("sent");
        body.send_data("{\"name\":\"row 0\"}\n".into(), false).expect("sent");
        let response = timeout(PATIENCE, response).await.expect("an answer").expect("an answer");
        assert_eq!(response.status(), 200);
        let mut answer = response.into_body();
        let mut parser = spec::Parser::default();
        let mut events = Vec::new();
        for n in 0..20 {
            while events.len() <= n {
                let data = timeout(PATIENCE, answer.data())
                    .await
                    .expect("an event")
                    .expect("more")
                    .expect("data");
                answer.flow_control().release_capacity(data.len()).expect("released");
                events.extend(bolt_tests::items(parser.feed(&data)));
            }
            assert_eq!(events[n].data, format!("\"row {n}\""));
            body.send_data(format!("{{\"name\":\"row {}\"}}\n", n + 1).into(), n == 19)
                .expect("sent");
        }
        while let Some(data) = timeout(PATIENCE, answer.data()).await.expect("it ends") {
            events.extend(bolt_tests::items(parser.feed(&data.expect("data"))));
        }
        assert_eq!(events.len(), 21, "{path}");
    }
    drop(send);
    connection.abort();
    assert!(eventually(|| seen.probe.open() == 0).await);
}

#[tokio::test]
async fn a_client_that_leaves_in_the_middle_is_no_end() {
    let (server, seen) = start().await;
    let gone = "Incomplete true: the body ends in the middle: its client was gone after";
    for path in ["/values", "/values/blocking"] {
        for reset in [false, true] {
            let mut client = server.connect().await;
            client
                .send(head(path, "application/jsonl") + &chunk("{\"name\":\"a\"}\n{\"name\":"))
                .await;
            client.until("data: \"a\"").await;
            if reset {
                client.stream.set_zero_linger().expect("a socket");
            }
            drop(client);
            assert!(eventually(|| seen.probe.open() == 0).await, "{path} {reset}");
        }
    }
    // An async generator is dropped with its response; a thread is told.
    let errors = seen.errors.lock().expect("no panic").clone();
    assert_eq!(
        errors.iter().filter(|error| error.starts_with(gone)).count(),
        errors.len(),
        "{errors:?}"
    );
    assert!(errors.len() >= 2, "{errors:?}");
}

#[tokio::test]
async fn a_client_that_leaves_before_the_first_event_is_no_end() {
    let (server, seen) = start().await;
    for path in ["/values", "/values/blocking"] {
        let mut client = server.connect().await;
        client.send(head(path, "application/jsonl") + &chunk("{\"name\":")).await;
        assert!(eventually(|| seen.probe.open() == 1).await);
        drop(client);
        assert!(eventually(|| seen.probe.open() == 0).await, "{path}");
    }
    let errors = seen.errors.lock().expect("no panic").clone();
    assert!(errors.iter().all(|error| error.starts_with("Incomplete true")), "{errors:?}");
    assert!(!errors.is_empty());
}

#[tokio::test]
async fn a_silent_client_is_given_up() {
    let seen = Seen::default();
    let config = config().set("request.idle_timeout", "50ms");
    let server = Server::start(app().config(config).state(seen.clone())).await;
    for path in ["/values", "/values/blocking"] {
        let mut client = server.connect().await;
        client.send(head(path, "application/jsonl") + &chunk("{\"name\":")).await;
        let response = client.response().await;
        assert_eq!(response.status, 408);
        assert!(
            response.text().contains("the client sent nothing for 50ms (request.idle_timeout)")
        );
        let mut client = server.connect().await;
        client.send(head(path, "application/jsonl") + &chunk("{\"name\":\"a\"}\n")).await;
        client.until("event: error\n").await;
    }
    assert!(eventually(|| seen.probe.open() == 0).await);
}

#[tokio::test]
async fn what_is_left_of_a_refused_upload_does_not_disturb_the_answer() {
    let (server, _) = start().await;
    for path in ["/values", "/values/blocking", "/count"] {
        let mut client = server.connect().await;
        client.send(head(path, "application/jsonl") + &chunk("{}\n")).await;
        let response = client.response().await;
        assert_eq!(response.status, 422, "{path}");
        // Nobody reads it any more.
        client.send(chunk(&"x".repeat(1 << 16))).await;
        client.end().await;
    }
}

#[tokio::test]
async fn a_request_is_documented_item_by_item() {
    let document = App::<Seen>::new()
        .mount::<values>()
        .mount::<rows>()
        .mount::<events>()
        .mount::<form>()
        .openapi();
    let document: Value =
        serde_json::to_value(document.expect("every reference resolves")).expect("JSON");
    let operation = |path: &str| document["paths"][path]["post"].clone();
    let row = serde_json::json!({ "$ref": "#/components/schemas/Row" });
    let content = |path: &str| operation(path)["requestBody"]["content"].clone();
    for media_type in ["application/jsonl", "application/x-ndjson", "application/json-seq"] {
        assert_eq!(content("/values")[media_type]["itemSchema"], row);
    }
    assert_eq!(content("/rows")["text/csv"]["itemSchema"], row);
    let event = content("/events")["text/event-stream"]["itemSchema"].clone();
    assert_eq!(event["properties"]["data"]["contentSchema"], row);
    assert!(content("/form")["multipart/form-data"].is_object());
    for status in ["400", "408", "413", "415", "422"] {
        let response = operation("/values")["responses"][status].clone();
        let problem = &response["content"]["application/problem+json"]["schema"];
        assert_eq!(problem["$ref"], "#/components/schemas/Problem", "{status}");
    }
    assert_eq!(operation("/values")["requestBody"]["required"], true);
}

#[tokio::test]
async fn the_answer_of_another_server_is_read_as_events() {
    let (server, _) = start().await;
    let upstream =
        answer(upload(&server, "/values", "application/jsonl", "{\"name\":\"a\"}\n")).await;
    let upstream = upstream.bytes().await.expect("a body");
    let mut events = ReceivedEvents::<String>::from_body(Body::from(upstream.clone()));
    assert_eq!(events.next().await.expect("one").expect("an event").data, "a");
    assert!(events.next().await.is_none());
    let mut raw = ReceivedEvents::<Text>::from_body(Body::from(upstream));
    assert_eq!(raw.next().await.expect("one").expect("an event").data, Text::from("\"a\""));
}

/// What is uploaded, and one record of it, in bytes.
const GIB: u64 = 1 << 30;
const RECORD: u64 = 1024;

/// Numbered records of one size, in frames of 64 of them.
fn records() -> impl Iterator<Item = Bytes> {
    let record = |n: u64| {
        let start = format!("{{\"n\":{n:<10},\"fill\":\"");
        let fill = usize::try_from(RECORD).expect("small") - start.len() - 3;
        format!("{start}{}\"}}\n", "x".repeat(fill))
    };
    (0..GIB / RECORD / 64)
        .map(move |frame| (frame * 64..(frame + 1) * 64).map(record).collect::<String>().into())
}

/// Uploads a gibibyte to a route that answers with the number of each record. Gives the growth of the process, in KiB.
async fn upload_a_gibibyte(path: &str) -> u64 {
    let server = Process::start(env!("CARGO_BIN_EXE_test-app"), &[]).await;
    // What a first request costs is not what an upload costs.
    let warm =
        server.client().request(Method::POST, path).header("content-type", "application/jsonl");
    assert_eq!(answer(warm.body("{\"n\":1}\n")).await.status(), 200);
    let before = server.status("VmRSS").expect("Linux");

    let tcp = TcpStream::connect(server.host()).await.expect("connected");
    let (mut send, connection) =
        hyper::client::conn::http1::handshake(TokioIo::new(tcp)).await.expect("a connection");
    let connection = tokio::spawn(connection);
    let frames = tokio_stream::iter(
        records().map(|bytes| Ok::<_, std::convert::Infallible>(Frame::data(bytes))),
    );
    let request =
        Request::post(path).header("host", "x").header("content-type", "application/jsonl");
    let request = request.body(StreamBody::new(frames)).expect("a request");
    let mut answer = send.send_request(request).await.expect("an answer").into_body();
    let mut parser = spec::Parser::default();
    let mut next = 0;
    while let Some(frame) = timeout(PATIENCE, answer.frame()).await.expect("it goes on") {
        let data = frame.expect("the body is whole").into_data().expect("data");
        for event in bolt_tests::items(parser.feed(&data)) {
            if !event.data.is_empty() {
                assert_eq!(event.data, next.to_string());
                next += 1;
            }
        }
    }
    assert_eq!(next, GIB / RECORD);
    connection.abort();
    server.status("VmHWM").expect("Linux") - before
}

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a load run: two uploads of 1 GiB; .ci/run runs it"]
#[expect(clippy::print_stdout, reason = "to be read with `--nocapture`")]
async fn a_gibibyte_is_transformed_in_little_memory() {
    for path in ["/numbers", "/numbers/blocking"] {
        let grown = upload_a_gibibyte(path).await;
        println!("1 GiB to {path}: the process grew by {grown} KiB");
        assert!(grown < 16 * 1024, "{path}: {grown} KiB");
    }
}
