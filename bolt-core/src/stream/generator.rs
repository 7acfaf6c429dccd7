//! Async generators: a future that emits as it runs.

use std::convert::Infallible;
use std::fmt;
use std::future::pending;
use std::mem;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};

use pin_project_lite::pin_project;
use serde::Serialize;
use tokio::task::coop::poll_proceed;

use super::source::{Outgoing, Source};
use crate::event::{EncodeError, Encoder, put_json};
use crate::problem::Problem;

/// What `emit!` calls in an `async fn`.
///
/// The value is encoded directly into the buffer that becomes the next frame: no channel, no copy, and no suspension
/// unless the buffer is full.
pub struct Emitter<T> {
    outbox: Arc<Outbox>,
    encode: Encoder<T>,
}

/// The buffer while the generator runs. One task polls both ends, so the lock is never contended.
struct Outbox {
    state: Mutex<State>,
    /// Bytes that may be queued before `emit!` waits.
    limit: usize,
}

#[derive(Default)]
struct State {
    out: Outgoing,
    /// Set when the generator goes no further: it has answered, or a value could not be encoded.
    stopped: Option<Result<(), EncodeError>>,
}

impl Outbox {
    fn lock(&self) -> MutexGuard<'_, State> {
        // A panic in a `Serialize` poisons the lock, but the encoder has removed the partial event.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T> Emitter<T> {
    /// Waits for room, then writes the value as an event.
    ///
    /// # Cancellation
    /// If the future is dropped before it completes, nothing has been written.
    pub fn emit(&self, value: T) -> impl Future<Output = ()> + use<'_, T> {
        Emit { emitter: self, value: Some(value) }
    }

    /// Answers the request with the JSON of the value in place of a stream. Never completes: the generator is dropped.
    pub fn answer<A: Serialize>(&self, value: A) -> impl Future<Output = Infallible> + use<T, A> {
        {
            let mut state = self.outbox.lock();
            let answered = state.out.answer(|out| put_json(out, &value));
            state.stopped = Some(answered);
        }
        pending()
    }
}

impl<T> fmt::Debug for Emitter<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Emitter").finish_non_exhaustive()
    }
}

struct Emit<'a, T> {
    emitter: &'a Emitter<T>,
    value: Option<T>,
}

// The value is moved out, never pinned.
impl<T> Unpin for Emit<'_, T> {}

impl<T> Future for Emit<'_, T> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let this = &mut *self;
        let Some(value) = this.value.take() else {
            return Poll::Ready(());
        };
        let mut state = this.emitter.outbox.lock();
        if state.stopped.is_some() {
            return Poll::Pending;
        }
        if state.out.bytes.len() >= this.emitter.outbox.limit {
            this.value = Some(value);
            // The body takes the bytes when this poll returns. Combinators such as `FuturesUnordered` have to be told
            // to poll this future again then.
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        let before = state.out.bytes.len();
        match (this.emitter.encode)(&value, &mut state.out.bytes) {
            // An item that encodes to nothing never fills the buffer, so yield to other tasks from time to time.
            Ok(()) if state.out.bytes.len() == before => {
                poll_proceed(cx).map(|proceeds| proceeds.made_progress())
            }
            Ok(()) => {
                state.out.events += 1;
                Poll::Ready(())
            }
            Err(error) => {
                // Never completes: the body finds the error and drops the generator at this `emit!`.
                state.stopped = Some(Err(error));
                Poll::Pending
            }
        }
    }
}

pin_project! {
    /// A generator's future, and the outbox that the body reads.
    pub(crate) struct Generator<F, Z> {
        outbox: Arc<Outbox>,
        finish: Z,
        #[pin]
        future: F,
    }
}

/// Starts an async generator. `finish` converts the future's output into the end of the stream.
pub(crate) fn generator<T, F, Z>(
    encode: Encoder<T>,
    limit: usize,
    start: impl FnOnce(Emitter<T>) -> F,
    finish: Z,
) -> Generator<F, Z> {
    let outbox = Arc::new(Outbox { state: Mutex::default(), limit });
    let emitter = Emitter { outbox: Arc::clone(&outbox), encode };
    Generator { outbox, finish, future: start(emitter) }
}

impl<F, Z> Source for Generator<F, Z>
where
    F: Future + Send + 'static,
    Z: FnMut(F::Output) -> Result<(), Problem> + Send + 'static,
{
    fn poll_fill(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        out: &mut Outgoing,
    ) -> Poll<Result<(), Problem>> {
        let this = self.project();
        // Lends the body's buffer to the emitter for this poll; the guard returns it even if the poll panics.
        let mut lent = Lent { outbox: this.outbox, out };
        lent.swap();
        let polled = this.future.poll(cx);
        if let Some(stopped) = lent.outbox.lock().stopped.take() {
            return Poll::Ready(stopped.map_err(Problem::internal));
        }
        Poll::Ready((this.finish)(ready!(polled)))
    }
}

struct Lent<'a> {
    outbox: &'a Outbox,
    out: &'a mut Outgoing,
}

impl Lent<'_> {
    fn swap(&mut self) {
        mem::swap(&mut self.outbox.lock().out, self.out);
    }
}

impl Drop for Lent<'_> {
    fn drop(&mut self) {
        self.swap();
    }
}
