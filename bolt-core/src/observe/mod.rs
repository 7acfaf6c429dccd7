//! What can be observed of a running app: counters by route, and one record and span per stream.
//!
//! The counters are always kept, as atomics. With the feature `metrics`, each is a metric of the `metrics` crate too,
//! for whatever recorder the program has. They are updated once per frame, never per event, with no lock and no
//! allocation.

mod count;
mod drop_reason;
mod end;
mod level;
#[cfg(feature = "metrics")]
mod metrics;
#[cfg(not(feature = "metrics"))]
#[path = "no_metrics.rs"]
mod metrics;
mod names;
mod record;
mod route_stats;
mod span;
mod stats;

pub(crate) use count::Count;
pub(crate) use drop_reason::drop_with_reason;
pub(crate) use end::{End, Refusal};
pub(crate) use level::{Level, LevelGuard, gauge};
#[cfg(feature = "metrics")]
pub(crate) use names::buckets;
pub(crate) use names::server;
pub(crate) use record::StreamRecord;
pub(crate) use route_stats::{Counts, FormLabel, RouteStats};
pub(crate) use span::{SPAN, StreamSpan};
pub(crate) use stats::Stats;
