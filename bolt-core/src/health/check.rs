//! `Check`: what an app asks itself before it says that it is ready.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde::Serialize;
use tokio::time::timeout;

use crate::problem::BoxError;

/// What a check says, or why it failed.
type Answer = Pin<Box<dyn Future<Output = Result<(), String>> + Send>>;

/// A check of the user's.
#[derive(Clone)]
pub(crate) struct Check {
    pub(super) name: &'static str,
    ask: Arc<dyn Fn() -> Answer + Send + Sync>,
    /// Whether it failed the last time, so that only a change is logged.
    failed: Arc<AtomicBool>,
}

/// What came of a check, as whoever asks may see it.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Found {
    pub(super) name: &'static str,
    pub(super) ok: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) detail: Option<String>,
}

impl Check {
    pub(crate) fn new<F, R, E>(name: &'static str, check: F) -> Self
    where
        F: Fn() -> R + Send + Sync + 'static,
        R: Future<Output = Result<(), E>> + Send + 'static,
        E: Into<BoxError>,
    {
        let ask = move || -> Answer {
            let answer = check();
            // Made here, because the error is the user's, and its `Display` may panic.
            Box::pin(async move { answer.await.map_err(|error| error.into().to_string()) })
        };
        Self { name, ask: Arc::new(ask), failed: Arc::default() }
    }

    /// Asks, on a task of its own, which a panic ends; dropped, it ends too.
    pub(super) async fn run(self, wait: Duration) -> Found {
        let Self { name, ask, failed } = self;
        let mut task = tokio::task::JoinSet::new();
        task.spawn(async move { ask().await });
        let (detail, cause) = match timeout(wait, task.join_next()).await {
            Ok(Some(Ok(Ok(())))) => (None, None),
            Ok(Some(Ok(Err(cause)))) => (Some("failed".to_owned()), Some(cause)),
            Ok(Some(Err(panic))) => (Some("failed".to_owned()), Some(panic.to_string())),
            Ok(None) => unreachable!("there is one task"),
            Err(_) => (Some(format!("no answer within {wait:?} (health.timeout)")), None),
        };
        let ok = detail.is_none();
        if failed.swap(!ok, Ordering::Relaxed) == ok {
            match &detail {
                Some(detail) => tracing::warn!(check = name, detail, cause, "not ready"),
                None => tracing::info!(check = name, "ready again"),
            }
        }
        Found { name, ok, detail }
    }
}

impl fmt::Debug for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Check").field(&self.name).finish()
    }
}
