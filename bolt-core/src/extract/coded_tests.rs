//! Bodies that come compressed, whole and not.

use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use async_compression::tokio::bufread::{BrotliEncoder, GzipEncoder, ZlibEncoder, ZstdEncoder};
use axum::body::Body;
use bytes::Bytes;
use http_body::Frame;
use tokio::io::AsyncReadExt as _;
use tokio::task::coop::unconstrained;
use tokio::time::{Sleep, sleep};

use super::coding::Coding;
use super::source::Source;
use crate::config::{Config, RequestSettings};

const ALL: [Coding; 4] = [Coding::Gzip, Coding::Deflate, Coding::Brotli, Coding::Zstd];

fn limits() -> RequestSettings {
    Config::defaults().settings().expect("no fault").request
}

/// All that a body decodes to, or what is wrong.
async fn read(body: impl Into<Body>, coding: Coding) -> Result<Vec<u8>, String> {
    let mut source = Source::new(body.into(), Some(coding));
    let mut text = Vec::new();
    while let Some(chunk) = poll_fn(|cx| source.poll_chunk(cx, &limits())).await {
        text.extend(chunk.map_err(|error| format!("{}: {error}", error.status().as_u16()))?);
    }
    Ok(text)
}

async fn coded(text: &[u8], coding: Coding) -> Vec<u8> {
    let mut coded = Vec::new();
    let written = match coding {
        Coding::Gzip => GzipEncoder::new(text).read_to_end(&mut coded).await,
        Coding::Deflate => ZlibEncoder::new(text).read_to_end(&mut coded).await,
        Coding::Brotli => BrotliEncoder::new(text).read_to_end(&mut coded).await,
        Coding::Zstd => ZstdEncoder::new(text).read_to_end(&mut coded).await,
    };
    written.expect("a slice");
    coded
}

#[tokio::test]
async fn what_stands_behind_the_end_is_not_passed_over() {
    for coding in ALL {
        let body = coded(b"one, ", coding).await;
        let garbage = [&body[..], b"garbage, and a lot of it"].concat();
        let name = coding.name();
        let wrong = format!("400: the body is not {name}, as its `content-encoding` says: ");
        let error = read(garbage, coding).await.expect_err("garbage");
        assert!(error.starts_with(&wrong), "{error}");

        let twice = read([&body[..], &body].concat(), coding).await;
        match coding {
            Coding::Gzip | Coding::Zstd => assert_eq!(twice.expect("two are one"), b"one, one, "),
            _ => assert_eq!(twice, Err(wrong + "something stands behind its end")),
        }
    }
}

#[tokio::test]
async fn gzip_may_be_filled_up_with_zeros() {
    let body = coded(b"one", Coding::Gzip).await;
    let padded = [&body[..], &[0; 1000]].concat();
    for size in [1, 7, 10_000] {
        let pieces: Vec<_> =
            padded.chunks(size).map(Bytes::copy_from_slice).map(Ok::<_, io::Error>).collect();
        let padded = Body::from_stream(tokio_stream::iter(pieces));
        assert_eq!(read(padded, Coding::Gzip).await.expect("padding"), b"one");
    }
    let wrong = Err("400: the body is not gzip, as its `content-encoding` says: something stands behind its end".to_owned());
    assert_eq!(read([&padded[..], &body].concat(), Coding::Gzip).await, wrong);
}

#[tokio::test]
async fn nothing_is_no_coded_body() {
    for coding in ALL {
        let expected = Err(format!("400: the body is not whole: its {} has no end", coding.name()));
        assert_eq!(read(Body::empty(), coding).await, expected);
        let nothing = coded(b"", coding).await;
        assert_eq!(read(nothing, coding).await.expect("nothing"), b"");
    }
}

#[tokio::test]
async fn another_byte_is_an_error() {
    let text: Vec<u8> = (0..20_000_u32).flat_map(|n| (n * n).to_be_bytes()).collect();
    for coding in ALL {
        let mut body = coded(&text, coding).await;
        body[0] ^= 0xff;
        let error = read(body, coding).await.expect_err("no such coding");
        assert!(error.starts_with("400: the body is not "), "{}: {error}", coding.name());
    }
}

/// A piece each second.
struct Slow {
    bytes: Bytes,
    piece: usize,
    sleep: Pin<Box<Sleep>>,
}

impl http_body::Body for Slow {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        ready!(self.sleep.as_mut().poll(cx));
        self.sleep = Box::pin(sleep(Duration::from_secs(1)));
        let length = self.piece.min(self.bytes.len());
        let piece = self.bytes.split_to(length);
        Poll::Ready(
            Some(piece).filter(|piece| !piece.is_empty()).map(|piece| Ok(Frame::data(piece))),
        )
    }
}

#[tokio::test(start_paused = true)]
async fn a_slow_client_is_not_a_silent_one() {
    let mut state = 1_u32;
    let noise: Vec<u8> = std::iter::repeat_with(|| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        state.to_be_bytes()[0]
    })
    .take(200_000)
    .collect();
    for coding in ALL {
        let bytes = Bytes::from(coded(&noise, coding).await);
        let body = Slow { bytes, piece: 1000, sleep: Box::pin(sleep(Duration::ZERO)) };
        let read = read(Body::new(body), coding).await;
        assert!(
            read.as_ref().is_ok_and(|read| *read == noise),
            "{}: {:?}",
            coding.name(),
            read.err()
        );
    }
}

#[tokio::test]
async fn blocks_of_nothing_have_an_end() {
    let empty_member = coded(b"", Coding::Gzip).await;
    let empty_frame = coded(b"", Coding::Zstd).await;
    for (coding, head, block) in [
        // A stored block without bytes (RFC 1951, section 3.2.4).
        (Coding::Deflate, &b"\x78\x9c"[..], &b"\x00\x00\x00\xff\xff"[..]),
        // A raw block without bytes (RFC 8878, section 3.1.1.2).
        (Coding::Zstd, b"\x28\xb5\x2f\xfd\x00\x58", b"\x00\x00\x00"),
        (Coding::Gzip, b"", &empty_member),
        (Coding::Zstd, b"", &empty_frame),
    ] {
        let blocks = Bytes::from(block.repeat(1000));
        let head = Bytes::copy_from_slice(head);
        let endless = std::iter::once(head).chain(std::iter::repeat(blocks));
        let body = Body::from_stream(tokio_stream::iter(endless.map(Ok::<_, io::Error>)));
        let error = unconstrained(read(body, coding)).await.expect_err("no end");
        let what = "its `content-encoding` says: 1048576 bytes of it decode to nothing";
        assert!(error.ends_with(what), "{}: {error}", coding.name());
    }
}
