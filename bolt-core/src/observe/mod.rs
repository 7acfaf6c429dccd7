//! What can be seen of a running app: its counts, by route.
//!
//! The counts are always kept, as atomic numbers. With the feature `metrics` each is one of the `metrics` crate too, so
//! that whatever recorder the program has sees it; what that costs is paid for a frame, never for an event.

mod because;
mod count;
mod end;
mod level;
#[cfg(feature = "metrics")]
mod metrics;
#[cfg(not(feature = "metrics"))]
#[path = "no_metrics.rs"]
mod metrics;
mod names;
mod span;
mod tallies;
mod tally;
mod watch;

pub(crate) use because::because;
pub(crate) use count::Count;
pub(crate) use end::{End, Refusal};
pub(crate) use level::{Level, Up, gauge};
#[cfg(feature = "metrics")]
pub(crate) use names::buckets;
pub(crate) use names::server;
pub(crate) use span::{SPAN, StreamSpan};
pub(crate) use tallies::Tallies;
pub(crate) use tally::{Counts, FormLabel, Tally};
pub(crate) use watch::Watch;
