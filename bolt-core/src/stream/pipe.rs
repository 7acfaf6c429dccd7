//! `Pipe`: the bounded buffer between a blocking thread and its response.

use std::mem;
use std::pin::Pin;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use bytes::BytesMut;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::{Instant, sleep_until};

use super::limits::RETRY_AFTER;
use super::reason::Forced;
use super::source::{Outgoing, Source};
use crate::event::EncodeError;
use crate::latch::Latch;
use crate::observe::{LevelGuard, RouteStats, StreamSpan};
use crate::problem::Problem;

/// Either end may wait: the thread for room, the response for bytes.
pub(super) struct Pipe {
    state: Mutex<State>,
    room: Condvar,
    /// Set when the response reads no more, for code that waits for something other than room.
    pub(super) closed: Arc<Latch>,
    /// Bytes that may be queued before the thread waits.
    limit: usize,
    stall_timeout: Option<Duration>,
    /// Records how long the thread waits.
    stats: Arc<RouteStats>,
}

#[derive(Default)]
struct State {
    out: Outgoing,
    started: bool,
    end: Option<Result<(), Problem>>,
    reader: Option<Waker>,
    /// Work that has returned its thread until there is room.
    parked: Option<Box<dyn Work>>,
    parked_at: Option<Instant>,
    /// Whether a task watches the parked work for a stall.
    watched: bool,
    closed: bool,
}

impl State {
    /// Whether nothing that is written from now on will be sent.
    fn is_over(&self) -> bool {
        self.closed || self.end.is_some()
    }
}

/// Blocking work that can be parked between two events.
pub(super) trait Work: Send {
    /// Continues on the calling thread until it ends or is parked again.
    fn resume(self: Box<Self>);
}

/// Nobody will read what is written: the client is gone, or has stalled, or the stream has failed.
#[derive(Debug)]
pub(super) struct Closed;

impl Pipe {
    pub(super) fn new(
        limit: usize,
        stall_timeout: Option<Duration>,
        stats: Arc<RouteStats>,
    ) -> Self {
        let (state, room, closed) = Default::default();
        Self { state, room, closed, limit, stall_timeout, stats }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // No user code runs under this lock, so the state is whole even if it is poisoned.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Appends the bytes, waiting until there is room.
    pub(super) fn push(&self, bytes: &mut BytesMut) -> Result<(), Closed> {
        let mut state = self.lock();
        let full = |state: &State| state.out.bytes.len() >= self.limit && !state.is_over();
        let since = full(&state).then(Instant::now);
        while full(&state) {
            state = match self.stall_timeout {
                None => self.room.wait(state).unwrap_or_else(PoisonError::into_inner),
                Some(wait) => {
                    let waited = self.room.wait_timeout(state, wait);
                    let (mut state, timeout) = waited.unwrap_or_else(PoisonError::into_inner);
                    if timeout.timed_out() && state.out.bytes.len() >= self.limit {
                        state.closed = true;
                        state.end.get_or_insert(Err(stalled(wait)));
                    }
                    state
                }
            };
        }
        if let Some(since) = since {
            self.stats.waited(since.elapsed());
        }
        append(state, bytes)
    }

    /// Appends the bytes whether there is room or not.
    pub(super) fn push_now(&self, bytes: &mut BytesMut) -> Result<(), Closed> {
        append(self.lock(), bytes)
    }

    /// Returns the work if there is room to go on; else parks it, or drops it if the stream is over.
    pub(super) fn park_unless_room<W: Work + 'static>(
        self: &Arc<Self>,
        work: Box<W>,
    ) -> Option<Box<W>> {
        let mut state = self.lock();
        if state.is_over() {
            drop(state);
            drop(work);
            return None;
        }
        if state.out.bytes.len() < self.limit {
            return Some(work);
        }
        state.parked = Some(work);
        state.parked_at = Some(Instant::now());
        let watch = self.stall_timeout.filter(|_| !mem::replace(&mut state.watched, true));
        drop(state);
        if let Some(wait) = watch {
            tokio::spawn(Arc::clone(self).watch(wait));
        }
        None
    }

    /// Ends the stream if its work stays parked for too long.
    async fn watch(self: Arc<Self>, wait: Duration) {
        loop {
            let due = {
                let mut state = self.lock();
                let due =
                    state.parked_at.filter(|_| state.parked.is_some()).map(|since| since + wait);
                let Some(due) = due else {
                    state.watched = false;
                    return;
                };
                if Instant::now() >= due {
                    state.closed = true;
                    state.end.get_or_insert(Err(stalled(wait)));
                    let work = state.parked.take();
                    drop(state);
                    drop_aside(work);
                    return;
                }
                due
            };
            sleep_until(due).await;
        }
    }

    /// Marks the thread as running. False if nobody waits for it any more.
    pub(super) fn start(&self) -> bool {
        let mut state = self.lock();
        state.started = true;
        let wanted = !state.is_over();
        wake(state);
        wanted
    }

