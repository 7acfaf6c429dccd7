//! What all clients together have done.

use std::collections::BTreeMap;
use std::ops::AddAssign;

use serde::Serialize;

use super::fault::Fault;

/// What came of one run of a behaviour, or of many.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub(super) struct Done {
    /// Events that were read and were the right ones.
    pub(super) events: u64,
    /// Requests that were refused for load, with 503.
    pub(super) refused: u64,
    /// Times that a reader of the feed was told that it missed something.
    pub(super) gaps: u64,
}

impl Done {
    pub(super) fn events(events: u64) -> Self {
        Self { events, ..Self::default() }
    }

    pub(super) fn refused() -> Self {
        Self { refused: 1, ..Self::default() }
    }
}

impl AddAssign for Done {
    fn add_assign(&mut self, other: Self) {
        self.events += other.events;
        self.refused += other.refused;
        self.gaps += other.gaps;
    }
}

/// One behaviour.
#[derive(Clone, Debug, Default, Serialize)]
pub(super) struct Runs {
    /// That came to their end.
    pub(super) ended: u64,
    #[serde(flatten)]
    pub(super) done: Done,
    /// How many went wrong, by cause.
    pub(super) faults: BTreeMap<String, u64>,
}

/// All behaviours, by name.
#[derive(Clone, Debug, Default, Serialize)]
#[serde(transparent)]
pub(super) struct Tally(pub(super) BTreeMap<&'static str, Runs>);

impl Tally {
    pub(super) fn add(&mut self, behaviour: &'static str, result: Result<Done, Fault>) {
        let runs = self.0.entry(behaviour).or_default();
        runs.ended += 1;
        match result {
            Ok(done) => runs.done += done,
            Err(fault) => *runs.faults.entry(fault.to_string()).or_default() += 1,
        }
    }

    pub(super) fn ended(&self) -> u64 {
        self.0.values().map(|runs| runs.ended).sum()
    }

    pub(super) fn faults(&self) -> u64 {
        self.0.values().flat_map(|runs| runs.faults.values()).sum()
    }

    pub(super) fn done(&self) -> Done {
        let mut all = Done::default();
        for runs in self.0.values() {
            all += runs.done;
        }
        all
    }
}
