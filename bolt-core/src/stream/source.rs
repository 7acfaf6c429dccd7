//! `Source`: where the events of a body come from.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::BytesMut;

use crate::problem::Problem;

/// A running generator, polled for bytes.
pub(crate) trait Source: Send + 'static {
    /// Appends what is ready to `out`, up to about `stream.buffer` bytes.
    ///
    /// Ready when the generator has ended. Pending may come with bytes in `out`: the caller then sends them
    /// and polls again, and only a call that leaves `out` empty has to arrange a wake-up.
    fn poll_fill(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        out: &mut BytesMut,
    ) -> Poll<Result<(), Problem>>;

    /// Nothing more is wanted: appends what was emitted since the last call, and lets nothing more be.
    fn close(self: Pin<&mut Self>, _out: &mut BytesMut) {}
}
