//! `Chunk`: the chunked coding of a body of unknown length (RFC 9112, section 7.1).

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Bytes, BytesMut};
use tokio::io::AsyncWrite;

/// The end of a chunk, and the last chunk.
const TAIL: &[u8] = b"\r\n0\r\n\r\n";
const END: usize = 2;

/// Chunks of up to this many bytes are copied into one buffer, which is cheaper than a vectored write.
const SMALL: usize = 512;

/// What is being written: at most one chunk, and the last chunk if the body has ended.
#[derive(Debug, Default)]
pub(super) struct Chunk {
    data: Bytes,
    last: bool,
    state: State,
    /// Bytes of this chunk that have been written.
    written: usize,
    /// Bytes of the chunks before it.
    behind: u64,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    #[default]
    Done,
    Writing,
    Flushing,
}

impl Chunk {
    /// Queues data, and the end of the body after it. Does nothing if there is neither, since an empty chunk would be
    /// the last.
    pub(super) fn put(&mut self, data: Bytes, last: bool) {
        if !data.is_empty() || last {
            (self.data, self.last, self.state) = (data, last, State::Writing);
        }
    }

    /// The number of bytes written in total.
    pub(super) fn written(&self) -> u64 {
        self.behind + self.written as u64
    }

    /// Writes what is queued. Ready when nothing is left.
    pub(super) fn poll_write<S: AsyncWrite + Unpin>(
        &mut self,
        stream: &mut S,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<()>> {
        while self.state == State::Writing {
            let head = Head::new(self.data.len());
            let from = if self.data.is_empty() { END } else { 0 };
            let to = if self.last { TAIL.len() } else { END };
            let parts = [head.as_bytes(), &self.data[..], &TAIL[from..to]];
            let length: usize = parts.iter().map(|part| part.len()).sum();
            match ready!(poll_write_parts(stream, cx, parts, self.written))? {
                0 => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                more => self.written += more,
            }
            if self.written == length {
                self.behind = self.written();
                self.written = 0;
                // Freed while the stream is quiet.
                self.data = Bytes::new();
                self.state = State::Flushing;
            }
        }
        if self.state == State::Flushing {
            ready!(Pin::new(stream).poll_flush(cx))?;
            self.state = State::Done;
        }
        Poll::Ready(Ok(()))
    }
}

/// Writes the rest of the parts, of which the first `written` bytes have been written.
fn poll_write_parts<S: AsyncWrite + Unpin>(
    stream: &mut S,
    cx: &mut Context<'_>,
    parts: [&[u8]; 3],
    mut behind: usize,
) -> Poll<io::Result<usize>> {
    let length: usize = parts.iter().map(|part| part.len()).sum();
    if length <= SMALL {
        let mut bytes = [0; SMALL];
        let mut end = 0;
        for part in parts {
            bytes[end..end + part.len()].copy_from_slice(part);
            end += part.len();
        }
        return Pin::new(stream).poll_write(cx, &bytes[behind..length]);
    }
    let slices = parts.map(|part| {
        let skipped = behind.min(part.len());
        behind -= skipped;
        IoSlice::new(&part[skipped..])
    });
    if stream.is_write_vectored() {
        return Pin::new(stream).poll_write_vectored(cx, &slices);
    }
    let first = slices.iter().find(|slice| !slice.is_empty());
    Pin::new(stream).poll_write(cx, first.map_or(&[], |slice| slice))
}

/// The line before a chunk's data: its length in hexadecimal digits. Empty if there is no data.
struct Head {
    // Sixteen digits hold any length; then CR LF.
    bytes: [u8; 18],
    start: usize,
}

impl Head {
    fn new(mut length: usize) -> Self {
        let mut bytes = *b"0000000000000000\r\n";
        let mut start = if length == 0 { bytes.len() } else { 16 };
        while length > 0 {
            start -= 1;
            bytes[start] = b"0123456789abcdef"[length & 15];
            length >>= 4;
        }
        Self { bytes, start }
    }

    fn as_bytes(&self) -> &[u8] {
        &self.bytes[self.start..]
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_length_is_written_in_hexadecimal() {
        let text = |length| String::from_utf8(Head::new(length).as_bytes().to_vec());
        for length in [1, 9, 10, 15, 16, 17, 255, 256, 4096, 65_535, usize::MAX] {
            assert_eq!(text(length), Ok(format!("{length:x}\r\n")));
        }
        assert_eq!(text(0), Ok(String::new()));
    }
}
