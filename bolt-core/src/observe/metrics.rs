//! Handles of the `metrics` crate: registered once, after which each use is an atomic operation.

use std::time::Duration;

use metrics::Label;
use tokio::time::Instant;

use super::names;

/// Labels and their values: of a route, or one of a few words of bolt's own. Never anything that a client sends.
pub(super) type Labels<'a> = &'a [(&'static str, &'a str)];

#[derive(Clone, Debug)]
pub(super) struct Counter(metrics::Counter);

#[derive(Clone, Debug)]
pub(super) struct Gauge(metrics::Gauge);

#[derive(Clone, Debug)]
pub(super) struct Histogram(metrics::Histogram);

impl Counter {
    pub(super) fn new(name: &'static str, labels: Labels<'_>) -> Self {
        names::describe();
        Self(metrics::counter!(name, owned(labels)))
    }

    pub(super) fn add(&self, count: u64) {
        self.0.increment(count);
    }
}

impl Gauge {
    pub(super) fn new(name: &'static str, labels: Labels<'_>) -> Self {
        names::describe();
        Self(metrics::gauge!(name, owned(labels)))
    }

    pub(super) fn raise(&self) {
        self.0.increment(1.0);
    }

    pub(super) fn lower(&self) {
        self.0.decrement(1.0);
    }

    pub(super) fn set(&self, value: usize) {
        // To 2^53 without loss.
        self.0.set(value as f64);
    }
}

impl Histogram {
    pub(super) fn new(name: &'static str, labels: Labels<'_>) -> Self {
        names::describe();
        Self(metrics::histogram!(name, owned(labels)))
    }

    pub(super) fn record(&self, time: Duration) {
        self.0.record(time);
    }

    /// Records the time since then.
    pub(super) fn record_since(&self, then: Instant) {
        self.record(then.elapsed());
    }
}

fn owned(labels: Labels<'_>) -> Vec<Label> {
    labels.iter().map(|(name, value)| Label::new(*name, (*value).to_owned())).collect()
}
