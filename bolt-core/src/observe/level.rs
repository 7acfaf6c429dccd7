//! `Level`: the current number of something.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::metrics::{Gauge, Labels};

/// The current number of something, such as open streams.
#[derive(Debug)]
pub(crate) struct Level {
    now: AtomicUsize,
    metric: Gauge,
}

impl Level {
    /// `name` is one of `names.rs`.
    pub(crate) fn new(name: &'static str) -> Self {
        Self::labelled(name, &[])
    }

    pub(super) fn labelled(name: &'static str, labels: Labels<'_>) -> Self {
        Self { now: AtomicUsize::new(0), metric: Gauge::new(name, labels) }
    }

    /// Counts one more, until the guard is dropped.
    pub(crate) fn up(self: &Arc<Self>) -> LevelGuard {
        self.raise();
        LevelGuard(Arc::clone(self))
    }

    pub(super) fn raise(&self) {
        self.now.fetch_add(1, Ordering::Relaxed);
        self.metric.raise();
    }

    pub(super) fn lower(&self) {
        self.now.fetch_sub(1, Ordering::Relaxed);
        self.metric.lower();
    }

    pub(crate) fn now(&self) -> usize {
        self.now.load(Ordering::Relaxed)
    }
}

/// Counts one while it lives.
#[derive(Debug)]
pub(crate) struct LevelGuard(Arc<Level>);

impl Drop for LevelGuard {
    fn drop(&mut self) {
        self.0.lower();
    }
}

/// Sets a gauge that rarely changes. `name` is one of `names.rs`.
pub(crate) fn gauge(name: &'static str, value: usize) {
    Gauge::new(name, &[]).set(value);
}
