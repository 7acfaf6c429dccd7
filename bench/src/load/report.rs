//! What a run has found.

use std::collections::BTreeMap;

use serde::Serialize;

/// The findings of one run, as `--json` writes them.
#[derive(Clone, Debug, Default, Serialize)]
pub(crate) struct Report {
    /// What was asked for, such as `GET http://127.0.0.1:8080/sse`.
    pub(crate) request: String,
    /// Clients that were asked for.
    pub(crate) clients: usize,
    /// Clients whose request was answered with a stream.
    pub(crate) opened: usize,
    /// The most streams that were open at one moment. A client that asks again counts from its first to its last.
    pub(crate) open_most: usize,
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
    /// Of these, until all clients had been answered or had failed.
    pub(crate) ramp_seconds: f64,
    /// How long was measured, in s: from the end of the ramp to the end; the whole run, if streams ended in the ramp.
    pub(crate) window_seconds: f64,
    /// Events received by all clients while it was measured.
    pub(crate) window_events: u64,
    /// Events of each client that was answered with a stream.
    pub(crate) events_per_client: Spread,
    /// From a client's connection to its end, in s, of the same clients.
    pub(crate) durations: Spread,
    /// From the server's time in an event to its arrival while it was measured, in µs; none when events carry no
    /// time.
    pub(crate) latency: Option<Quantiles>,
    /// From the request to the first byte of its answer, in µs.
    pub(crate) first_byte: Option<Quantiles>,
    /// Events whose time was more than 1 ms ahead of this machine's. With any of them there is no `latency`: the
    /// server has another clock.
    pub(crate) events_ahead: u64,
    /// Whether the server is on another machine: then two clocks are compared.
    pub(crate) other_machine: bool,
    /// The longest time that a client waited for an event, in s: from its request, or from the event before, to the
    /// next one or to the end of the run.
    pub(crate) longest_silence: f64,
    /// What the load tool itself used.
    pub(crate) client: Usage,
    /// What the server used, with `--pid`.
    pub(crate) server: Option<Usage>,
    /// The run, second by second.
    pub(crate) course: Vec<Second>,
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

/// How numbers lie.
#[derive(Clone, Debug, Default, Serialize)]
pub(crate) struct Spread {
    pub(crate) mean: f64,
    /// The standard deviation: of all there are, not of a sample.
    pub(crate) deviation: f64,
    pub(crate) min: f64,
    pub(crate) max: f64,
}

/// What a process used.
#[derive(Clone, Debug, Default, Serialize)]
pub(crate) struct Usage {
    /// Resident memory before the run, in KiB.
    pub(crate) rss_before: u64,
    /// The most resident memory that was seen during the run, in KiB.
    pub(crate) rss_most: u64,
    /// CPU time of user and system while it was measured (see `window_seconds`), in s.
    pub(crate) cpu: f64,
    /// CPU time of the whole run, connections included, in s.
    pub(crate) cpu_whole: f64,
}

/// A second of a run, or what is left of one at the end of the ramp and of the run.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Second {
    /// Its end, in s from the first connection.
    pub(crate) at: f64,
    /// In s.
    pub(crate) lasted: f64,
    /// Streams open at its end.
    pub(crate) open: usize,
    pub(crate) events: u64,
    /// Of the events received in it.
    pub(crate) latency: Option<Quantiles>,
}

impl Second {
    pub(crate) fn events_per_second(&self) -> f64 {
        if self.lasted > 0.0 { self.events as f64 / self.lasted } else { 0.0 }
    }
}

impl Spread {
    pub(crate) fn of(numbers: &[f64]) -> Self {
        if numbers.is_empty() {
            return Self::default();
        }
        let count = numbers.len() as f64;
        let mean = numbers.iter().sum::<f64>() / count;
        let variance = numbers.iter().map(|n| (n - mean).powi(2)).sum::<f64>() / count;
        Self {
            mean,
            deviation: variance.sqrt(),
            min: numbers.iter().copied().fold(f64::INFINITY, f64::min),
            max: numbers.iter().copied().fold(f64::NEG_INFINITY, f64::max),
        }
    }
}
