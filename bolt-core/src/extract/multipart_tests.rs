//! Forms, cut at every byte, and their bounds.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Waker};

use axum::body::Body;
use axum::extract::{FromRequest as _, Request};
use bytes::Bytes;
use proptest::collection::vec;
use proptest::prelude::*;
use tokio::task::coop::unconstrained;
use tokio_stream::Stream;

use super::csv::Csv;
use super::error::{BodyError, BodyErrorKind};
use super::multipart::Multipart;

const HEAD: &str = "\r\ncontent-disposition: form-data; name=";

async fn form(body: Body) -> Multipart {
    let request = Request::builder().header("content-type", "multipart/form-data; boundary=b");
    let request = request.body(body).expect("a request");
    Multipart::from_request(request, &()).await.expect("accepted").max_record(200)
}

fn pieces<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> Body {
    let pieces = pieces.into_iter().map(|piece| Ok::<_, BodyError>(Bytes::copy_from_slice(piece)));
    Body::from_stream(tokio_stream::iter(pieces.collect::<Vec<_>>()))
}

/// Each field with its text, but those named `skip`.
async fn read(body: Body) -> Vec<String> {
    let mut form = form(body).await;
    let mut said = Vec::new();
    while let Some(field) = form.next().await {
        match field {
            Err(error) => said.push(error.to_string()),
            Ok(field) if field.name() == Some("skip") => {}
            Ok(field) => {
                let name = field.name().unwrap_or_default().to_owned();
                said.push(match field.text().await {
                    Ok(text) => format!("{name}={text}"),
                    Err(error) => error.to_string(),
                });
            }
        }
    }
    said
}

#[tokio::test]
async fn fields_are_the_same_at_every_cut() {
    let long = "x".repeat(300);
    let body = format!(
        "preamble\r\n--b \t{HEAD}a\r\n\r\n1\r\n2\r\n--b{HEAD}skip\r\n\r\n{long}\r\n-\r\n--\r\n\r\n\r--b\r\n\
         --b{HEAD}long\r\n\r\n{long}\r\n--b{HEAD}c\r\n\r\n\r\n--b\r\n\r\nno head\r\n--b--\r\nepilogue"
    );
    let body = body.as_bytes();
    let expected = [
        "a=1\r\n2",
        "field 3, at byte 432: it is longer than 200 bytes (max_record)",
        "c=",
        "=no head",
    ];
    for cut in 0..=body.len() {
        assert_eq!(read(pieces([&body[..cut], &body[cut..]])).await, expected, "{cut}");
    }
    assert_eq!(read(pieces(body.chunks(1))).await, expected);
}

#[tokio::test]
async fn what_is_wrong_says_the_field() {
    let fields = |rest: &str| format!("--b{HEAD}a\r\n\r\n1\r\n--b{rest}");
    let cut_off = "field 2, at byte 50: the form ends before its last boundary";
    for (body, expected) in [
        (fields(""), cut_off),
        (fields(&format!("{HEAD}b\r\n\r\n1")), cut_off),
        (
            fields("\r\nx\x01: y\r\n\r\n"),
            r#"field 2, at byte 50: a line of its head is no header: "x\u{1}: y""#,
        ),
        (fields("c\r\n"), "field 2, at byte 50: its boundary is not all that stands on its line"),
        (
            fields(&" ".repeat(1000)),
            "field 2, at byte 50: its boundary is not all that stands on its line",
        ),
        (
            fields(&format!("\r\nx: {}", "y".repeat(20_000))),
            "field 2, at byte 50: its head is longer than 16384 bytes",
        ),
    ] {
        for size in [1, 50, 100_000] {
            let said = read(pieces(body.as_bytes().chunks(size))).await;
            assert_eq!(said, ["a=1", expected], "in pieces of {size}");
        }
    }
    for (body, expected) in [
        (String::new(), "the form: it ends before its last boundary"),
        ("x--b\r\n".to_owned(), "the form: it ends before its last boundary"),
        (
            "\r\n".repeat(10_000),
            "the form: no line with its boundary comes in its first 16384 bytes",
        ),
    ] {
        for size in [1, 50, 100_000] {
            let said = read(pieces(body.as_bytes().chunks(size))).await;
            assert_eq!(said, [expected], "in pieces of {size}");
        }
    }
}

#[tokio::test]
async fn a_fault_says_where_its_field_begins() {
    let body = format!("\r\n--b{HEAD}a\r\n\r\n1\r\n--b{HEAD}b\r\n\r\n{}", "x".repeat(300));
    let mut form = form(body.clone().into()).await;
    drop(form.next().await);
    let field = form.next().await.expect("a field").expect("well");
    let error = field.text().await.expect_err("too long");
    let offset = body.rfind("--b").map(|offset| offset as u64);
    assert_eq!((error.item_number(), error.offset()), (Some(2), offset));
    assert!(!error.ends_body());
}

