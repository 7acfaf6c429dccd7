//! The response body: frames from a source, keep-alives while it is silent, and its end.

use std::convert::Infallible;
use std::mem;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::{Bytes, BytesMut};
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;

use super::call::Call;
use super::clock::{Clock, Due};
use super::framing::{Cut, Framing};
use super::limits::RECONNECT;
use super::reason::reason;
use super::shared::Shared;
use super::source::{Outgoing, Source};
use crate::event::{EncodeError, Form, write_retry};
use crate::info::Info;
use crate::latch::Waiter;
use crate::observe::{End, StreamRecord};
use crate::panics::{catch, catch_and_log};
use crate::problem::Problem;

/// A quiet stream keeps no buffer larger than this, in bytes.
const IDLE_BUFFER: usize = 1024;

/// The first capacity of the buffer, in bytes: a small event fits, for which it would otherwise grow in several steps.
const FIRST_BUFFER: usize = 64;

/// The client's own wait before it reconnects, as most browsers have it.
const USUAL_RETRY: std::time::Duration = std::time::Duration::from_secs(3);

pin_project! {
    /// A live stream as an HTTP body.
    pub(crate) struct EventBody<S: Source> {
        info: &'static Info,
        framing: Framing,
        // None once the generator has ended, which is when it is dropped.
        #[pin]
        source: Option<S>,
        out: Outgoing,
        // Whether an async generator was waiting for room when the last frame was taken.
        waits: bool,
        record: StreamRecord,
        #[pin]
        clock: Clock,
        shared: Arc<Shared>,
        #[pin]
        ending: Waiter,
    }

    impl<S: Source> PinnedDrop for EventBody<S> {
        // The client has left. A panic in a destructor of the generator must not reach the connection.
        fn drop(this: Pin<&mut Self>) {
            let mut this = this.project();
            let failure = this.source.as_mut().as_pin_mut().and_then(Source::failure);
            // Dropping the problem may run the user's code.
            let failed = catch(|| failure.map(|problem| reason(&Err(problem)))).unwrap_or(None);
            let left = if this.shared.ending.is_set() { End::Shutdown } else { End::ClientLeft };
            this.record.end_early(failed.unwrap_or(left));
            this.record.at_end(|| catch_and_log(this.info.name, || this.source.set(None)));
        }
    }
}

impl<S: Source> EventBody<S> {
    pub(crate) fn new(
        info: &'static Info,
        call: &Call,
        form: Form,
        record: StreamRecord,
        source: S,
    ) -> Self {
        let settings = &call.shared.settings;
        let lasts = settings.max_duration.map(|lasts| call.shared.jitter.around(lasts, 10));
        let framing = Framing::new(form, call.is_told_of_cuts());
        let keep_alive = settings.keep_alive.filter(|_| framing.breaks_silence());
        Self {
            info,
            framing,
            source: Some(source),
            out: Outgoing::with_capacity(FIRST_BUFFER),
            waits: false,
            record,
            clock: Clock::new(keep_alive, lasts),
            ending: call.shared.ending.waiter(),
            shared: Arc::clone(&call.shared),
        }
    }

