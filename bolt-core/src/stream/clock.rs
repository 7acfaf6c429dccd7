//! `Clock`: the one timer of a stream.

use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use pin_project_lite::pin_project;
use tokio::time::{Instant, Sleep, sleep_until};

pin_project! {
    /// Fires for `stream.keep_alive` and `stream.max_duration`.
    ///
    /// Events do not reset the timer: they only record when they were sent, which is checked when the timer fires.
    pub(super) struct Clock {
        keep_alive: Option<Duration>,
        expires: Option<Instant>,
        sent: Instant,
        // None when there is nothing to wait for.
        #[pin]
        sleep: Option<Sleep>,
    }
}

/// What the timer has fired for.
pub(super) enum Due {
    KeepAlive,
    End,
}

impl Clock {
    pub(super) fn new(keep_alive: Option<Duration>, lasts: Option<Duration>) -> Self {
        let now = Instant::now();
        let expires = lasts.map(|lasts| now + lasts);
        let first = earlier(keep_alive.map(|wait| now + wait), expires);
        Self { keep_alive, expires, sent: now, sleep: first.map(sleep_until) }
    }

    /// Records that bytes are sent now. True if `stream.max_duration` is over.
    pub(super) fn sent(self: Pin<&mut Self>) -> bool {
        let this = self.project();
        *this.sent = Instant::now();
        this.expires.is_some_and(|expires| *this.sent >= expires)
    }

    /// The time since bytes were last sent.
    pub(super) fn since_sent(&self) -> Duration {
        self.sent.elapsed()
    }

    pub(super) fn poll_due(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Due> {
        let mut this = self.project();
        let Some(mut sleep) = this.sleep.as_mut().as_pin_mut() else { return Poll::Pending };
        loop {
            ready!(sleep.as_mut().poll(cx));
            let now = Instant::now();
            if this.expires.is_some_and(|expires| now >= expires) {
                return Poll::Ready(Due::End);
            }
            let silent = this.keep_alive.map(|wait| *this.sent + wait);
            if silent.is_some_and(|due| now >= due) {
                *this.sent = now;
                let next = this.keep_alive.map(|wait| now + wait);
                if let Some(next) = earlier(next, *this.expires) {
                    sleep.as_mut().reset(next);
                }
                return Poll::Ready(Due::KeepAlive);
            }
            if let Some(next) = earlier(silent, *this.expires) {
                sleep.as_mut().reset(next);
            }
        }
    }
}

fn earlier(a: Option<Instant>, b: Option<Instant>) -> Option<Instant> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    }
}
