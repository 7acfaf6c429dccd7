//! `Shared`: what the streams of one app have in common.

use std::sync::{Arc, LazyLock};

use axum::http::HeaderMap;
use tokio::sync::Semaphore;

use super::jitter::Jitter;
use crate::config::{Config, RequestSettings, StreamSettings};
use crate::latch::Latch;
use crate::observe::{Level, Stats, gauge, server};
use crate::trace::RequestContext;

/// Settings, permits for blocking streams, and the word that all are to end.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(super) settings: StreamSettings,
    /// Of the requests to these streams, and to all other handlers of the app.
    pub(crate) request: RequestSettings,
    pub(super) permits: Arc<Semaphore>,
    /// Those who have a permit, and those who wait for one.
    pub(super) running: Arc<Level>,
    pub(super) waiting: Arc<Level>,
    pub(crate) stats: Stats,
    pub(super) jitter: Jitter,
    /// No new blocking stream is begun.
    draining: Latch,
    /// Every stream ends.
    pub(super) ending: Latch,
}

/// For handlers in a router that no `App` made: the defaults, and one set of permits for the process.
static WITHOUT_APP: LazyLock<Arc<Shared>> = LazyLock::new(|| {
    let settings = Config::defaults().settings();
    let settings = settings.unwrap_or_else(|_| unreachable!("defaults are valid"));
    Arc::new(Shared::new(settings.stream, settings.request, None))
});

impl Shared {
    /// `seed`: of its random times.
    pub(crate) fn new(
        settings: StreamSettings,
        request: RequestSettings,
        seed: Option<u64>,
    ) -> Self {
        gauge(server::MAX_BLOCKING, settings.max_blocking);
        Self {
            running: Arc::new(Level::new(server::RUNNING)),
            waiting: Arc::new(Level::new(server::WAITING)),
            stats: Stats::default(),
            permits: Arc::new(Semaphore::new(settings.max_blocking)),
            jitter: Jitter::new(seed),
            settings,
            request,
            draining: Latch::default(),
            ending: Latch::default(),
        }
    }

    pub(crate) fn without_app() -> Arc<Self> {
        Arc::clone(&WITHOUT_APP)
    }

    /// Who a request says that it is.
    pub(crate) fn request_context(&self, headers: &HeaderMap) -> RequestContext {
        RequestContext::read(headers, || self.jitter.next())
    }

    /// Begins no more blocking streams, and sends away who waits for one.
    pub(crate) fn drain(&self) {
        self.draining.set();
    }

    /// Ready when no new blocking stream is begun any more.
    pub(super) async fn draining(&self) {
        self.draining.wait().await;
    }

    /// How many blocking streams run, and how many may.
    pub(crate) fn blocking(&self) -> (usize, usize) {
        let most = self.settings.max_blocking;
        (most - self.permits.available_permits(), most)
    }

    /// Ready when no blocking stream runs.
    pub(crate) async fn idle(&self) {
        let all = u32::try_from(self.settings.max_blocking).unwrap_or(u32::MAX);
        let _ = self.permits.acquire_many(all).await;
    }

    /// Ends every stream between two events, and those that begin from now on.
    pub(crate) fn end_all(&self) {
        self.ending.set();
    }
}