#[tokio::test]
async fn no_more_is_read_than_a_head_and_a_chunk() {
    let before = "the form: no line with its boundary comes in its first 16384 bytes";
    let head = "field 1, at byte 0: its head is longer than 16384 bytes";
    let line = "field 1, at byte 0: its boundary is not all that stands on its line";
    for (start, piece, expected) in [
        (&b""[..], &[b'x'; 100][..], before),
        (b"", b"\r\n--c", before),
        (b"--b\r\n", b"x: --b\r\n", head),
        (b"--b", b" ", line),
    ] {
        let given = Arc::new(AtomicUsize::new(0));
        let counts = Arc::clone(&given);
        let endless = std::iter::once(start).chain(std::iter::repeat(piece)).map(move |piece| {
            counts.fetch_add(piece.len(), Ordering::Relaxed);
            Ok::<_, BodyError>(Bytes::from_static(piece))
        });
        let body = Body::from_stream(tokio_stream::iter(endless));
        let mut form = form(body).await;
        let error = unconstrained(form.next()).await.expect("a field").expect_err("no head");
        assert_eq!(error.to_string(), expected);
        let given = given.load(Ordering::Relaxed);
        assert!(given < 17_000, "{given} bytes were read");
        assert!(form.next().await.is_none());
    }
}

#[tokio::test]
async fn nothing_is_read_while_fields_are_there() {
    let given = Arc::new(AtomicUsize::new(0));
    let counts = Arc::clone(&given);
    let chunk = Bytes::from(format!("--b{HEAD}a\r\n\r\n1\r\n").repeat(1000));
    let length = chunk.len();
    let endless = std::iter::repeat_with(move || {
        counts.fetch_add(1, Ordering::Relaxed);
        Ok::<_, BodyError>(chunk.clone())
    });
    let mut form = form(Body::from_stream(tokio_stream::iter(endless))).await;
    for number in 1..=5000 {
        let field = unconstrained(form.next()).await.expect("a field").expect("well");
        if number % 2 == 0 {
            assert_eq!(unconstrained(field.text()).await.expect("text"), "1");
        }
    }
    let given = given.load(Ordering::Relaxed);
    assert!(given <= 6, "{given} chunks of {length} bytes were read");
}

/// Chunks, and then nothing for ever. Counts itself.
struct Left {
    chunks: Vec<Bytes>,
    _alive: Arc<()>,
}

impl Stream for Left {
    type Item = Result<Bytes, BodyError>;

    fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.chunks.pop().map_or(Poll::Pending, |chunk| Poll::Ready(Some(Ok(chunk))))
    }
}

#[tokio::test]
async fn a_field_that_is_not_read_to_its_end_lets_go_of_the_body() {
    let alive = Arc::new(());
    let begin = || async {
        let head = format!("--b{HEAD}a\r\n\r\n");
        let chunks = vec![Bytes::from("x".repeat(1000)), Bytes::from(head)];
        let mut form = form(Body::from_stream(Left { chunks, _alive: Arc::clone(&alive) })).await;
        let field = form.next().await.expect("a field").expect("well");
        assert_eq!(Arc::strong_count(&alive), 2);
        (form, field)
    };

    let (form, field) = begin().await;
    drop(field);
    drop(form);
    assert_eq!(Arc::strong_count(&alive), 1, "the field first");

    let (form, field) = begin().await;
    drop(form);
    drop(field);
    assert_eq!(Arc::strong_count(&alive), 1, "the form first");

    let (form, field) = begin().await;
    assert_eq!(field.bytes().await.expect_err("too long").kind(), BodyErrorKind::RecordTooLong);
    drop(form);
    assert_eq!(Arc::strong_count(&alive), 1, "a field that is too long");

    let (form, field) = begin().await;
    let mut rows = Csv::<(String,)>::from_field(field).max_record(50);
    assert!(rows.next().await.expect("a row").is_err());
    drop(rows);
    drop(form);
    assert_eq!(Arc::strong_count(&alive), 1, "a wrong row");

    let (form, mut field) = begin().await;
    assert!(field.next().await.is_some());
    let mut waiting = Box::pin(async move { field.next().await.is_some() });
    let polled = waiting.as_mut().poll(&mut Context::from_waker(Waker::noop()));
    assert!(polled.is_pending());
    drop(form);
    drop(waiting);
    assert_eq!(Arc::strong_count(&alive), 1, "a client that sends no more");

    let (mut form, field) = begin().await;
    drop(field);
    let polled = Pin::new(&mut form).poll_next(&mut Context::from_waker(Waker::noop()));
    assert!(polled.is_pending());
    drop(form);
    assert_eq!(Arc::strong_count(&alive), 1, "while it is passed over");
}

#[tokio::test]
async fn a_field_that_is_held_is_in_the_way_of_the_next() {
    let body = format!("--b{HEAD}a\r\n\r\n1\r\n--b{HEAD}b\r\n\r\n2\r\n--b--");
    let mut form = form(body.into()).await;
    let first = form.next().await.expect("a field").expect("well");
    let error = form.next().await.expect("an error").expect_err("held");
    assert_eq!(error.kind(), BodyErrorKind::FieldInUse);
    assert_eq!(error.status().as_u16(), 500);
    assert_eq!(
        error.to_string(),
        "a field is asked for while the one before is held: drop it first"
    );
    assert!(!error.ends_body());
    drop(first);
    let second = form.next().await.expect("a field").expect("well");
    assert_eq!(second.text().await.expect("text"), "2");
    assert!(form.next().await.is_none());
}

