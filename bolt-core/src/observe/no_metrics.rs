//! In place of `metrics.rs`, in an app that is built without metrics: nothing, which costs nothing.

use std::time::Duration;

use tokio::time::Instant;

pub(super) type Labels<'a> = &'a [(&'static str, &'a str)];

#[derive(Clone, Debug)]
pub(super) struct Counter;

#[derive(Clone, Debug)]
pub(super) struct Gauge;

#[derive(Clone, Debug)]
pub(super) struct Histogram;

#[expect(clippy::unused_self, reason = "as in `metrics.rs`")]
impl Counter {
    pub(super) fn new(_: &'static str, _: Labels<'_>) -> Self {
        Self
    }

    pub(super) fn add(&self, _: u64) {}
}

#[expect(clippy::unused_self, reason = "as in `metrics.rs`")]
impl Gauge {
    pub(super) fn new(_: &'static str, _: Labels<'_>) -> Self {
        Self
    }

    pub(super) fn raise(&self) {}

    pub(super) fn lower(&self) {}

    pub(super) fn set(&self, _: usize) {}
}

#[expect(clippy::unused_self, reason = "as in `metrics.rs`")]
impl Histogram {
    pub(super) fn new(_: &'static str, _: Labels<'_>) -> Self {
        Self
    }

    pub(super) fn record(&self, _: Duration) {}

    pub(super) fn record_since(&self, _: Instant) {}
}
