//! Blocking generators: a thread that emits.

use std::any::Any;
use std::convert::Infallible;
use std::fmt;
use std::ops::ControlFlow;
use std::panic::{self, AssertUnwindSafe};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, ThreadId};

use bytes::BytesMut;
use serde::Serialize;

use super::pipe::{Closed, Pipe, Running};
use super::thread_end::RunsHere;
use crate::event::{Encoder, put_json};
use crate::panics::panic_problem;
use crate::problem::Problem;

/// What `emit!` calls in a `fn`.
pub struct BlockingEmitter<T> {
    pipe: Arc<Pipe>,
    encode: Encoder<T>,
    scratch: Mutex<Scratch>,
}

#[derive(Default)]
struct Scratch {
    /// Events are encoded here, outside the pipe's lock, so that no async thread waits for a `Serialize`.
    bytes: BytesMut,
    /// The threads on which an `emit!` has already returned `Stop`.
    stopped: Vec<ThreadId>,
}

/// The capacity that a thread keeps of its buffer after a large event, in bytes.
const IDLE_BUFFER: usize = 16 * 1024;

/// The generator has to end: its client has left, or a value could not be encoded.
#[derive(Debug)]
pub struct Stop;

/// Runs a generator to its end, on this thread.
pub(super) fn run<T>(
    running: &Running,
    encode: Encoder<T>,
    generator: impl FnOnce(&BlockingEmitter<T>) -> Result<(), Problem>,
) {
    if !running.pipe.start() {
        return;
    }
    let _here = RunsHere::new(Arc::clone(&running.pipe.closed));
    let emitter =
        BlockingEmitter { pipe: Arc::clone(&running.pipe), encode, scratch: Mutex::default() };
    let run = || running.span.run(|| generator(&emitter));
    let end = panic::catch_unwind(AssertUnwindSafe(run));
    running.pipe.finish(end.unwrap_or_else(end_of_panic));
}

fn end_of_panic(payload: Box<dyn Any + Send>) -> Result<(), Problem> {
    if payload.is::<Stop>() { Ok(()) } else { Err(panic_problem(payload)) }
}

impl<T> BlockingEmitter<T> {
    /// Writes the value as an event, waiting while the buffer is full.
    ///
    /// # Errors
    /// [`Stop`], the first time that the generator has to end. `emit!` then returns from the enclosing function.
    ///
    /// # Panics
    /// Unwinds the next time, since then the `emit!` was in a closure, and only that had returned. It returns first
    /// because unwinding would poison the locks that the generator holds.
    #[expect(
        clippy::needless_pass_by_value,
        reason = "`emit!` takes the value, as in an async generator"
    )]
    pub fn emit(&self, value: T) -> Result<(), Stop> {
        let mut guard = self.scratch.lock().unwrap_or_else(PoisonError::into_inner);
        let scratch = &mut *guard;
        let written = match (self.encode)(&value, &mut scratch.bytes) {
            Ok(()) => self.pipe.push(&mut scratch.bytes),
            Err(error) => {
                self.pipe.finish(Err(Problem::internal(error)));
                Err(Closed)
            }
        };
        if scratch.bytes.capacity() > IDLE_BUFFER {
            scratch.bytes = BytesMut::new();
        }
        let Err(Closed) = written else { return Ok(()) };
        scratch.bytes.clear();
        stop(guard)
    }

    /// Answers the request with the JSON of the value in place of a stream.
    ///
    /// # Errors
    /// Always: the generator has to end.
    ///
    /// # Panics
    /// As [`emit`](Self::emit) does.
    pub fn answer<A: Serialize>(&self, value: A) -> Result<Infallible, Stop> {
        let guard = self.scratch.lock().unwrap_or_else(PoisonError::into_inner);
        let mut json = BytesMut::new();
        let written = put_json(&mut json, &value);
        drop(value);
        let answered = written.and_then(|()| self.pipe.answer(json));
        if let Err(error) = answered {
            self.pipe.finish(Err(Problem::internal(error)));
        }
        stop(guard).and(Err(Stop))
    }
}

/// The first time on a thread an error, and then an unwinding.
fn stop(mut guard: MutexGuard<'_, Scratch>) -> Result<(), Stop> {
    let thread = thread::current().id();
    let again = guard.stopped.contains(&thread);
    if !again {
        guard.stopped.push(thread);
    }
    drop(guard);
    if again && cfg!(panic = "unwind") && !thread::panicking() {
        panic::resume_unwind(Box::new(Stop));
    }
    Err(Stop)
}

impl<T> fmt::Debug for BlockingEmitter<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BlockingEmitter").finish_non_exhaustive()
    }
}

/// The return types of functions and closures that `emit!` can return from.
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

/// What `emit!` returns from the enclosing function when the generator has to end.
#[must_use]
pub fn stopped<R: Stopped>() -> R {
    R::stopped()
}