#[tokio::test]
async fn there_are_no_more_fields_than_may_be() {
    let body = format!("--b{HEAD}a\r\n\r\n1\r\n--b{HEAD}b\r\n\r\n2\r\n--b--");
    let mut form = form(body.into()).await.max_items(1);
    assert!(form.next().await.expect("a field").is_ok());
    let error = form.next().await.expect("an error").expect_err("too many");
    assert_eq!(error.to_string(), "there are more than 1 fields (max_items)");
    assert_eq!(error.status().as_u16(), 413);
    assert!(error.ends_body() && form.next().await.is_none());
}

#[tokio::test]
async fn a_boundary_is_no_longer_than_one_may_be() {
    for (length, fits) in [(70, true), (71, false)] {
        let content_type = format!("multipart/form-data; boundary={}", "b".repeat(length));
        let request = Request::builder().header("content-type", content_type);
        let request = request.body(Body::empty()).expect("a request");
        let refused = Multipart::from_request(request, &()).await.err();
        let expected = "the `boundary` of the `content-type` is longer than 70 bytes";
        assert_eq!(refused.map(|error| error.to_string()), (!fits).then(|| expected.to_owned()));
    }
}

/// What the parser that axum has makes of a whole form: the name and the data of each field. None when it is wrong.
async fn of_another_parser(body: &[u8]) -> Option<Vec<(Option<String>, Bytes)>> {
    let chunk = Ok::<_, BodyError>(Bytes::copy_from_slice(body));
    let mut form = multer::Multipart::new(tokio_stream::once(chunk), "b");
    let mut fields = Vec::new();
    while let Some(field) = form.next_field().await.ok()? {
        fields.push((field.name().map(str::to_owned), field.bytes().await.ok()?));
    }
    Some(fields)
}

/// The same of ours; and whether a field has no head, where the other parser wants one (RFC 2046, section 5.1, does
/// not).
async fn of_ours(body: Body) -> (Option<Vec<(Option<String>, Bytes)>>, bool) {
    let mut form = form(body).await;
    let (mut fields, mut headless, mut well) = (Vec::new(), false, true);
    while let Some(field) = form.next().await {
        let Ok(field) = field else { return (None, headless) };
        headless |= field.headers().is_empty();
        let name = field.name().map(str::to_owned);
        match field.bytes().await {
            Ok(data) => fields.push((name, data)),
            Err(_) => well = false,
        }
    }
    (well.then_some(fields), headless)
}

fn bodies() -> impl Strategy<Value = Vec<u8>> {
    let part = prop_oneof![
        4 => proptest::sample::select(vec![
            "\r\n--b\r\ncontent-disposition: form-data; name=\"a\"\r\n\r\n", "\r\n--b--",
            "\r\n--b", "\r\n", "\r", "\n", "--b", "--", "\r\n\r\n", "x: y\r\n", "\r\n--c\r\n", " ",
        ]).prop_map(|text| text.as_bytes().to_vec()),
        1 => vec(any::<u8>(), 0..8),
    ];
    let start = "--b\r\ncontent-disposition: form-data; name=first\r\n\r\n";
    vec(part, 0..12).prop_map(move |parts| [start.as_bytes(), &parts.concat()].concat())
}

/// Whether there is a line end of a bare line feed before an empty line, or as one: there a head ends for the other parser,
/// whatever follows. To ours, as to RFC 2046, it is part of the head, up to CR LF CR LF.
fn ends_a_head_early(body: &[u8]) -> bool {
    let bare = |part: &[u8]| part[0] != b'\r' && part[1..] == *b"\n\r\n";
    body.windows(2).any(|part| part == b"\n\n") || body.windows(4).any(bare)
}

#[tokio::test]
async fn a_bare_line_feed_ends_no_head() {
    let named = "--b\r\ncontent-disposition: form-data; name=first\r\n\r\n\r\n";
    for head in ["\n\0", "--b--x: y\r\n\n\r\n--b"] {
        let body = format!("{named}--b\r\n{head}\r\n\r\n\r\n--b--");
        assert!(ends_a_head_early(body.as_bytes()));
        assert_eq!(of_ours(body.into()).await.0, None, "a line of {head:?} is no header");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn it_reads_what_another_parser_reads(body in bodies()) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime");
        runtime.block_on(async {
            let whole = of_ours(body.clone().into()).await;
            if let (ours, false) = &whole
                && !ends_a_head_early(&body)
            {
                prop_assert_eq!(ours, &of_another_parser(&body).await);
            }
            prop_assert_eq!(&of_ours(pieces(body.chunks(1))).await, &whole);
            prop_assert_eq!(&of_ours(pieces(body.chunks(7))).await, &whole);
            Ok(())
        })?;
    }
}
