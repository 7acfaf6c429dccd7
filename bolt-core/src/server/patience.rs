//! `Patience`: how long a client may take for what waits for it.

use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::time::{Instant, Sleep, sleep_until};

use crate::config::StreamSettings;

/// `stream.min_drain_rate` is an average over this time.
const RATE_WINDOW: Duration = Duration::from_secs(10);

/// The limits, from the configuration.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    write_timeout: Option<Duration>,
    /// Bytes in each `RATE_WINDOW`.
    least: Option<u64>,
}

impl Limits {
    pub(super) fn new(settings: &StreamSettings) -> Self {
        let in_a_window = |rate: u64| rate.saturating_mul(RATE_WINDOW.as_secs());
        Self {
            write_timeout: settings.write_timeout,
            least: settings.min_drain_rate.map(in_a_window),
        }
    }

    fn next(&self, watch: &Watch) -> Option<Instant> {
        let stalled = self.write_timeout.map(|wait| watch.moved + wait);
        let window = self.least.map(|_| watch.window + RATE_WINDOW);
        stalled.into_iter().chain(window).min()
    }
}

/// Watches one client. It has a timer only while something waits for the client.
#[derive(Debug, Default)]
pub(super) struct Patience {
    watch: Option<Box<Watch>>,
}

#[derive(Debug)]
struct Watch {
    /// When the client last took something, and how much it had then, in bytes.
    moved: Instant,
    had: u64,
    /// When the window began, and how much the client had then.
    window: Instant,
    had_at_window: u64,
    sleep: Pin<Box<Sleep>>,
}

impl Patience {
    /// Nothing waits for the client.
    pub(super) fn rest(&mut self) {
        self.watch = None;
    }

    /// Something waits for the client, which has taken `has` bytes in all. Ready when it was given time enough.
    pub(super) fn poll_over(&mut self, limits: Limits, cx: &mut Context<'_>, has: u64) -> Poll<()> {
        let watch = match &mut self.watch {
            Some(watch) => watch,
            none => {
                let now = Instant::now();
                let mut watch = Watch {
                    moved: now,
                    had: has,
                    window: now,
                    had_at_window: has,
                    sleep: Box::pin(sleep_until(now)),
                };
                let Some(next) = limits.next(&watch) else { return Poll::Pending };
                watch.sleep.as_mut().reset(next);
                none.insert(Box::new(watch))
            }
        };
        if has > watch.had {
            watch.had = has;
            watch.moved = Instant::now();
        }
        loop {
            ready!(watch.sleep.as_mut().poll(cx));
            let now = Instant::now();
            if limits.write_timeout.is_some_and(|wait| now >= watch.moved + wait) {
                return Poll::Ready(());
            }
            if now >= watch.window + RATE_WINDOW {
                if limits.least.is_some_and(|least| has - watch.had_at_window < least) {
                    return Poll::Ready(());
                }
                watch.window = now;
                watch.had_at_window = has;
            }
            let Some(next) = limits.next(watch) else { return Poll::Pending };
            watch.sleep.as_mut().reset(next);
        }
    }
}
