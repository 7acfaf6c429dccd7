//! `Source`: where the events of a body come from.

use std::mem;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::BytesMut;

use crate::problem::Problem;

/// Events that are to be sent, and how many they are.
#[derive(Debug, Default)]
pub(crate) struct Outgoing {
    pub(super) bytes: BytesMut,
    pub(super) events: u64,
}

impl Outgoing {
    /// Appends what is in another, and leaves it empty.
    pub(super) fn append(&mut self, other: &mut Self) {
        if self.bytes.is_empty() {
            mem::swap(&mut self.bytes, &mut other.bytes);
        } else {
            self.bytes.unsplit(other.bytes.split());
        }
        self.events += mem::take(&mut other.events);
    }
}

/// A running generator, polled for bytes.
pub(crate) trait Source: Send + 'static {
    /// Appends what is ready to `out`, up to about `stream.buffer` bytes.
    ///
    /// Ready when the generator has ended. Pending may come with bytes in `out`: the caller then sends them
    /// and polls again, and only a call that leaves `out` empty has to arrange a wake-up.
    fn poll_fill(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        out: &mut Outgoing,
    ) -> Poll<Result<(), Problem>>;

    /// Why it has failed, when it has and nobody has asked yet.
    fn failure(self: Pin<&mut Self>) -> Option<Problem> {
        None
    }

    /// Nothing more is wanted: appends what was emitted since the last call, and lets nothing more be.
    fn close(self: Pin<&mut Self>, _out: &mut Outgoing) {}
}
