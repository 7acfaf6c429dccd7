//! What a test wants to know of generators: how many run, and how much they gave.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::time::{sleep, timeout};

use crate::PATIENCE;

/// Counts; every clone is the same.
#[derive(Clone, Debug, Default)]
pub struct Probe {
    begun: Arc<AtomicUsize>,
    open: Arc<AtomicUsize>,
    emitted: Arc<AtomicUsize>,
}

/// A generator, from its beginning to its drop.
#[derive(Debug)]
pub struct Inside(Probe);

impl Probe {
    /// A generator begins.
    pub fn enter(&self) -> Inside {
        self.begun.fetch_add(1, Ordering::SeqCst);
        self.open.fetch_add(1, Ordering::SeqCst);
        Inside(self.clone())
    }

    /// How many have begun.
    pub fn begun(&self) -> usize {
        self.begun.load(Ordering::SeqCst)
    }

    /// How many have begun and were not dropped.
    pub fn open(&self) -> usize {
        self.open.load(Ordering::SeqCst)
    }

    /// How much they gave.
    pub fn emitted(&self) -> usize {
        self.emitted.load(Ordering::SeqCst)
    }

    /// Waits until so many are open.
    pub async fn opens(&self, count: usize) {
        let wait = eventually(|| self.open() == count);
        assert!(wait.await, "{} generators are open, not {count}", self.open());
    }

    /// Waits until they give no more, and says how much they gave.
    pub async fn rests(&self) -> usize {
        let mut before = usize::MAX;
        let rests = async {
            while before != self.emitted() {
                before = self.emitted();
                sleep(Duration::from_millis(300)).await;
            }
        };
        assert!(timeout(PATIENCE, rests).await.is_ok(), "they go on: {before}");
        before
    }
}

impl Inside {
    /// Counts what is given.
    pub fn emits(&self, amount: usize) {
        self.0.emitted.fetch_add(amount, Ordering::SeqCst);
    }
}

impl Drop for Inside {
    fn drop(&mut self) {
        self.0.open.fetch_sub(1, Ordering::SeqCst);
    }
}

/// Waits until it is so; false when it never was.
pub async fn eventually(mut is_so: impl FnMut() -> bool) -> bool {
    let wait = async {
        while !is_so() {
            sleep(Duration::from_millis(5)).await;
        }
    };
    timeout(PATIENCE, wait).await.is_ok()
}
