//! `StallTimer`: how long a client may take to read what is queued for it.

use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::time::{Instant, Sleep, sleep_until};

use crate::config::StreamSettings;

/// `stream.min_drain_rate` is an average over at least this time.
const RATE_WINDOW: Duration = Duration::from_secs(10);

/// What the system may buffer for a client if it decides itself, in bytes (the `tcp_wmem` of Linux).
const USUAL_SEND_BUFFER: usize = 4 * 1024 * 1024;

/// The limits, from the configuration.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    write_timeout: Option<Duration>,
    /// Bytes in each window, and how long that is.
    least: Option<(u64, Duration)>,
}

impl Limits {
    pub(super) fn new(settings: &StreamSettings, send_buffer: Option<usize>) -> Self {
        // Progress is only seen when the system has room again, which is when a third of its buffer is free. A shorter
        // window might see no progress of a client that is fast enough.
        let step = send_buffer.unwrap_or(USUAL_SEND_BUFFER) as u64 / 3;
        let window = |rate: u64| {
            let seconds = RATE_WINDOW.as_secs().max(step.div_ceil(rate.max(1)));
            (rate.saturating_mul(seconds), Duration::from_secs(seconds))
        };
        Self { write_timeout: settings.write_timeout, least: settings.min_drain_rate.map(window) }
    }

    fn next(&self, watch: &Watch) -> Option<Instant> {
        let stalled = self.write_timeout.map(|wait| watch.moved + wait);
        let window = self.least.map(|(_, window)| watch.window + window);
        stalled.into_iter().chain(window).min()
    }
}

/// Watches one client. There is a timer only while data is queued for it.
#[derive(Debug, Default)]
pub(super) struct StallTimer {
    watch: Option<Box<Watch>>,
}

#[derive(Debug)]
struct Watch {
    /// When the client last made progress, and how many bytes it had taken then.
    moved: Instant,
    had: u64,
    /// When the window began, and how many bytes the client had taken then.
    window: Instant,
    had_at_window: u64,
    sleep: Pin<Box<Sleep>>,
}

impl StallTimer {
    /// Nothing is queued for the client.
    pub(super) fn rest(&mut self) {
        self.watch = None;
    }

    /// Data is queued for the client, which has taken `has` bytes in total. Ready if it has exceeded a limit.
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
            if let Some((least, window)) = limits.least
                && now >= watch.window + window
            {
                if has - watch.had_at_window < least {
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
