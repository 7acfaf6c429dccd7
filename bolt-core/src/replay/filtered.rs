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
use super::replayed::{Kind, Replayed};
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
    /// Gives only the values that are wanted, and all that is said of the log.
    ///
    /// The client is told from time to time how far it has been brought past values that it does not want: by a block that
    /// has only an id, after 64 of them, and for fewer after 5 s, when there is nothing else to send. So a client that
    /// returns is less than that behind, and to it the log is shorter by no more: it is not told of a gap because of
    /// what it did not want. A filter of `StreamExt` cannot do so.
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
    /// It has to be polled in a tokio runtime with a clock, as every stream of an app is.
    pub fn filter<F: FnMut(&T) -> bool>(self, wanted: F) -> Filtered<F, T, H> {
        Filtered { subscription: self, wanted, untold: 0, due: None }
    }
}

impl<T, H: History<T>, F: FnMut(&T) -> bool> Filtered<F, T, H> {
    /// The next item; none when the log is closed and all was given.
    ///
    /// # Cancellation
    /// Dropped before it is ready, nothing is lost.
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
            break this.subscription.at().map(|at| Replayed::new(Kind::At(at.clone())));
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
