//! `Source`: the body of a request, chunk by chunk, decompressed and bounded.

use std::error::Error as StdError;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use axum::body::Body;
use bytes::Bytes;
use http_body::Body as _;
use http_body_util::LengthLimitError;

use super::coding::Coding;
use super::compressed::Compressed;
use super::error::{BodyError, BodyErrorKind, Sender};
use super::timer::{BodyTimer, Over};
use crate::config::RequestSettings;

/// Up to this size a body may be as much larger than it was sent as it is.
const RATIO_FROM: u64 = 1024 * 1024;

pub(super) struct Source {
    stage: Stage,
    /// Whose fault it is when it breaks.
    pub(super) sender: Sender,
    /// Bytes that were given.
    given: u64,
    began: bool,
    waiting: BodyTimer,
}

enum Stage {
    Plain(Body),
    Coded(Coding, Compressed),
}

impl Source {
    pub(super) fn new(body: Body, coding: Option<Coding>) -> Self {
        let stage = match coding {
            None => Stage::Plain(body),
            Some(coding) => Stage::Coded(coding, Compressed::new(body, coding)),
        };
        let (sender, waiting) = (Sender::Client, BodyTimer::default());
        Self { stage, sender, given: 0, began: false, waiting }
    }

    /// The body of another server's answer.
    pub(super) fn of_server(body: Body) -> Self {
        Self { sender: Sender::Server, ..Self::new(body, None) }
    }

    /// The next chunk, never an empty one; none at the end of the body. Nothing of the body is read before this.
    ///
    /// # Errors
    /// Each is the end of the body.
    pub(super) fn poll_chunk(
        &mut self,
        cx: &mut Context<'_>,
        limits: &RequestSettings,
    ) -> Poll<Option<Result<Bytes, BodyError>>> {
        if let Err(over) = self.waiting.begin(limits) {
            return Poll::Ready(Some(Err(self.timed_out(over))));
        }
        if !std::mem::replace(&mut self.began, true)
            && let Stage::Plain(body) = &self.stage
            && let Some(most) = limits.max_body.filter(|most| body.size_hint().lower() > *most)
        {
            // It says so itself, before a byte of it is asked for.
            return Poll::Ready(Some(Err(self.too_large(most))));
        }
        let before = self.sent();
        match self.poll_unbounded(cx) {
            Poll::Pending => {
                if self.sent() > before {
                    // It came, and was not enough for the decoder.
                    self.waiting.broken();
                }
                let over = self.waiting.poll_over(cx, limits);
                over.map(|over| Some(Err(self.timed_out(over))))
            }
            Poll::Ready(chunk) => {
                self.waiting.broken();
                Poll::Ready(chunk.map(|chunk| self.count(chunk?, limits)))
            }
        }
    }

    /// Bytes that a decoder has taken.
    fn sent(&self) -> u64 {
        match &self.stage {
            Stage::Plain(_) => 0,
            Stage::Coded(_, compressed) => compressed.sent(),
        }
    }

    fn too_large(&self, most: u64) -> BodyError {
        let what = format!("the body is larger than {most} bytes (max_body)");
        BodyError::body(BodyErrorKind::BodyTooLarge, what).of(self.sender)
    }

    fn timed_out(&self, over: Over) -> BodyError {
        let what = match (self.sender, over) {
            (Sender::Client, Over::Idle(limit)) => {
                format!("the client sent nothing for {limit:?} (request.idle_timeout)")
            }
            (Sender::Server, Over::Idle(limit)) => {
                format!("nothing came for {limit:?} (idle_timeout)")
            }
            (_, Over::Whole(limit)) => {
                format!("the body took longer than {limit:?} (max_duration)")
            }
        };
        BodyError::body(BodyErrorKind::TimedOut, what).of(self.sender)
    }

