//! `Word`: something that is said once, to whoever listens then and to whoever asks later.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Waker};

use pin_project_lite::pin_project;
use tokio::sync::Notify;
use tokio::sync::futures::OwnedNotified;

/// Said once.
#[derive(Debug, Default)]
pub(crate) struct Word {
    said: AtomicBool,
    listeners: Arc<Notify>,
}

impl Word {
    pub(crate) fn say(&self) {
        self.said.store(true, Ordering::Release);
        self.listeners.notify_waiters();
    }

    pub(crate) fn is_said(&self) -> bool {
        self.said.load(Ordering::Acquire)
    }

    /// Listens from now on.
    pub(crate) fn listen(&self) -> Listening {
        Listening { notified: Arc::clone(&self.listeners).notified_owned(), told: None }
    }

    /// Ready when it is said.
    pub(crate) async fn heard(&self) {
        let mut listening = std::pin::pin!(self.listen());
        std::future::poll_fn(|cx| listening.as_mut().poll(self, cx)).await;
    }
}

pin_project! {
    /// Waits for a word, among other things that wake the same task.
    pub(crate) struct Listening {
        #[pin]
        notified: OwnedNotified,
        // Who is told: to ask again takes a lock that all listeners share, so only another task asks again.
        told: Option<Waker>,
    }
}

impl Listening {
    /// Ready when the word is said that this was made from.
    pub(crate) fn poll(self: Pin<&mut Self>, word: &Word, cx: &mut Context<'_>) -> Poll<()> {
        if word.is_said() {
            return Poll::Ready(());
        }
        let this = self.project();
        if this.told.as_ref().is_some_and(|waker| waker.will_wake(cx.waker())) {
            return Poll::Pending;
        }
        *this.told = Some(cx.waker().clone());
        this.notified.poll(cx)
    }
}
