//! `Filtered`: a subscription of which only some values are wanted.

use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use pin_project_lite::pin_project;
use tokio::time::{Sleep, sleep};
use tokio_stream::Stream;

use super::history::History;
use super::memory::Memory;
use super::replayed::Replayed;
use super::subscription::Subscription;

/// A client is brought past at most so many unwanted values before it is told.
const MAX_UNTOLD: u32 = 64;

/// And it is told after this time.
const MAX_UNTOLD_TIME: Duration = Duration::from_secs(5);

pin_project! {
    /// A [`Subscription`] of which only some values are wanted: made by [`Subscription::filter`].
    ///
    /// # Cancellation
    /// That of the subscription.
    pub struct Filtered<F, T, H: History<T> = Memory<T>> {
        #[pin]
        subscription: Subscription<T, H>,
        wanted: F,
        // How many values the client has been brought past since it was told where it is.
        untold: u32,
        // When it is told of them; none while there are none, so that who waits keeps no timer.
        due: Option<Pin<Box<Sleep>>>,
    }
}

impl<T, H: History<T>> Subscription<T, H> {
    /// Leaves out the values for which `wanted` is false.
    ///
    /// The client still learns how far it has come past unwanted values, from an event named `position`: after 64 of them, or after 5 s for fewer, when there is nothing else to send. So a client that returns is at most that
    /// far behind, and is not told of a gap because of values that it did not want. A filter of `StreamExt` cannot do
    /// this.
    ///
    /// ```
    /// use bolt::prelude::*;
    /// use bolt::replay::{Replay, Replayed};
    /// use tokio_stream::Stream;
    ///
    /// /// The even ones.
    /// #[stream(get, "/even")]
    /// async fn even(
    ///     State(numbers): State<Replay<u64>>,
    ///     last: Option<LastEventId>,
    /// ) -> impl Stream<Item = Replayed<u64>> {
    ///     numbers.subscribe(last).filter(|n| n % 2 == 0)
    /// }
    /// ```
    ///
    /// # Panics
    /// If it is polled outside a tokio runtime with a timer.
    pub fn filter<F: FnMut(&T) -> bool>(self, wanted: F) -> Filtered<F, T, H> {
        Filtered { subscription: self, wanted, untold: 0, due: None }
    }
}

impl<T, H: History<T>, F: FnMut(&T) -> bool> Filtered<F, T, H> {
    /// The next item, or `None` when the log is closed and everything has been returned.
    ///
    /// # Cancellation
    /// Nothing is lost if the future is dropped before it completes.
    pub async fn next(&mut self) -> Option<Replayed<T>>
    where
        Self: Unpin,
    {
        poll_fn(|cx| Pin::new(&mut *self).poll_next(cx)).await
    }
}

impl<T, H: History<T>, F: FnMut(&T) -> bool> Stream for Filtered<F, T, H> {
    type Item = Replayed<T>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Replayed<T>>> {
        let mut this = self.project();
        let told = loop {
            match this.subscription.as_mut().poll_next(cx) {
                Poll::Ready(Some(item)) if item.value().is_none_or(&mut *this.wanted) => {
                    break Some(item);
                }
                Poll::Ready(Some(_)) => {
                    *this.untold += 1;
                    if *this.untold < MAX_UNTOLD {
                        continue;
                    }
                }
                // The client may come back, to a stream that is run again.
                Poll::Ready(None) if *this.untold > 0 => {}
                Poll::Ready(None) => break None,
                Poll::Pending if *this.untold > 0 => {
                    let due = this.due.get_or_insert_with(|| Box::pin(sleep(MAX_UNTOLD_TIME)));
                    ready!(due.as_mut().poll(cx));
                }
                Poll::Pending => return Poll::Pending,
            }
            break this.subscription.at().map(|at| Replayed::at(at.clone()));
        };
        *this.untold = 0;
        *this.due = None;
        Poll::Ready(told)
    }
}

impl<F, T, H: History<T>> fmt::Debug for Filtered<F, T, H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Filtered").field(&self.subscription).finish()
    }
}
