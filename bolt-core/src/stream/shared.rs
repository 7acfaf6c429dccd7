//! `Shared`: what the streams of one app have in common.

use std::sync::{Arc, LazyLock};

use axum::http::HeaderMap;
use tokio::sync::Semaphore;

use super::jitter::Jitter;
use crate::config::{Config, RequestSettings, StreamSettings};
use crate::latch::Latch;
use crate::observe::{Level, Stats, gauge, server};
use crate::problem::ProblemSettings;
use crate::trace::RequestContext;

/// Settings, permits for blocking streams, counters, and the signals for shutdown.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(super) settings: StreamSettings,
    /// The limits of request bodies, for streams and all other handlers of the app.
    pub(crate) request: RequestSettings,
    pub(crate) problems: ProblemSettings,
    pub(super) permits: Arc<Semaphore>,
    /// Blocking streams that hold a permit, and requests that wait for one.
    pub(super) running: Arc<Level>,
    pub(super) waiting: Arc<Level>,
    pub(crate) stats: Stats,
    pub(super) jitter: Jitter,
    /// Set when no new blocking streams are started.
    draining: Latch,
    /// Set when every stream has to end.
    pub(super) ending: Latch,
}

/// For handlers in a router that no `App` made: the defaults, and one set of permits for the process.
static WITHOUT_APP: LazyLock<Arc<Shared>> = LazyLock::new(|| {
    let settings = Config::defaults().settings();
    let settings = settings.unwrap_or_else(|_| unreachable!("defaults are valid"));
    // Who has no app answers as axum does.
    let problems = ProblemSettings { keeps_rejections: true, ..ProblemSettings::default() };
    Arc::new(Shared::new(settings.stream, settings.request, problems, None))
});

impl Shared {
    /// `seed` is that of its random delays.
    pub(crate) fn new(
        settings: StreamSettings,
        request: RequestSettings,
        problems: ProblemSettings,
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
            problems,
            draining: Latch::default(),
            ending: Latch::default(),
        }
    }

    pub(crate) fn without_app() -> Arc<Self> {
        Arc::clone(&WITHOUT_APP)
    }

    /// The id and trace of a request.
    pub(crate) fn request_context(&self, headers: &HeaderMap) -> RequestContext {
        RequestContext::read(headers, || self.jitter.next())
    }

    /// Starts no more blocking streams, and refuses requests that wait for a permit.
    pub(crate) fn drain(&self) {
        self.draining.set();
    }

    /// Completes when no new blocking streams are started.
    pub(super) async fn draining(&self) {
        self.draining.wait().await;
    }

    /// The number of blocking streams that run, and the limit.
    pub(crate) fn blocking(&self) -> (usize, usize) {
        let most = self.settings.max_blocking;
        (most - self.permits.available_permits(), most)
    }

    /// Completes when no blocking stream runs.
    pub(crate) async fn idle(&self) {
        let all = u32::try_from(self.settings.max_blocking).unwrap_or(u32::MAX);
        let _ = self.permits.acquire_many(all).await;
    }

    /// Ends every stream between two events, including those that start from now on.
    pub(crate) fn end_all(&self) {
        self.ending.set();
    }
}
