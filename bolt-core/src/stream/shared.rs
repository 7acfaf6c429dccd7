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
    /// No new blocking stream is begun.
    draining: Word,
    /// Every stream ends.
    ending: Word,
}

/// Something that is said once, to whoever listens then and to whoever asks later.
#[derive(Debug, Default)]
struct Word {
    said: AtomicBool,
    listeners: Arc<Notify>,
}

impl Word {
    fn say(&self) {
        self.said.store(true, Ordering::Release);
        self.listeners.notify_waiters();
    }

    fn is_said(&self) -> bool {
        self.said.load(Ordering::Acquire)
    }

    /// Ready when it is said after this call.
    fn listen(&self) -> OwnedNotified {
        Arc::clone(&self.listeners).notified_owned()
    }
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
            draining: Word::default(),
            ending: Word::default(),
        }
    }

    pub(super) fn without_app() -> Arc<Self> {
        Arc::clone(&WITHOUT_APP)
    }

    /// Begins no more blocking streams, and sends away who waits for one.
    pub(crate) fn drain(&self) {
        self.draining.say();
    }

    /// Ready when no new blocking stream is begun any more.
    pub(super) async fn draining(&self) {
        let listening = self.draining.listen();
        if !self.draining.is_said() {
            listening.await;
        }
    }

    /// Ready when no blocking stream runs.
    pub(crate) async fn idle(&self) {
        let all = u32::try_from(self.settings.max_blocking).unwrap_or(u32::MAX);
        let _ = self.permits.acquire_many(all).await;
    }

    /// Ends every stream between two events, and those that begin from now on.
    pub(crate) fn end_all(&self) {
        self.ending.say();
    }

    pub(super) fn is_ending(&self) -> bool {
        self.ending.is_said()
    }

    /// Ready when [`end_all`](Self::end_all) is called after this.
    pub(super) fn ended(&self) -> OwnedNotified {
        self.ending.listen()
    }
}
