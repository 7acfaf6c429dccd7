//! `Count`: the total number of something.

use std::sync::atomic::{AtomicU64, Ordering};

use super::metrics::{Counter, Labels};

/// The total number of something, such as events.
#[derive(Debug)]
pub(crate) struct Count {
    all: AtomicU64,
    metric: Counter,
}

impl Count {
    /// `name` is one of `names.rs`.
    pub(crate) fn new(name: &'static str) -> Self {
        Self::labelled(name, &[])
    }

    pub(super) fn labelled(name: &'static str, labels: Labels<'_>) -> Self {
        Self { all: AtomicU64::new(0), metric: Counter::new(name, labels) }
    }

    pub(crate) fn add(&self, count: u64) {
        self.all.fetch_add(count, Ordering::Relaxed);
        self.metric.add(count);
    }

    pub(crate) fn all(&self) -> u64 {
        self.all.load(Ordering::Relaxed)
    }
}
