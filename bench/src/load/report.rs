//! What a run has found.
use std::collections::BTreeMap;

use serde::Serialize;

/// The findings of one run, as `--json` writes them.
#[derive(Clone, Debug, Default, Serialize)]
pub(crate) struct Report {
    /// Clients that were asked for.
    pub(crate) clients: usize,
    /// Clients that received what they should until the end of the run or of their streams.
    pub(crate) succeeded: usize,
    /// How many failed, by cause.
    pub(crate) failures: BTreeMap<String, usize>,
    /// Events received by all clients.
    pub(crate) events: u64,
    /// Streams that ended as they should (last chunk seen).
    pub(crate) finished: u64,
    /// Bytes of response received, heads included.
    pub(crate) bytes: u64,
    /// From the first connection to the end, in s.
    pub(crate) seconds: f64,
    /// From the server's time in an event to its arrival, in µs; none when events carry no time.
    pub(crate) latency: Option<Quantiles>,
    /// From the request to the first byte of its answer, in µs.
    pub(crate) first_byte: Option<Quantiles>,
    /// What the load tool itself used.
    pub(crate) client: Usage,
    /// What the server used, with `--pid`.
    pub(crate) server: Option<Usage>,
}

/// In µs.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Quantiles {
    pub(crate) p50: u64,
    pub(crate) p90: u64,
    pub(crate) p99: u64,
    pub(crate) p999: u64,
    pub(crate) max: u64,
}

/// What a process used during the run.
#[derive(Clone, Debug, Default, Serialize)]
pub(crate) struct Usage {
    /// Resident memory before the run, in KiB.
    pub(crate) rss_before: u64,
    /// The most resident memory that was seen during the run, in KiB.
    pub(crate) rss_most: u64,
    /// CPU time of user and system, in s.
    pub(crate) cpu: f64,
}
