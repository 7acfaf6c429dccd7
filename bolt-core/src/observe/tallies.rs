//! `Tallies`: the counts of all routes of an app.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};

use super::tally::{Counts, Tally};

/// The counts of all routes of an app, each from its first request on.
#[derive(Debug, Default)]
pub(crate) struct Tallies(RwLock<BTreeMap<String, Vec<Arc<Tally>>>>);

impl Tallies {
    /// The counts of a route. Asked once for each stream.
    pub(crate) fn of(&self, route: &str, method: &'static str, blocking: bool) -> Arc<Tally> {
        let is = |tally: &&Arc<Tally>| tally.method == method && tally.blocking == blocking;
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(tally) = known.get(route).and_then(|tallies| tallies.iter().find(is)) {
            return Arc::clone(tally);
        }
        drop(known);
        let mut all = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let tallies = all.entry(route.to_owned()).or_default();
        // Another may have been first.
        if let Some(tally) = tallies.iter().find(is) {
            return Arc::clone(tally);
        }
        let tally = Arc::new(Tally::new(route, method, blocking));
        tallies.push(Arc::clone(&tally));
        tally
    }

    /// What can be shown of them now, by route.
    pub(crate) fn counts(&self) -> Vec<Counts> {
        let all = self.0.read().unwrap_or_else(PoisonError::into_inner);
        all.values().flatten().map(|tally| tally.counts()).collect()
    }
}
