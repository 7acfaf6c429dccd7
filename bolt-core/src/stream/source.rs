//! `Source`: where the events of a body come from.

use std::mem;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::BytesMut;

use crate::event::EncodeError;
use crate::problem::Problem;

/// Encoded events to be sent, and their number.
#[derive(Debug, Default)]
pub(crate) struct Outgoing {
    pub(super) bytes: BytesMut,
    pub(super) events: u32,
    /// `bytes` is no event: it is the JSON that answers the request in place of the stream.
    pub(super) answers: bool,
}

impl Outgoing {
    /// Room for this many bytes.
    pub(super) fn with_capacity(bytes: usize) -> Self {
        Self { bytes: BytesMut::with_capacity(bytes), ..Self::default() }
    }

    /// Moves the contents of another to the end of this one.
    pub(super) fn append(&mut self, other: &mut Self) {
        if self.bytes.is_empty() {
            mem::swap(&mut self.bytes, &mut other.bytes);
        } else {
            self.bytes.unsplit(other.bytes.split());
        }
        self.events += mem::take(&mut other.events);
        self.answers |= mem::take(&mut other.answers);
    }

    /// Takes the JSON that `write` appends for the answer.
    ///
    /// # Errors
    /// When `write` fails, or something was emitted before.
    pub(super) fn answer(
        &mut self,
        write: impl FnOnce(&mut BytesMut) -> Result<(), EncodeError>,
    ) -> Result<(), EncodeError> {
        if !self.bytes.is_empty() {
            return Err(EncodeError::answered_late());
        }
        write(&mut self.bytes)?;
        self.answers = true;
        Ok(())
    }
}

/// A running generator, polled for bytes.
pub(crate) trait Source: Send + 'static {
    /// Appends what is ready to `out`, up to about `stream.buffer` bytes.
    ///
    /// Ready when the generator has ended. If it returns pending with bytes in `out`, the caller sends them and polls
    /// again; only a call that leaves `out` empty has to register a waker.
    fn poll_fill(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        out: &mut Outgoing,
    ) -> Poll<Result<(), Problem>>;

    /// The failure, if there is one that has not been returned yet.
    fn failure(self: Pin<&mut Self>) -> Option<Problem> {
        None
    }

    /// Stops the source: appends what was emitted since the last call, and accepts nothing more.
    fn close(self: Pin<&mut Self>, _out: &mut Outgoing) {}
}
