//! What can be seen of a running app: its counts, by route.
//!
//! The counts are always kept, as atomic numbers. With the feature `metrics` each is one of the `metrics` crate too, so
//! that whatever recorder the program has sees it; what that costs is paid for a frame, never for an event.

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
