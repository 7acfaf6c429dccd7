//! The `metrics` crate: handles, which are taken once and then cost an atomic operation.

use metrics::Label;

use super::names;

/// A label and its value: of a route, or one of a few words of bolt's own. Never what a client says.
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

    pub(super) fn record(&self, time: std::time::Duration) {
        self.0.record(time);
    }
}

fn owned(labels: Labels<'_>) -> Vec<Label> {
    labels.iter().map(|(name, value)| Label::new(*name, (*value).to_owned())).collect()
}
