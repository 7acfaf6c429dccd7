//! `Blocking`: a stream in blocking code.

use std::fmt;
use std::future::poll_fn;
use std::panic::{self, AssertUnwindSafe};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use tokio::runtime::Handle;
use tokio_stream::Stream;

use super::error::{BodyError, BodyErrorKind};
use crate::latch::Latch;
use crate::stream::end_of_stream;

/// The items of a body on a thread that may block: that of a blocking `#[stream] fn`, or of
/// `tokio::task::spawn_blocking`.
///
/// It waits for the client. When the client leaves, or the stream whose function reads it ends for another reason
/// (`stream.max_duration`, shutdown), the next item is an error, and the last.
pub struct Blocking<S> {
    stream: S,
    runtime: Handle,
    /// Set when the stream that this thread works for is over.
    end: Option<Arc<Latch>>,
    over: bool,
}

impl<S> Blocking<S> {
    #[track_caller]
    pub(super) fn new(stream: S) -> Self {
        let Ok(runtime) = Handle::try_current() else {
            panic!("a request's body is iterated outside a tokio runtime")
        };
        // There is no other way to ask whether this thread may wait.
        let waited = panic::catch_unwind(AssertUnwindSafe(|| runtime.block_on(async {})));
        assert!(
            waited.is_ok(),
            "a request's body is iterated on a thread that runs async code: read it with `.next().await`, or make the \
             function a `fn` without `async`"
        );
        let end = end_of_stream();
        Self { stream, runtime, end, over: false }
    }
}

impl<T, S: Stream<Item = Result<T, BodyError>> + Unpin> Iterator for Blocking<S> {
    type Item = S::Item;

    fn next(&mut self) -> Option<S::Item> {
        let Self { stream, runtime, end, over } = self;
        let mut stream = Pin::new(stream);
        if *over {
            return None;
        }
        if !end.as_ref().is_some_and(|end| end.is_set()) {
            // Most items are there already; to wait costs far more than to look.
            let entered = runtime.enter();
            let looked = stream.as_mut().poll_next(&mut Context::from_waker(Waker::noop()));
            drop(entered);
            if let Poll::Ready(item) = looked {
                return item;
            }
        }
        let ended = async {
            match end {
                Some(end) => end.wait().await,
                None => std::future::pending().await,
            }
        };
        runtime.block_on(async {
            tokio::select! {
                biased;
                () = ended => {
                    *over = true;
                    let what = "the stream is over, and reads no more of the body";
                    Some(Err(BodyError::body(BodyErrorKind::Incomplete, what)))
                }
                item = poll_fn(|cx| stream.as_mut().poll_next(cx)) => item,
            }
        })
    }
}

impl<S: fmt::Debug> fmt::Debug for Blocking<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Blocking").field("stream", &self.stream).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;
    use std::time::Duration;

    use axum::body::Body;
    use bytes::Bytes;
    use tokio::runtime::{Builder, Runtime};

    use super::super::json::JsonLines;
    use super::*;

    fn runtime() -> Runtime {
        Builder::new_multi_thread().worker_threads(1).enable_time().build().expect("a runtime")
    }

    #[test]
    #[should_panic(expected = "on a thread that runs async code")]
    fn a_thread_that_runs_async_code_is_not_blocked() {
        runtime().block_on(async {
            let _ = JsonLines::<u8>::from_body(Body::empty()).into_iter();
        });
    }

    #[test]
    fn a_thread_that_may_wait_does() {
        let (sender, mut parts) = tokio::sync::mpsc::channel::<Result<Bytes, Infallible>>(1);
        let body = Body::from_stream(Polled(move |cx: &mut Context<'_>| parts.poll_recv(cx)));
        let runtime = runtime();
        let items = runtime.spawn_blocking(move || {
            JsonLines::<u8>::from_body(body).into_iter().map(Result::ok).collect::<Vec<_>>()
        });
        runtime.block_on(async {
            for part in ["1\n2", "3\n", "4"] {
                tokio::time::sleep(Duration::from_millis(5)).await;
                sender.send(Ok(part.into())).await.expect("it is read");
            }
            drop(sender);
            assert_eq!(items.await.expect("it ends"), [Some(1), Some(23), Some(4)]);
        });
    }

    struct Polled<P>(P);

    impl<P: FnMut(&mut Context<'_>) -> Poll<Option<T>> + Unpin, T> tokio_stream::Stream for Polled<P> {
        type Item = T;

        fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<T>> {
            (self.0)(cx)
        }
    }
}
