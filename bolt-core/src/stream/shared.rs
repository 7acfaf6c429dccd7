//! `Shared`: what the streams of one app have in common.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, LazyLock};

use tokio::sync::futures::OwnedNotified;
use tokio::sync::{Notify, Semaphore};

use crate::config::{Config, StreamSettings};

/// Settings, permits for blocking streams, and the word that all are to end.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(super) settings: StreamSettings,
    pub(super) permits: Arc<Semaphore>,
    ending: AtomicBool,
    end: Arc<Notify>,
}

/// For handlers in a router that no `App` made: the defaults, and one set of permits for the process.
static WITHOUT_APP: LazyLock<Arc<Shared>> = LazyLock::new(|| {
    let settings = Config::defaults().settings();
    Arc::new(Shared::new(settings.unwrap_or_else(|_| unreachable!("defaults are valid")).stream))
});

impl Shared {
    pub(crate) fn new(settings: StreamSettings) -> Self {
        Self {
            permits: Arc::new(Semaphore::new(settings.max_blocking)),
            settings,
            ending: AtomicBool::new(false),
            end: Arc::default(),
        }
    }

    pub(super) fn without_app() -> Arc<Self> {
        Arc::clone(&WITHOUT_APP)
    }

    /// Ends every stream between two events, and those that begin from now on.
    pub(crate) fn end_all(&self) {
        self.ending.store(true, Ordering::Release);
        self.end.notify_waiters();
    }

    pub(super) fn is_ending(&self) -> bool {
        self.ending.load(Ordering::Acquire)
    }

    /// Ready when [`end_all`](Self::end_all) is called after this.
    pub(super) fn ended(&self) -> OwnedNotified {
        Arc::clone(&self.end).notified_owned()
    }
}
