//! `Level`: how many there are of something now.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// How many there are of something now.
#[derive(Debug, Default)]
pub(crate) struct Level {
    now: AtomicUsize,
}

impl Level {
    /// One more, until what this returns is dropped.
    pub(crate) fn up(self: &Arc<Self>) -> Up {
        self.now.fetch_add(1, Ordering::Relaxed);
        Up(Arc::clone(self))
    }

    pub(crate) fn now(&self) -> usize {
        self.now.load(Ordering::Relaxed)
    }
}

/// One of them.
#[derive(Debug)]
pub(crate) struct Up(Arc<Level>);

impl Drop for Up {
    fn drop(&mut self) {
        self.0.now.fetch_sub(1, Ordering::Relaxed);
    }
}
