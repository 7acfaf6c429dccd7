//! What all clients together have received.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use hdrhistogram::Histogram;

use super::failure::Failure;
use super::report::{Quantiles, Second};

/// A time further away is another number.
const OLDEST_TIME: Duration = Duration::from_secs(3600);

/// In ns. A clock that is stepped by less is no other clock.
const MOST_AHEAD: u64 = 1_000_000;

#[derive(Debug)]
pub(crate) struct Tally {
    pub(crate) events: u64,
    pub(crate) bytes: u64,
    pub(crate) finished: u64,
    /// Clients with a stream open now, or, of those who ask again, between two.
    pub(crate) open: usize,
    pub(crate) open_most: usize,
    pub(crate) failed: usize,
    pub(crate) failures: BTreeMap<String, usize>,
    pub(crate) course: Vec<Second>,
    /// Events whose time is not over yet.
    pub(crate) ahead: u64,
    /// Of one client.
    pub(crate) longest_silence: Duration,
    latency: Histogram<u64>,
    latency_of_second: Histogram<u64>,
    first_byte: Histogram<u64>,
    events_before_second: u64,
}

impl Tally {
    pub(crate) fn new() -> Self {
        Self {
            events: 0,
            bytes: 0,
            finished: 0,
            open: 0,
            open_most: 0,
            failed: 0,
            failures: BTreeMap::new(),
            course: Vec::new(),
            ahead: 0,
            longest_silence: Duration::ZERO,
            latency: histogram(),
            latency_of_second: histogram(),
            first_byte: histogram(),
            events_before_second: 0,
        }
    }

    pub(crate) fn open(&mut self) {
        self.open += 1;
        self.open_most = self.open_most.max(self.open);
    }

    pub(crate) fn fail(&mut self, failure: &Failure) {
        self.failed += 1;
        *self.failures.entry(failure.to_string()).or_default() += 1;
    }

    /// An event that was received at `now`, with the time in it, both in ns since 1970.
    pub(crate) fn event(&mut self, now: u64, time: Option<u64>) {
        self.events += 1;
        let oldest = u64::try_from(OLDEST_TIME.as_nanos()).unwrap_or(u64::MAX);
        if let Some(time) = time.filter(|time| time.abs_diff(now) < oldest) {
            self.latency_of_second.saturating_record(now.saturating_sub(time) / 1000);
            self.ahead += u64::from(time > now.saturating_add(MOST_AHEAD));
        }
    }

    /// A time without events, of one client.
    pub(crate) fn silence(&mut self, lasted: Duration) {
        self.longest_silence = self.longest_silence.max(lasted);
    }

    pub(crate) fn first_byte(&mut self, after: Duration) {
        self.first_byte.saturating_record(micros(after));
    }

    /// Ends a second that has lasted `lasted`, `at` from the start.
    pub(crate) fn end_second(&mut self, at: Duration, lasted: Duration) {
        let events = self.events - self.events_before_second;
        self.course.push(Second {
            at: at.as_secs_f64(),
            lasted: lasted.as_secs_f64(),
            open: self.open,
            events,
            latency: quantiles(&self.latency_of_second),
        });
        self.events_before_second = self.events;
        self.add_second();
    }

    /// Forgets latencies so far, but for those in the course.
    pub(crate) fn start_window(&mut self) {
        self.latency.reset();
    }

    pub(crate) fn latency(&mut self) -> Option<Quantiles> {
        self.add_second();
        quantiles(&self.latency)
    }

    pub(crate) fn first_bytes(&self) -> Option<Quantiles> {
        quantiles(&self.first_byte)
    }

    /// An event is recorded once, in its second's histogram: that is added to the whole one now and then.
    fn add_second(&mut self) {
        if self.latency.add(&self.latency_of_second).is_ok() {
            self.latency_of_second.reset();
        }
    }
}

/// Now, in ns since 1970.
pub(crate) fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
}

fn histogram() -> Histogram<u64> {
    Histogram::new_with_bounds(1, micros(OLDEST_TIME), 3).expect("bounds in order, 3 digits")
}

fn quantiles(of: &Histogram<u64>) -> Option<Quantiles> {
    let at = |quantile| of.value_at_quantile(quantile);
    (!of.is_empty()).then(|| Quantiles {
        p50: at(0.5),
        p90: at(0.9),
        p99: at(0.99),
        p999: at(0.999),
        max: of.max(),
    })
}

fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}
