//! `Compressed`: a body that is decompressed as it is read.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::task::{Context, Poll, ready};

#[cfg(feature = "brotli")]
use async_compression::tokio::bufread::BrotliDecoder;
use async_compression::tokio::bufread::{GzipDecoder, ZlibDecoder};
#[cfg(feature = "zstd")]
use async_compression::{tokio::bufread::ZstdDecoder, zstd::DParameter};
use axum::body::Body;
use bytes::{Buf as _, Bytes, BytesMut};
use http_body::Body as _;
use tokio::io::{AsyncBufRead, AsyncRead, ReadBuf};

use super::coding::Coding;

/// Bytes that are decompressed at a time.
const CHUNK: usize = 16 * 1024;

/// Zstandard looks back no further than 8 MiB (RFC 9659), and a decoder holds as much.
#[cfg(feature = "zstd")]
const ZSTD_WINDOW: u32 = 23;

pub(super) struct Compressed {
    decoder: Pin<Box<dyn AsyncRead + Send>>,
    chunk: BytesMut,
    progress: Arc<Progress>,
}

/// How far the body was read as it was sent.
#[derive(Default)]
struct Progress {
    /// Bytes.
    sent: AtomicU64,
    ended: AtomicBool,
}

impl Compressed {
    pub(super) fn new(body: Body, coding: Coding) -> Self {
        let progress = Arc::new(Progress::default());
        let wire = Wire { body, chunk: Bytes::new(), progress: Arc::clone(&progress) };
        let decoder: Pin<Box<dyn AsyncRead + Send>> = match coding {
            Coding::Gzip => {
                let mut gzip = GzipDecoder::new(wire);
                // A file of gzip may be several (RFC 1952, section 2.2).
                gzip.multiple_members(true);
                Box::pin(gzip)
            }
            Coding::Deflate => Box::pin(ZlibDecoder::new(wire)),
            #[cfg(feature = "brotli")]
            Coding::Brotli => Box::pin(BrotliDecoder::new(wire)),
            #[cfg(feature = "zstd")]
            Coding::Zstd => {
                let window = [DParameter::window_log_max(ZSTD_WINDOW)];
                let mut zstd = ZstdDecoder::with_params(wire, &window);
                zstd.multiple_members(true);
                Box::pin(zstd)
            }
        };
        Self { decoder, chunk: BytesMut::new(), progress }
    }

    /// How much of it was used as it was sent, in bytes.
    pub(super) fn sent(&self) -> u64 {
        self.progress.sent.load(Ordering::Relaxed)
    }

    /// Whether it was read to its end.
    pub(super) fn has_ended(&self) -> bool {
        self.progress.ended.load(Ordering::Relaxed)
    }

    /// The next bytes; none at the end.
    pub(super) fn poll_chunk(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<Option<Bytes>>> {
        self.chunk.resize(CHUNK, 0);
        let mut space = ReadBuf::new(&mut self.chunk);
        ready!(self.decoder.as_mut().poll_read(cx, &mut space))?;
        let length = space.filled().len();
        let chunk = self.chunk.split_to(length).freeze();
        Poll::Ready(Ok(Some(chunk).filter(|chunk| !chunk.is_empty())))
    }
}

/// The body as it was sent.
struct Wire {
    body: Body,
    chunk: Bytes,
    progress: Arc<Progress>,
}

impl AsyncBufRead for Wire {
    fn poll_fill_buf(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<&[u8]>> {
        let this = self.get_mut();
        while this.chunk.is_empty() {
            match ready!(Pin::new(&mut this.body).poll_frame(cx)) {
                None => {
                    this.progress.ended.store(true, Ordering::Relaxed);
                    break;
                }
                Some(Ok(frame)) => this.chunk = frame.into_data().unwrap_or_default(),
                Some(Err(error)) => return Poll::Ready(Err(io::Error::other(error))),
            }
        }
        Poll::Ready(Ok(&this.chunk))
    }

    fn consume(mut self: Pin<&mut Self>, count: usize) {
        self.chunk.advance(count);
        self.progress.sent.fetch_add(count as u64, Ordering::Relaxed);
    }
}

impl AsyncRead for Wire {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        out: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let ready = ready!(self.as_mut().poll_fill_buf(cx))?;
        let count = ready.len().min(out.remaining());
        out.put_slice(&ready[..count]);
        self.consume(count);
        Poll::Ready(Ok(()))
    }
}