    /// Runs the generator until there are bytes to send or it has ended. Returns the problem if it failed before it
    /// emitted anything; any other end has been written into the bytes.
    pub(crate) fn poll_first(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Problem>> {
        let mut this = self.project();
        // A gap event that bolt has written is not the generator's.
        let before = this.out.bytes.len();
        match poll_source(this.record, false, this.source.as_mut(), cx, this.out) {
            Poll::Ready(end) => {
                this.record.end(reason(&end));
                match end {
                    Err(problem) if this.out.bytes.len() == before => {
                        this.record.at_end(|| problem.log(this.info.name));
                        Poll::Ready(Some(problem))
                    }
                    Ok(()) if this.out.answers => Poll::Ready(None),
                    end => {
                        write_end(*this.framing, &mut this.out.bytes, this.info, this.record, &end);
                        Poll::Ready(None)
                    }
                }
            }
            Poll::Pending if this.out.bytes.len() == before => Poll::Pending,
            Poll::Pending => Poll::Ready(None),
        }
    }

    /// The JSON that answers in place of the stream, if the generator has given one before its first event.
    pub(crate) fn take_answer(self: Pin<&mut Self>) -> Option<Bytes> {
        let this = self.project();
        if !mem::take(&mut this.out.answers) {
            return None;
        }
        let json = mem::take(&mut this.out.bytes).freeze();
        this.record.sent(1, json.len());
        Some(json)
    }

    /// Prepends the usual `retry:`, in case the client was refused for load before and still has the longer delay that
    /// it was given then.
    pub(crate) fn reset_retry(self: Pin<&mut Self>) {
        self.put_first(|out| write_retry(out, USUAL_RETRY, ""));
    }

    /// Prepends what `write` appends.
    pub(crate) fn put_first<R>(self: Pin<&mut Self>, write: impl FnOnce(&mut BytesMut) -> R) -> R {
        let this = self.project();
        let out = &mut this.out.bytes;
        let events = mem::take(out);
        let written = write(out);
        out.unsplit(events);
        written
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
        if mem::take(this.waits) {
            this.record.waited(this.clock.since_sent());
        }
        if this.source.is_some() {
            let mut cut = this.shared.ending.is_set();
            match poll_source(this.record, true, this.source.as_mut(), cx, this.out) {
                Poll::Ready(end) => {
                    this.record.end(reason(&end));
                    let _in = this.shared.problems.format.enter();
                    write_end(*this.framing, &mut this.out.bytes, this.info, this.record, &end);
                }
                Poll::Pending if this.out.bytes.is_empty() && !cut => {
                    let due = match this.ending.poll(&this.shared.ending, cx) {
                        Poll::Ready(()) => Due::End,
                        Poll::Pending => ready!(this.clock.as_mut().poll_due(cx)),
                    };
                    match due {
                        Due::KeepAlive => this.framing.write_keep_alive(&mut this.out.bytes),
                        Due::End => cut = true,
                    }
                }
                Poll::Pending => {}
            }
            cut |= this.clock.sent();
            if cut && this.source.is_some() {
                // `out` has everything that was emitted, so this is between two events.
                if let Some(source) = this.source.as_mut().as_pin_mut() {
                    source.close(this.out);
                }
                let (cut, reason) = match this.shared.ending.is_set() {
                    true => (Cut::Shutdown, End::Shutdown),
                    false => (Cut::MaxDuration, End::TooLong),
                };
                this.record.end(reason);
                this.record.at_end(|| catch_and_log(this.info.name, || this.source.set(None)));
                let retry = this.shared.jitter.around(RECONNECT, 50);
                let _in = this.shared.problems.format.enter();
                this.framing.write_cut(&mut this.out.bytes, this.info, cut, retry);
            }
        }
        if this.out.bytes.is_empty() {
            return Poll::Ready(None);
        }
        this.framing.begin(&mut this.out.bytes);
        let frame = take(&mut this.out.bytes);
        this.record.sent(mem::take(&mut this.out.events).into(), frame.len());
        // A waiting thread records its own waits.
        let full = frame.len() >= this.shared.settings.buffer;
        *this.waits = full && !this.info.blocking && this.source.is_some();
        Poll::Ready(Some(Ok(Frame::data(frame))))
    }

    fn is_end_stream(&self) -> bool {
        self.source.is_none() && self.out.bytes.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::default()
    }
}

/// Polls the source, catching panics, and drops it when it has ended. Where the head was `sent`, an answer in place of the
/// stream comes too late.
fn poll_source<S: Source>(
    record: &StreamRecord,
    sent: bool,
    mut source: Pin<&mut Option<S>>,
    cx: &mut Context<'_>,
    out: &mut Outgoing,
) -> Poll<Result<(), Problem>> {
    let before = out.bytes.len();
    let fill = || match source.as_mut().as_pin_mut() {
        Some(source) => source.poll_fill(cx, out),
        None => Poll::Ready(Ok(())),
    };
    let polled = record.run(|| catch(fill));
    let mut end = match polled {
        Ok(polled) => ready!(polled),
        Err(problem) => Err(problem),
    };
    if sent && mem::take(&mut out.answers) {
        out.bytes.truncate(before);
        end = Err(Problem::internal(EncodeError::answered_late()));
    }
    Poll::Ready(record.run(|| catch(|| source.set(None))).and(end))
}

/// Writes the end of a stream whose generator has ended.
fn write_end(
    framing: Framing,
    out: &mut BytesMut,
    info: &Info,
    record: &StreamRecord,
    end: &Result<(), Problem>,
) {
    if let Err(problem) = end {
        record.at_end(|| problem.log(info.name));
    }
    framing.write_end(out, info, end.as_ref().copied());
}

/// Takes the frame. A large buffer goes with it, so that a stream does not keep it after a burst.
fn take(out: &mut BytesMut) -> Bytes {
    if out.capacity() > IDLE_BUFFER { mem::take(out).freeze() } else { out.split().freeze() }
}
