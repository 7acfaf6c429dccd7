//! `Chunk`: the coding of a body of unknown length (RFC 9112, section 7.1).

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Bytes, BytesMut};
use tokio::io::AsyncWrite;

/// Sixteen digits hold any length; then CR LF.
const HEAD: usize = 18;

const AFTER: &[u8] = b"\r\n";
const LAST: &[u8] = b"0\r\n\r\n";
const AFTER_AND_LAST: &[u8] = b"\r\n0\r\n\r\n";

/// What is being written: at most one chunk, and the last one where it belongs.
#[derive(Debug, Default)]
pub(super) struct Chunk {
    head: [u8; HEAD],
    head_len: u8,
    data: Bytes,
    tail: &'static [u8],
    length: usize,
    written: usize,
    flushed: bool,
}

impl Chunk {
    /// Puts data in line, and the end of the body behind it. `data` may be empty only at the end: a chunk of no
    /// length is the last.
    pub(super) fn put(&mut self, data: Bytes, last: bool) {
        self.head_len = 0;
        self.tail = match (data.is_empty(), last) {
            (true, true) => LAST,
            (true, false) => b"",
            (false, last) => {
                self.write_head(data.len());
                if last { AFTER_AND_LAST } else { AFTER }
            }
        };
        self.length = usize::from(self.head_len) + data.len() + self.tail.len();
        self.data = data;
        self.written = 0;
        self.flushed = false;
    }

    fn write_head(&mut self, length: usize) {
        let digits = length.checked_ilog(16).unwrap_or(0) as usize + 1;
        for (place, digit) in self.head[..digits].iter_mut().enumerate() {
            let shift = (digits - 1 - place) * 4;
            *digit = b"0123456789abcdef"[(length >> shift) & 15];
        }
        self.head[digits..digits + 2].copy_from_slice(AFTER);
        #[expect(clippy::cast_possible_truncation, reason = "at most `HEAD`")]
        {
            self.head_len = (digits + 2) as u8;
        }
    }

    /// Bytes that are still to be written.
    pub(super) fn left(&self) -> usize {
        self.length - self.written
    }

    /// How many of its bytes were written.
    pub(super) fn written(&self) -> usize {
        self.written
    }

    /// Writes what is left. Ready when nothing is.
    pub(super) fn poll_write<S: AsyncWrite + Unpin>(
        &mut self,
        stream: &mut S,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<()>> {
        while self.left() > 0 {
            let written = self.write_once(stream, cx);
            match ready!(written)? {
                0 => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                more => self.written += more,
            }
        }
        if !self.flushed {
            // What was a large frame is not kept while the stream is quiet.
            self.data = Bytes::new();
            (self.head_len, self.tail) = (0, b"");
            ready!(Pin::new(stream).poll_flush(cx))?;
            self.flushed = true;
        }
        Poll::Ready(Ok(()))
    }

    fn write_once<S: AsyncWrite + Unpin>(
        &self,
        stream: &mut S,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<usize>> {
        let mut skip = self.written;
        let mut part = |bytes| {
            let bytes: &[u8] = bytes;
            let start = skip.min(bytes.len());
            skip -= start;
            IoSlice::new(&bytes[start..])
        };
        let head = &self.head[..usize::from(self.head_len)];
        let slices = [part(head), part(&self.data), part(self.tail)];
        if stream.is_write_vectored() {
            return Pin::new(stream).poll_write_vectored(cx, &slices);
        }
        match slices.iter().find(|slice| !slice.is_empty()) {
            Some(slice) => Pin::new(stream).poll_write(cx, slice),
            None => Poll::Ready(Ok(0)),
        }
    }
}

/// Frames that are ready together, as the data of one chunk.
#[derive(Debug, Default)]
pub(super) struct Frames {
    first: Bytes,
    // Used when there is a second.
    all: BytesMut,
}

impl Frames {
    pub(super) fn len(&self) -> usize {
        self.first.len().max(self.all.len())
    }

    pub(super) fn add(&mut self, frame: Bytes) {
        if self.len() == 0 {
            self.first = frame;
            return;
        }
        if self.all.is_empty() {
            self.all.extend_from_slice(&self.first);
            self.first = Bytes::new();
        }
        self.all.extend_from_slice(&frame);
    }

    pub(super) fn into_bytes(self) -> Bytes {
        if self.all.is_empty() { self.first } else { self.all.freeze() }
    }
}
