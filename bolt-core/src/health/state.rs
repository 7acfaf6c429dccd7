//! `Health`: what is known of the app's own state, and what its checks say.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use tokio::sync::Mutex;
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::check::{Check, Found};
use crate::config::HealthSettings;
use crate::latch::Latch;
use crate::observe::{Level, gauge, server};
use crate::stream::Shared;

/// For how long the answers of the user's checks hold: whoever asks for `/ready` in a loop is no load to what is
/// checked.
const HOLDS: Duration = Duration::from_millis(500);

/// What is known of the app's own state, and what its checks say.
#[derive(Debug)]
pub(crate) struct Health {
    checks: Vec<Check>,
    /// How long a check may take.
    timeout: Duration,
    streams: Arc<Shared>,
    /// The app is to end soon.
    leaving: Latch,
    pub(crate) connections: Arc<Level>,
    /// How many connections there may be; not known in a router without bolt's server.
    most_connections: OnceLock<usize>,
    last: Mutex<Option<(Instant, Vec<Found>)>>,
}

impl Health {
    pub(crate) fn new(checks: Vec<Check>, settings: &HealthSettings, streams: Arc<Shared>) -> Self {
        Self {
            checks,
            timeout: settings.timeout,
            streams,
            leaving: Latch::default(),
            connections: Arc::new(Level::new(server::CONNECTIONS)),
            most_connections: OnceLock::new(),
            last: Mutex::default(),
        }
    }

    /// The app serves so many connections.
    pub(crate) fn serves(&self, most_connections: usize) {
        gauge(server::MAX_CONNECTIONS, most_connections);
        // An app is served once.
        let _ = self.most_connections.set(most_connections);
    }

    /// From now on the app is not ready: it will end.
    pub(crate) fn leave(&self) {
        self.leaving.set();
    }

    /// Everything that the app has to be ready for.
    pub(super) async fn ready(&self) -> Vec<Found> {
        let mut found = self.own();
        // One run at a time; who waits for it meanwhile is told the same.
        let mut last = self.last.lock().await;
        let holds = |since: &Instant| since.elapsed() < HOLDS;
        match &*last {
            Some((since, answers)) if holds(since) => found.extend_from_slice(answers),
            _ => {
                let answers = self.ask().await;
                found.extend_from_slice(&answers);
                *last = Some((Instant::now(), answers));
            }
        }
        found
    }

    /// What needs no asking.
    fn own(&self) -> Vec<Found> {
        let (running, most) = self.streams.blocking();
        let connections = self.connections.now();
        let check = |name, ok: bool, detail: &dyn Fn() -> String| Found {
            name,
            ok,
            detail: (!ok).then(detail),
        };
        let room = self.most_connections.get().is_none_or(|most| connections < *most);
        vec![
            check("serving", !self.leaving.is_set(), &|| "the server is shutting down".to_owned()),
            check("connections", room, &|| {
                format!("{connections} are open (server.max_connections)")
            }),
            check("blocking streams", running < most, &|| {
                format!("all {most} are in use (stream.max_blocking)")
            }),
        ]
    }

    /// Runs the user's checks, all at once.
    async fn ask(&self) -> Vec<Found> {
        let mut running = JoinSet::new();
        for (index, check) in self.checks.iter().cloned().enumerate() {
            let run = check.run(self.timeout);
            running.spawn(async move { (index, run.await) });
        }
        let mut found = running.join_all().await;
        found.sort_by_key(|(index, _)| *index);
        found.into_iter().map(|(_, found)| found).collect()
    }
}
