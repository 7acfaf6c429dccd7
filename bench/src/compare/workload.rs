//! What a server is asked to do.

use std::fmt;

use super::figures::{self, Figure};
use super::peer::Peer;

#[derive(Clone, Copy, Debug, Eq, PartialEq, clap::ValueEnum)]
pub(super) enum Workload {
    /// Many streams of one event a second, from async code.
    Tick,
    /// The same from functions that block, one thread each.
    Blocking,
    /// Few clients that read as fast as they can.
    Burst,
    /// Streams of few events, one after the other on each connection.
    Short,
}

impl Workload {
    /// Clients, unless told.
    pub(super) fn clients(self) -> u32 {
        match self {
            Self::Tick | Self::Blocking => 1000,
            Self::Burst => 16,
            Self::Short => 64,
        }
    }

    /// Path and query.
    pub(super) fn target(self, events: Option<u32>) -> String {
        match self {
            Self::Tick => "/sse".to_owned(),
            Self::Blocking => "/sync-sse".to_owned(),
            Self::Burst => format!("/burst?events={}", events.unwrap_or(200_000)),
            Self::Short => format!("/short?events={}", events.unwrap_or(3)),
        }
    }

    /// Whether its streams end, so that clients ask again.
    pub(super) fn again(self) -> bool {
        matches!(self, Self::Burst | Self::Short)
    }

    /// Clients that begin in a second; none where it does not matter.
    ///
    /// A client that has begun receives an event each second, at that part of it. As fast as a peer accepts, most of
    /// them would come at once, and more so with a faster peer. So they begin evenly over whole seconds, and no
    /// more in one than every peer can take.
    pub(super) fn ramp(self, clients: u32) -> Option<u32> {
        let most = match self {
            Self::Tick => 5000,
            // Each begins with a thread.
            Self::Blocking => 2500,
            Self::Burst | Self::Short => return None,
        };
        Some((clients / clients.div_ceil(most).max(1)).max(1))
    }

    /// What p50 and p99 are of.
    pub(super) fn waits_for(self) -> &'static str {
        match self {
            Self::Tick | Self::Blocking => "from the server's clock in an event to its arrival",
            Self::Burst | Self::Short => "from a request to the first byte of its answer",
        }
    }

    pub(super) fn has(self, peer: Peer) -> bool {
        // Where each stream is a task on few threads, a function that blocks would stop all others.
        self != Self::Blocking || !matches!(peer, Peer::Actix | Peer::Floor)
    }

    /// The columns of its table.
    pub(super) fn figures(self) -> Vec<&'static Figure> {
        let all = figures::FIGURES.iter();
        all.filter(|figure| self == Self::Short || !figure.per_stream).collect()
    }
}

impl fmt::Display for Workload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Tick => "tick",
            Self::Blocking => "blocking",
            Self::Burst => "burst",
            Self::Short => "short",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clients_that_tick_begin_evenly_over_whole_seconds() {
        assert_eq!(Workload::Tick.ramp(5), Some(5));
        assert_eq!(Workload::Tick.ramp(5000), Some(5000));
        assert_eq!(Workload::Tick.ramp(10_000), Some(5000));
        assert_eq!(Workload::Tick.ramp(10_002), Some(3334));
        assert_eq!(Workload::Blocking.ramp(1000), Some(1000));
        assert_eq!(Workload::Blocking.ramp(10_000), Some(2500));
        assert_eq!(Workload::Short.ramp(64), None);
    }
}
