//! `Latch`: a signal that is set once, seen by whoever waits then and by whoever asks later.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Waker};

use pin_project_lite::pin_project;
use tokio::sync::Notify;
use tokio::sync::futures::OwnedNotified;

/// A signal that is set once and never reset.
#[derive(Debug, Default)]
pub(crate) struct Latch {
    set: AtomicBool,
    waiters: Arc<Notify>,
}

impl Latch {
    pub(crate) fn set(&self) {
        self.set.store(true, Ordering::Release);
        self.waiters.notify_waiters();
    }

    pub(crate) fn is_set(&self) -> bool {
        self.set.load(Ordering::Acquire)
    }

    /// A waiter that misses nothing from now on.
    pub(crate) fn waiter(&self) -> Waiter {
        Waiter { notified: Arc::clone(&self.waiters).notified_owned(), registered: None }
    }

    /// Completes when the latch is set.
    pub(crate) async fn wait(&self) {
        let mut waiter = std::pin::pin!(self.waiter());
        std::future::poll_fn(|cx| waiter.as_mut().poll(self, cx)).await;
    }
}

pin_project! {
    /// Waits for a latch beside other things that wake the same task.
    pub(crate) struct Waiter {
        #[pin]
        notified: OwnedNotified,
        // The waker that is registered: registering takes a lock that all waiters share, so it is done again only for
        // another task.
        registered: Option<Waker>,
    }
}

impl Waiter {
    /// Ready when the latch that made this waiter is set.
    pub(crate) fn poll(self: Pin<&mut Self>, latch: &Latch, cx: &mut Context<'_>) -> Poll<()> {
        if latch.is_set() {
            return Poll::Ready(());
        }
        let this = self.project();
        if this.registered.as_ref().is_some_and(|waker| waker.will_wake(cx.waker())) {
            return Poll::Pending;
        }
        *this.registered = Some(cx.waker().clone());
        this.notified.poll(cx)
    }
}
