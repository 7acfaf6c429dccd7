//! The response body: frames from a source, comments while it is silent, one last block at its end.

use std::convert::Infallible;
use std::panic::{self, AssertUnwindSafe};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Bytes, BytesMut};
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;
use tokio::time::{Instant, Sleep, sleep_until};

use super::info::Info;
use super::limits::KEEP_ALIVE;
use super::panics::panic_problem;
use super::source::Source;
use crate::event::{write_error, write_keep_alive, write_terminal};
use crate::problem::Problem;

/// A stream that is quiet keeps no buffer larger than this, in bytes.
const IDLE_BUFFER: usize = 1024;

pin_project! {
    /// A live stream as an HTTP body.
    pub(crate) struct EventBody<S> {
        info: Info,
        // Whether the last block tells the client not to come back.
        terminal: bool,
        // None once the generator has ended; it is dropped at once then.
        #[pin]
        source: Option<S>,
        out: BytesMut,
        // When bytes last left. The timer is not reset by them: when it fires, it looks here.
        sent: Instant,
        #[pin]
        silence: Sleep,
    }
}

impl<S: Source> EventBody<S> {
    /// `reconnects`: the client is one that comes back after the end, unless it is told not to.
    pub(crate) fn new(info: Info, reconnects: bool, source: S) -> Self {
        let now = Instant::now();
        Self {
            info,
            terminal: reconnects && !info.restart,
            source: Some(source),
            out: BytesMut::new(),
            sent: now,
            silence: sleep_until(now + KEEP_ALIVE),
        }
    }

    /// Runs the generator until bytes wait or it has ended. `Some` is why it failed before it emitted
    /// anything; any other end is already written into the bytes.
    pub(crate) fn poll_first(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Problem>> {
        let mut this = self.project();
        match poll_source(this.source.as_mut(), cx, this.out) {
            Poll::Ready(Err(problem)) if this.out.is_empty() => {
                problem.log(this.info.name);
                Poll::Ready(Some(problem))
            }
            Poll::Ready(end) => {
                write_end(this.out, this.info.name, *this.terminal, end);
                Poll::Ready(None)
            }
            Poll::Pending if this.out.is_empty() => Poll::Pending,
            Poll::Pending => Poll::Ready(None),
        }
    }
}

impl<S: Source> Body for EventBody<S> {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let mut this = self.project();
        if this.source.is_some() {
            match poll_source(this.source.as_mut(), cx, this.out) {
                Poll::Ready(end) => write_end(this.out, this.info.name, *this.terminal, end),
                Poll::Pending if this.out.is_empty() => {
                    ready!(poll_silence(this.silence, *this.sent, cx));
                    write_keep_alive(this.out);
                }
                Poll::Pending => {}
            }
        }
        if this.out.is_empty() {
            return Poll::Ready(None);
        }
        *this.sent = Instant::now();
        Poll::Ready(Some(Ok(Frame::data(cut(this.out)))))
    }

    fn is_end_stream(&self) -> bool {
        self.source.is_none() && self.out.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::default()
    }
}

/// Polls the source with every panic caught, and drops it when it has ended.
fn poll_source<S: Source>(
    mut source: Pin<&mut Option<S>>,
    cx: &mut Context<'_>,
    out: &mut BytesMut,
) -> Poll<Result<(), Problem>> {
    // After a panic the source is only dropped, so nothing broken is seen.
    let polled = panic::catch_unwind(AssertUnwindSafe(|| match source.as_mut().as_pin_mut() {
        Some(source) => source.poll_fill(cx, out),
        None => Poll::Ready(Ok(())),
    }));
    let end = match polled {
        Ok(polled) => ready!(polled),
        Err(payload) => Err(panic_problem(&*payload)),
    };
    let dropped = panic::catch_unwind(AssertUnwindSafe(|| source.set(None)));
    Poll::Ready(dropped.map_err(|payload| panic_problem(&*payload)).and(end))
}

/// Writes the last block. A stream is finished when its generator returned, or refused what was asked for;
/// after a server fault the client may come back.
fn write_end(out: &mut BytesMut, name: &'static str, terminal: bool, end: Result<(), Problem>) {
    let finished = match end {
        Ok(()) => true,
        Err(problem) => {
            problem.log(name);
            write_error(out, &problem.to_json());
            !problem.status().is_server_error()
        }
    };
    if finished && terminal {
        write_terminal(out);
    }
}

/// Ready when nothing was sent for [`KEEP_ALIVE`].
fn poll_silence(mut silence: Pin<&mut Sleep>, sent: Instant, cx: &mut Context<'_>) -> Poll<()> {
    loop {
        ready!(silence.as_mut().poll(cx));
        let due = sent + KEEP_ALIVE;
        if silence.deadline() >= due {
            silence.as_mut().reset(Instant::now() + KEEP_ALIVE);
            return Poll::Ready(());
        }
        silence.as_mut().reset(due);
    }
}

/// Cuts the frame. A large buffer goes with it, so that a stream that had a burst does not keep it.
fn cut(out: &mut BytesMut) -> Bytes {
    if out.capacity() > IDLE_BUFFER { std::mem::take(out).freeze() } else { out.split().freeze() }
}
