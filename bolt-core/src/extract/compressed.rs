//! `Compressed`: a body that is decompressed as it is read.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

#[cfg(feature = "brotli")]
use async_compression::tokio::bufread::BrotliDecoder;
use async_compression::tokio::bufread::{GzipDecoder, ZlibDecoder};
#[cfg(feature = "zstd")]
use async_compression::{tokio::bufread::ZstdDecoder, zstd::DParameter};
use axum::body::Body;
use bytes::{Bytes, BytesMut};
use tokio::io::{AsyncBufRead as _, AsyncRead, ReadBuf};

use super::coding::Coding;
use super::wire::{Progress, Wire};

/// Bytes that are decompressed at a time.
const CHUNK: usize = 16 * 1024;

/// Zstandard looks back no further than 8 MiB (RFC 9659), and a decoder holds as much.
#[cfg(feature = "zstd")]
const ZSTD_WINDOW: u32 = 23;

pub(super) struct Compressed {
    coding: Coding,
    stage: Stage,
    chunk: BytesMut,
    progress: Arc<Progress>,
}

enum Stage {
    Decoding(Box<dyn Decoder>),
    /// Behind what was decoded.
    Behind(Wire),
    /// Behind all of it, where only zeros may be.
    Padding(Wire),
    Over,
}

trait Decoder: AsyncRead + Send + Unpin {
    fn into_wire(self: Box<Self>) -> Wire;
}

macro_rules! decoders {
    ($($(#[$when:meta])? $name:ident)*) => {
        $($(#[$when])? impl Decoder for $name<Wire> {
            fn into_wire(self: Box<Self>) -> Wire {
                self.into_inner()
            }
        })*
    };
}

decoders! { GzipDecoder ZlibDecoder #[cfg(feature = "brotli")] BrotliDecoder #[cfg(feature = "zstd")] ZstdDecoder }

fn decoder(coding: Coding, wire: Wire) -> Box<dyn Decoder> {
    match coding {
        Coding::Gzip => Box::new(GzipDecoder::new(wire)),
        Coding::Deflate => Box::new(ZlibDecoder::new(wire)),
        #[cfg(feature = "brotli")]
        Coding::Brotli => Box::new(BrotliDecoder::new(wire)),
        #[cfg(feature = "zstd")]
        Coding::Zstd => {
            let window = [DParameter::window_log_max(ZSTD_WINDOW)];
            let mut zstd = ZstdDecoder::with_params(wire, &window);
            // Several frames are one body (RFC 8878, section 3).
            zstd.multiple_members(true);
            Box::new(zstd)
        }
    }
}

impl Compressed {
    pub(super) fn new(body: Body, coding: Coding) -> Self {
        let progress = Arc::new(Progress::default());
        let wire = Wire::new(body, Arc::clone(&progress));
        let stage = Stage::Decoding(decoder(coding, wire));
        Self { coding, stage, chunk: BytesMut::new(), progress }
    }

    /// How much of it was used as it was sent, in bytes.
    pub(super) fn sent(&self) -> u64 {
        self.progress.sent()
    }

    /// Whether it was read to its end.
    pub(super) fn has_ended(&self) -> bool {
        self.progress.has_ended()
    }

    /// The next bytes; none at the end.
    pub(super) fn poll_chunk(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<Option<Bytes>>> {
        loop {
            self.stage = match std::mem::replace(&mut self.stage, Stage::Over) {
                Stage::Over => return Poll::Ready(Ok(None)),
                Stage::Decoding(mut decoder) => {
                    self.chunk.resize(CHUNK, 0);
                    let mut space = ReadBuf::new(&mut self.chunk);
                    let read = Pin::new(&mut decoder).poll_read(cx, &mut space);
                    let length = space.filled().len();
                    if read.is_pending() || length > 0 {
                        self.stage = Stage::Decoding(decoder);
                        ready!(read)?;
                        self.progress.gave();
                        return Poll::Ready(Ok(Some(self.chunk.split_to(length).freeze())));
                    }
                    ready!(read)?;
                    Stage::Behind(decoder.into_wire())
                }
                Stage::Behind(mut wire) => match Pin::new(&mut wire).poll_fill_buf(cx)? {
                    Poll::Pending => {
                        self.stage = Stage::Behind(wire);
                        return Poll::Pending;
                    }
                    Poll::Ready([]) => Stage::Over,
                    // Tapes and other blocks are filled up with zeros, and gzip passes over those.
                    Poll::Ready([0, ..]) if self.coding == Coding::Gzip => Stage::Padding(wire),
                    // Several members are one body (RFC 1952, section 2.2).
                    Poll::Ready(_) if self.coding == Coding::Gzip => {
                        Stage::Decoding(decoder(self.coding, wire))
                    }
                    Poll::Ready(_) => return Poll::Ready(Err(behind_the_end())),
                },
                Stage::Padding(mut wire) => match Pin::new(&mut wire).poll_fill_buf(cx)? {
                    Poll::Pending => {
                        self.stage = Stage::Padding(wire);
                        return Poll::Pending;
                    }
                    Poll::Ready([]) => Stage::Over,
                    Poll::Ready(padding) if padding.iter().all(|byte| *byte == 0) => {
                        let length = padding.len();
                        Pin::new(&mut wire).consume(length);
                        Stage::Padding(wire)
                    }
                    Poll::Ready(_) => return Poll::Ready(Err(behind_the_end())),
                },
            }
        }
    }
}

fn behind_the_end() -> io::Error {
    io::Error::other("something stands behind its end")
}
