//! `Run`: one run of a function whose items are numbered (`#[stream(…, ids)]`).

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::gap::{Gap, GapReason};
use super::last_event_id::LastEventId;
use super::position::{Epoch, Position};

/// One run of a function: an epoch of its own.
#[derive(Clone, Debug)]
pub struct Run(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    epoch: Epoch,
    sent: AtomicU64,
}

impl Run {
    pub(crate) fn new() -> Self {
        Self(Arc::new(Inner { epoch: Epoch::random(), sent: AtomicU64::new(0) }))
    }

    pub(super) fn next(&self) -> Position {
        self.at(self.0.sent.fetch_add(1, Ordering::Relaxed) + 1)
    }

    /// What the items of this run are to a client that has those of another.
    pub(super) fn gap_from(&self, last: &LastEventId) -> Gap {
        let from: Option<Position> = last.0.parse().ok();
        let reason = if from.is_some() { GapReason::Epoch } else { GapReason::Unknown };
        Gap { reason, from, to: self.at(0) }
    }

    fn at(&self, offset: u64) -> Position {
        Position { epoch: self.0.epoch.clone(), offset }
    }
}
