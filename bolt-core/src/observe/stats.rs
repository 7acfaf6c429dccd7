//! `Stats`: the counts of all routes of an app.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};

use super::route_stats::{Counts, RouteStats};

/// The counters of all routes of an app, each from its first request on.
#[derive(Debug, Default)]
pub(crate) struct Stats(RwLock<BTreeMap<String, Vec<Arc<RouteStats>>>>);

impl Stats {
    /// The counters of a route. Called once per stream.
    pub(crate) fn of(&self, route: &str, method: &'static str, blocking: bool) -> Arc<RouteStats> {
        let is = |stats: &&Arc<RouteStats>| stats.method == method && stats.blocking == blocking;
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(stats) = known.get(route).and_then(|of_route| of_route.iter().find(is)) {
            return Arc::clone(stats);
        }
        drop(known);
        let mut all = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let of_route = all.entry(route.to_owned()).or_default();
        // Another may have been first.
        if let Some(stats) = of_route.iter().find(is) {
            return Arc::clone(stats);
        }
        let stats = Arc::new(RouteStats::new(route, method, blocking));
        of_route.push(Arc::clone(&stats));
        stats
    }

    /// What can be shown of them now, by route.
    pub(crate) fn counts(&self) -> Vec<Counts> {
        let all = self.0.read().unwrap_or_else(PoisonError::into_inner);
        all.values().flatten().map(|stats| stats.counts()).collect()
    }
}
