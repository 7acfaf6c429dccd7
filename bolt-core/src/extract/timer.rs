//! `BodyTimer`: the limits on how long a body may take.

use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::time::{Instant, Sleep, sleep_until};

use crate::config::RequestSettings;

/// One timer for both limits, reused from one wait to the next.
#[derive(Default)]
pub(super) struct BodyTimer {
    timer: Option<Pin<Box<Sleep>>>,
    /// When the body was first polled.
    began: Option<Instant>,
    /// The deadline while nothing arrives; the inner `None` means that there is no limit.
    due: Option<Option<Instant>>,
}

/// The limit that was exceeded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Over {
    Idle(Duration),
    Whole(Duration),
}

impl BodyTimer {
    /// The body is polled.
    ///
    /// # Errors
    /// When it has taken too long in total.
    pub(super) fn begin(&mut self, limits: &RequestSettings) -> Result<(), Over> {
        let Some(limit) = limits.max_duration else { return Ok(()) };
        let began = *self.began.get_or_insert_with(Instant::now);
        if began.elapsed() < limit { Ok(()) } else { Err(Over::Whole(limit)) }
    }

    /// Data has arrived.
    pub(super) fn broken(&mut self) {
        self.due = None;
    }

    /// No data is ready. Ready if a limit is exceeded.
    pub(super) fn poll_over(
        &mut self,
        cx: &mut Context<'_>,
        limits: &RequestSettings,
    ) -> Poll<Over> {
        let whole = limits.max_duration.zip(self.began);
        let ends = whole.and_then(|(limit, began)| began.checked_add(limit));
        let due = *self.due.get_or_insert_with(|| {
            let idle = limits.idle_timeout.and_then(|limit| Instant::now().checked_add(limit));
            let due = idle.into_iter().chain(ends).min();
            if let (Some(due), Some(timer)) = (due, &mut self.timer) {
                timer.as_mut().reset(due);
            }
            due
        });
        let Some(due) = due else { return Poll::Pending };
        ready!(self.timer.get_or_insert_with(|| Box::pin(sleep_until(due))).as_mut().poll(cx));
        Poll::Ready(match (limits.max_duration, limits.idle_timeout) {
            (Some(whole), _) if ends == Some(due) => Over::Whole(whole),
            (_, idle) => Over::Idle(idle.unwrap_or_default()),
        })
    }
}