    fn poll_unbounded(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, BodyError>>> {
        match &mut self.stage {
            Stage::Coded(coding, compressed) => compressed.poll_chunk(cx).map(|read| {
                let ended = compressed.has_ended();
                read.map_err(|error| corrupt(error, *coding, ended, self.given)).transpose()
            }),
            Stage::Plain(body) => loop {
                match Pin::new(&mut *body).poll_frame(cx) {
                    Poll::Pending => return Poll::Pending,
                    Poll::Ready(None) => return Poll::Ready(None),
                    Poll::Ready(Some(Err(error))) => {
                        return Poll::Ready(Some(Err(broken(error, self.sender, self.given))));
                    }
                    Poll::Ready(Some(Ok(frame))) => {
                        // Trailers say nothing to anybody here.
                        if let Ok(data) = frame.into_data()
                            && !data.is_empty()
                        {
                            return Poll::Ready(Some(Ok(data)));
                        }
                    }
                }
            },
        }
    }

    fn count(&mut self, chunk: Bytes, limits: &RequestSettings) -> Result<Bytes, BodyError> {
        self.given += chunk.len() as u64;
        if let Some(most) = limits.max_body.filter(|most| self.given > *most) {
            return Err(self.too_large(most));
        }
        if let Stage::Coded(_, compressed) = &self.stage
            && let Some(ratio) = limits.max_ratio
            && self.given > RATIO_FROM.max(compressed.sent().saturating_mul(ratio))
        {
            let what =
                format!("the body is more than {ratio} times as large as it was sent (max_ratio)");
            return Err(BodyError::body(BodyErrorKind::RatioTooHigh, what));
        }
        Ok(chunk)
    }
}

/// What an error of the decoder is: one of the body, or that the body is not what it says.
fn corrupt(error: io::Error, coding: Coding, ended: bool, given: u64) -> BodyError {
    let name = coding.name();
    match error.downcast::<axum::Error>() {
        Ok(error) => broken(error, Sender::Client, given),
        Err(_) if ended => {
            let what = format!("the body is not whole: its {name} has no end");
            BodyError::body(BodyErrorKind::Malformed, what)
        }
        Err(error) => {
            let what = format!("the body is not {name}, as its `content-encoding` says: {error}");
            BodyError::body(BodyErrorKind::Malformed, what)
        }
    }
}

/// What an error of the body is: one of ours, a layer allows no more, or the client has left.
fn broken(error: axum::Error, sender: Sender, given: u64) -> BodyError {
    // The body is made of a field of a multipart body.
    let error = match error.into_inner().downcast::<BodyError>() {
        Ok(ours) => return ours.ending(),
        Err(error) => axum::Error::new(error),
    };
    let mut cause: Option<&(dyn StdError + 'static)> = Some(&error);
    while let Some(one) = cause {
        if one.is::<LengthLimitError>() {
            let what = match sender {
                Sender::Client => "the body is larger than a layer of the app allows",
                Sender::Server => "the body is larger than it may be",
            };
            return BodyError::body(BodyErrorKind::BodyTooLarge, what).of(sender);
        }
        cause = one.source();
    }
    let what = match sender {
        Sender::Client => {
            format!("the body ends in the middle: its client was gone after {given} bytes")
        }
        Sender::Server => format!("the body ends in the middle, after {given} bytes"),
    };
    BodyError::body(BodyErrorKind::Incomplete, what).of(sender).cause(error)
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;
    use std::io::Write as _;

    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;
    use crate::config::Config;

    const MIB: usize = 1024 * 1024;

    fn limits() -> RequestSettings {
        Config::defaults().settings().expect("no fault").request
    }

    async fn read(mut source: Source, limits: &RequestSettings) -> (usize, Option<String>) {
        let mut length = 0;
        loop {
            match poll_fn(|cx| source.poll_chunk(cx, limits)).await {
                None => return (length, None),
                Some(Ok(chunk)) => length += chunk.len(),
                Some(Err(error)) => return (length, Some(error.to_string())),
            }
        }
    }

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(bytes).expect("a vector");
        encoder.finish().expect("a vector")
    }

    #[tokio::test]
    async fn a_bomb_is_given_up_after_little_more_than_it_may_be() {
        let bomb = gzip(&vec![0; 64 * MIB]);
        let source = Source::new(bomb.clone().into(), Some(Coding::Gzip));
        let (length, error) = read(source, &limits()).await;
        let expected = "the body is more than 100 times as large as it was sent (max_ratio)";
        assert_eq!(error.as_deref(), Some(expected));
        assert!(length <= (bomb.len() * 100).max(MIB), "{length}");

        let off = RequestSettings { max_ratio: None, ..limits() };
        let source = Source::new(bomb.into(), Some(Coding::Gzip));
        assert_eq!(read(source, &off).await, (64 * MIB, None));
    }

    #[tokio::test]
    async fn the_size_counts_after_decompression() {
        let small = RequestSettings { max_body: Some(100), ..limits() };
        for (body, coding) in [
            (gzip(&[0; 101]), Some(Coding::Gzip)),
            (vec![0; 101], None),
            (gzip(&[0; 100]), Some(Coding::Gzip)),
        ] {
            let fits = body == gzip(&[0; 100]);
            let (_, error) = read(Source::new(body.into(), coding), &small).await;
            assert_eq!(error.is_none(), fits);
            if let Some(error) = error {
                assert_eq!(error, "the body is larger than 100 bytes (max_body)");
            }
        }
    }

    macro_rules! reads {
        ($($name:ident $coding:ident $encoder:ident;)*) => {$(
            #[tokio::test]
            async fn $name() {
                use async_compression::tokio::bufread::$encoder;
                use tokio::io::AsyncReadExt as _;

                let text = "all of it, ".repeat(10_000);
                let mut coded = Vec::new();
                $encoder::new(text.as_bytes()).read_to_end(&mut coded).await.expect("a slice");
                let source = |length| Source::new(coded[..length].to_vec().into(), Some(Coding::$coding));
                let off = RequestSettings { max_ratio: None, ..limits() };
                assert_eq!(read(source(coded.len()), &off).await, (text.len(), None));
                for cut in 1..coded.len() {
                    let (length, error) = read(source(cut), &off).await;
                    let error = error.unwrap_or_default();
                    assert!(error.contains("not whole"), "{cut}: {length} bytes and {error:?}");
                }
            }
        )*};
    }

    reads! {
        gzip_is_read_to_its_end Gzip GzipEncoder;
        deflate_is_read_to_its_end Deflate ZlibEncoder;
    }

    #[cfg(feature = "brotli")]
    reads! { brotli_is_read_to_its_end Brotli BrotliEncoder; }

    #[cfg(feature = "zstd")]
    reads! { zstd_is_read_to_its_end Zstd ZstdEncoder; }

    #[tokio::test]
    async fn several_files_of_gzip_are_one_body() {
        let body = [gzip(b"one"), gzip(b"three")].concat();
        assert_eq!(read(Source::new(body.into(), Some(Coding::Gzip)), &limits()).await, (8, None));
    }

    #[tokio::test]
    async fn a_cut_or_another_byte_in_gzip_is_an_error() {
        let body = gzip(b"0123456789abcdef");
        for cut in 1..body.len() {
            let (_, error) =
                read(Source::new(body[..cut].to_vec().into(), Some(Coding::Gzip)), &limits()).await;
            assert_eq!(
                error.as_deref(),
                Some("the body is not whole: its gzip has no end"),
                "{cut}"
            );
        }
        let mut wrong = body.clone();
        wrong[0] ^= 1;
        let (_, error) = read(Source::new(wrong.into(), Some(Coding::Gzip)), &limits()).await;
        let error = error.expect("an error");
        assert!(
            error.starts_with("the body is not gzip, as its `content-encoding` says: "),
            "{error}"
        );
    }

    #[tokio::test]
    async fn a_layer_may_allow_less() {
        let limited = Body::new(http_body_util::Limited::new(Body::from("0123456789"), 9));
        let (_, error) = read(Source::new(limited, None), &limits()).await;
        assert_eq!(error.as_deref(), Some("the body is larger than a layer of the app allows"));
    }

    #[tokio::test(start_paused = true)]
    async fn a_silent_client_is_waited_for_as_long_as_is_said() {
        let silent = Body::from_stream(tokio_stream::pending::<Result<Bytes, io::Error>>());
        let (_, error) = read(Source::new(silent, None), &limits()).await;
        assert_eq!(
            error.as_deref(),
            Some("the client sent nothing for 60s (request.idle_timeout)")
        );
    }
}
