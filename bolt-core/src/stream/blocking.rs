//! Blocking generators: a thread that emits into a bounded buffer.

use std::any::Any;
use std::fmt;
use std::mem;
use std::ops::ControlFlow;
use std::panic::{self, AssertUnwindSafe};
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::thread;

use bytes::BytesMut;
use tokio::sync::Semaphore;

use super::limits::{BLOCKING_STREAMS, BUFFER, RETRY_AFTER};
use super::panics::panic_problem;
use super::source::Source;
use crate::event::{EncodeError, Encoder};
use crate::problem::Problem;

static PERMITS: Semaphore = Semaphore::const_new(BLOCKING_STREAMS);

/// The buffer between the thread and the response. Either end may wait: the thread for room, the response
/// for bytes.
#[derive(Default)]
struct Pipe {
    state: Mutex<State>,
    room: Condvar,
}

#[derive(Default)]
struct State {
    bytes: BytesMut,
    end: Option<Result<(), Problem>>,
    reader: Option<Waker>,
    client_gone: bool,
}

impl Pipe {
    fn lock(&self) -> MutexGuard<'_, State> {
        // No user code runs under this lock, so the state is whole even if it is poisoned.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Moves the bytes in when there is room.
    fn push(&self, bytes: &mut BytesMut) -> Result<(), Stop> {
        let mut state = self.lock();
        while state.bytes.len() >= BUFFER && !state.client_gone {
            state = self.room.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        if state.client_gone {
            return Err(Stop);
        }
        state.bytes.extend_from_slice(bytes);
        bytes.clear();
        wake(state);
        Ok(())
    }

    fn finish(&self, end: Result<(), Problem>) {
        let mut state = self.lock();
        state.end.get_or_insert(end);
        wake(state);
    }
}

/// Wakes the response, if it waits, when the lock is released: one wake however many events follow.
fn wake(mut state: MutexGuard<'_, State>) {
    let reader = state.reader.take();
    drop(state);
    if let Some(reader) = reader {
        reader.wake();
    }
}

/// The end that the response reads. Dropped, the generator ends at its next `emit!`.
pub(crate) struct Thread(Arc<Pipe>);

impl Source for Thread {
    fn poll_fill(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        out: &mut BytesMut,
    ) -> Poll<Result<(), Problem>> {
        let mut state = self.0.lock();
        if out.is_empty() {
            mem::swap(out, &mut state.bytes);
        } else {
            out.unsplit(state.bytes.split());
        }
        if let Some(end) = state.end.take() {
            return Poll::Ready(end);
        }
        if !state.reader.as_ref().is_some_and(|waker| waker.will_wake(cx.waker())) {
            state.reader = Some(cx.waker().clone());
        }
        drop(state);
        self.0.room.notify_all();
        Poll::Pending
    }
}

impl Drop for Thread {
    fn drop(&mut self) {
        let mut state = self.0.lock();
        state.client_gone = true;
        state.bytes = BytesMut::new();
        drop(state);
        self.0.room.notify_all();
    }
}

/// Starts a blocking generator on a thread of tokio's pool, when there is a permit for it.
pub(crate) fn thread<T: 'static>(
    encode: Encoder<T>,
    run: impl FnOnce(&BlockingEmitter<T>) -> Result<(), Problem> + Send + 'static,
) -> Result<Thread, Problem> {
    let Ok(permit) = PERMITS.try_acquire() else {
        return Err(Problem::unavailable(
            format!("all {BLOCKING_STREAMS} blocking streams of this server are in use"),
            RETRY_AFTER,
        ));
    };
    let pipe = Arc::new(Pipe::default());
    let running = Running(Arc::clone(&pipe));
    tokio::task::spawn_blocking(move || {
        // Given back when the generator has ended, not when its client leaves.
        let _permit = permit;
        let emitter = BlockingEmitter {
            pipe: Arc::clone(&running.0),
            encode,
            scratch: Mutex::default(),
            stopped: AtomicBool::new(false),
        };
        let end = panic::catch_unwind(AssertUnwindSafe(|| run(&emitter)));
        running.0.finish(end.unwrap_or_else(|payload| end_of_panic(&*payload)));
    });
    Ok(Thread(pipe))
}

fn end_of_panic(payload: &(dyn Any + Send)) -> Result<(), Problem> {
    if payload.is::<Stop>() { Ok(()) } else { Err(panic_problem(payload)) }
}

/// Ends the stream if the pool drops the closure unrun, as it does when the runtime shuts down.
struct Running(Arc<Pipe>);

impl Drop for Running {
    fn drop(&mut self) {
        let problem = Problem::unavailable("the server is shutting down", RETRY_AFTER);
        self.0.finish(Err(problem));
    }
}

/// What `emit!` calls in a `fn`.
pub struct BlockingEmitter<T> {
    pipe: Arc<Pipe>,
    encode: Encoder<T>,
    /// Events are encoded here, outside the pipe's lock, so that no executor thread waits for a `Serialize`.
    scratch: Mutex<BytesMut>,
    /// Whether an `emit!` has already asked the generator to end.
    stopped: AtomicBool,
}

/// The generator must end: its client is gone, or a value could not be encoded.
#[derive(Debug)]
pub struct Stop;

impl<T> BlockingEmitter<T> {
    /// Writes the value as an event, waiting while the buffer is full.
    ///
    /// # Errors
    /// [`Stop`] the first time that the generator is to end. `emit!` then returns from the function around
    /// it.
    ///
    /// # Panics
    /// Unwinds the next time: the `emit!` stood in a closure, and only that had returned. A return is tried
    /// first because unwinding would poison a lock that the generator holds.
    #[expect(
        clippy::needless_pass_by_value,
        reason = "`emit!` takes the value, as in an async generator"
    )]
    pub fn emit(&self, value: T) -> Result<(), Stop> {
        let mut scratch = self.scratch.lock().unwrap_or_else(PoisonError::into_inner);
        let written = match (self.encode)(&value, &mut scratch) {
            Ok(()) => self.pipe.push(&mut scratch),
            Err(error) => Err(self.fail(error)),
        };
        drop(scratch);
        written.inspect_err(|Stop| {
            let again = self.stopped.swap(true, Ordering::Relaxed);
            if again && cfg!(panic = "unwind") && !thread::panicking() {
                panic::resume_unwind(Box::new(Stop));
            }
        })
    }

    fn fail(&self, error: EncodeError) -> Stop {
        self.pipe.finish(Err(Problem::internal(error)));
        Stop
    }
}

impl<T> fmt::Debug for BlockingEmitter<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BlockingEmitter").finish_non_exhaustive()
    }
}

/// What a function or closure around an `emit!` may return, so that `emit!` can end it.
#[diagnostic::on_unimplemented(
    message = "`emit!` cannot end a closure that returns `{Self}`",
    label = "in a closure that returns `{Self}`",
    note = "help: use a `for` loop, or a closure that returns `()` or a `Result<(), _>`"
)]
pub trait Stopped {
    #[doc(hidden)]
    fn stopped() -> Self;
}

impl Stopped for () {
    fn stopped() -> Self {}
}

impl<E> Stopped for Result<(), E> {
    fn stopped() -> Self {
        Ok(())
    }
}

impl Stopped for Option<()> {
    fn stopped() -> Self {
        None
    }
}

impl<B: Stopped> Stopped for ControlFlow<B> {
    fn stopped() -> Self {
        ControlFlow::Break(B::stopped())
    }
}

/// What `emit!` returns from the function around it when the generator is to end.
#[must_use]
pub fn stopped<R: Stopped>() -> R {
    R::stopped()
}
