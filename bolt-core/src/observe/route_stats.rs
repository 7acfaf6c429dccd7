//! `RouteStats`: the counts of one route.

use super::count::Count;
use super::end::{End, Refusal};
use super::level::Level;
use super::metrics::Histogram;
use super::names::stream;

/// The form that a stream has, as a label.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FormLabel {
    Events,
    Lines,
    Sequence,
    Array,
}

impl FormLabel {
    const ALL: [Self; 4] = [Self::Events, Self::Lines, Self::Sequence, Self::Array];

    pub(super) fn label(self) -> &'static str {
        match self {
            Self::Events => "events",
            Self::Lines => "lines",
            Self::Sequence => "sequence",
            Self::Array => "array",
        }
    }
}

/// The counts of the streams of one function at one route.
#[derive(Debug)]
pub(crate) struct RouteStats {
    route: String,
    pub(super) method: &'static str,
    pub(super) blocking: bool,
    pub(super) open: Level,
    started: [Count; FormLabel::ALL.len()],
    ended: [Count; End::ALL.len()],
    refused: [Count; Refusal::ALL.len()],
    pub(super) events: Count,
    pub(super) bytes: Count,
    pub(super) first: Histogram,
    pub(super) duration: Histogram,
    wait: Histogram,
}

impl RouteStats {
    /// `route` is a template, never a path that a client has sent.
    pub(super) fn new(route: &str, method: &'static str, blocking: bool) -> Self {
        let of = [("route", route), ("method", method), ("kind", kind(blocking))];
        let with = |name, value| [of[0], of[1], of[2], (name, value)];
        Self {
            route: route.to_owned(),
            method,
            blocking,
            open: Level::labelled(stream::OPEN, &of),
            started: FormLabel::ALL
                .map(|form| Count::labelled(stream::STARTED, &with("form", form.label()))),
            ended: End::ALL.map(|end| Count::labelled(stream::ENDED, &with("reason", end.label()))),
            refused: Refusal::ALL
                .map(|why| Count::labelled(stream::REFUSED, &with("reason", why.label()))),
            events: Count::labelled(stream::EVENTS, &of),
            bytes: Count::labelled(stream::BYTES, &of),
            first: Histogram::new(stream::FIRST, &of),
            duration: Histogram::new(stream::DURATION, &of),
            wait: Histogram::new(stream::WAIT, &of),
        }
    }

    pub(super) fn route(&self) -> &str {
        &self.route
    }

    /// The route, the method and the kind.
    pub(super) fn labels(&self) -> (&str, &'static str, &'static str) {
        (&self.route, self.method, kind(self.blocking))
    }

    pub(super) fn started(&self, form: FormLabel) -> &Count {
        &self.started[form as usize]
    }

    pub(super) fn ended(&self, end: End) -> &Count {
        &self.ended[end as usize]
    }

    /// A stream was not begun.
    pub(crate) fn refuse(&self, why: Refusal) {
        self.refused[why as usize].add(1);
    }

    /// `emit!` has waited for the client.
    pub(crate) fn waited(&self, time: std::time::Duration) {
        self.wait.record(time);
    }

    /// What can be shown of it.
    pub(super) fn counts(&self) -> Counts {
        Counts {
            route: self.route.clone(),
            method: self.method,
            blocking: self.blocking,
            open: self.open.now(),
            started: self.started.iter().map(Count::all).sum(),
            ended: End::ALL.map(|end| (end.label(), self.ended(end).all())),
            refused: Refusal::ALL.map(|why| (why.label(), self.refused[why as usize].all())),
            events: self.events.all(),
            bytes: self.bytes.all(),
        }
    }
}

fn kind(blocking: bool) -> &'static str {
    if blocking { "blocking" } else { "async" }
}

/// The counts of a route, at one moment.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub(crate) struct Counts {
    #[serde(skip)]
    pub(crate) route: String,
    #[serde(skip)]
    pub(crate) method: &'static str,
    pub(crate) blocking: bool,
    pub(crate) open: usize,
    pub(crate) started: u64,
    pub(crate) ended: [(&'static str, u64); End::ALL.len()],
    pub(crate) refused: [(&'static str, u64); Refusal::ALL.len()],
    pub(crate) events: u64,
    pub(crate) bytes: u64,
}