    /// Ready when the thread runs, or is known not to.
    pub(super) fn poll_started(&self, cx: &mut Context<'_>) -> Poll<()> {
        let mut state = self.lock();
        if state.started || state.end.is_some() {
            return Poll::Ready(());
        }
        state.reader = Some(cx.waker().clone());
        Poll::Pending
    }

    /// Ends the stream with this JSON in place of it, if nothing was emitted. For a client that has left, it does nothing.
    pub(super) fn answer(&self, json: BytesMut) -> Result<(), EncodeError> {
        let mut state = self.lock();
        if state.is_over() {
            return Ok(());
        }
        state.out.answer(|out| {
            *out = json;
            Ok(())
        })?;
        state.end = Some(Ok(()));
        wake(state);
        Ok(())
    }

    /// Records how the generator ended. Only the first call counts.
    pub(super) fn finish(&self, end: Result<(), Problem>) {
        let mut state = self.lock();
        if state.is_over() {
            // Dropped outside the lock, since the problem may contain an error of the user's.
            drop(state);
            return drop(end);
        }
        state.end = Some(end);
        wake(state);
    }
}

fn append(mut state: MutexGuard<'_, State>, bytes: &mut BytesMut) -> Result<(), Closed> {
    if state.is_over() {
        return Err(Closed);
    }
    if !bytes.is_empty() {
        state.out.bytes.extend_from_slice(bytes);
        state.out.events += 1;
        bytes.clear();
    }
    wake(state);
    Ok(())
}

fn stalled(wait: Duration) -> Problem {
    let detail = format!("the buffer was full for {}s (stream.stall_timeout)", wait.as_secs_f32());
    Problem::unavailable(detail, RETRY_AFTER).cause(Forced::Stalled)
}

/// Releases the lock and wakes the response if it waits: one wake, however many events follow.
fn wake(mut state: MutexGuard<'_, State>) {
    let reader = state.reader.take();
    drop(state);
    if let Some(reader) = reader {
        reader.wake();
    }
}

/// The reading end, held by the response. Dropping it closes the pipe.
pub(crate) struct Thread(pub(super) Arc<Pipe>);

impl Source for Thread {
    fn poll_fill(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        out: &mut Outgoing,
    ) -> Poll<Result<(), Problem>> {
        let mut state = self.0.lock();
        let was_full = state.out.bytes.len() >= self.0.limit;
        out.append(&mut state.out);
        if let Some(end) = state.end.take() {
            return Poll::Ready(end);
        }
        if !state.reader.as_ref().is_some_and(|waker| waker.will_wake(cx.waker())) {
            state.reader = Some(cx.waker().clone());
        }
        let parked = state.parked.take();
        let since = state.parked_at.filter(|_| parked.is_some());
        drop(state);
        if was_full {
            self.0.room.notify_all();
        }
        if let Some(since) = since {
            self.0.stats.waited(since.elapsed());
        }
        if let Some(work) = parked {
            tokio::task::spawn_blocking(|| work.resume());
        }
        Poll::Pending
    }

    fn failure(self: Pin<&mut Self>) -> Option<Problem> {
        self.0.lock().end.take().and_then(Result::err)
    }

    fn close(self: Pin<&mut Self>, out: &mut Outgoing) {
        let mut state = self.0.lock();
        state.closed = true;
        out.append(&mut state.out);
        drop(state);
        self.0.room.notify_all();
        self.0.closed.set();
    }
}

impl Drop for Thread {
    fn drop(&mut self) {
        let mut state = self.0.lock();
        state.closed = true;
        state.out = Outgoing::default();
        let parked = state.parked.take();
        drop(state);
        self.0.room.notify_all();
        self.0.closed.set();
        drop_aside(parked);
    }
}

/// Drops work on a blocking thread, since its destructors may block.
fn drop_aside(work: Option<Box<dyn Work>>) {
    if let (Some(work), Ok(runtime)) = (work, tokio::runtime::Handle::try_current()) {
        runtime.spawn_blocking(|| drop(work));
    }
}

/// A generator that has, or had, a thread. Dropped before `finish` was called, it ends the stream as an error.
pub(super) struct Running {
    pub(super) pipe: Arc<Pipe>,
    /// The generator runs inside this span.
    pub(super) span: StreamSpan,
    // Returned when the generator has ended, not when its client leaves.
    _permit: Permit,
}

/// A permit to run on a thread, counted while it is held.
pub(super) struct Permit {
    _permit: OwnedSemaphorePermit,
    _running: LevelGuard,
}

impl Permit {
    pub(super) fn new(permit: OwnedSemaphorePermit, running: LevelGuard) -> Self {
        Self { _permit: permit, _running: running }
    }
}

impl Running {
    pub(super) fn new(pipe: Arc<Pipe>, span: StreamSpan, permit: Permit) -> Self {
        Self { pipe, span, _permit: permit }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // The pool drops work that it has not run when the runtime shuts down.
        let problem = Problem::unavailable("the server is shutting down", RETRY_AFTER);
        self.pipe.finish(Err(problem.cause(Forced::Shutdown)));
    }
}
