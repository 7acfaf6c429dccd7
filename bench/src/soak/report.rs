//! What a run has found.

use std::fmt::{self, Display};

use serde::Serialize;
use serde_json::Value;

use super::growth::Growth;
use super::snapshot::Snapshot;
use super::tally::Tally;

/// The findings, as `--json` writes them.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Report {
    pub(super) with: Value,
    pub(super) seed: u64,
    pub(super) clients: u16,
    /// In s, without the warm-up.
    pub(super) seconds: f64,
    /// What clients did, by name.
    pub(super) behaviours: Tally,
    /// Functions of streams that were run.
    pub(super) streams: u64,
    /// The server before its first stream.
    pub(super) fresh: Snapshot,
    /// Without clients, after the warm-up.
    pub(super) warm: Snapshot,
    /// Without clients, at the end.
    pub(super) last: Snapshot,
    /// Memory in the second half of the run.
    pub(super) growth: Growth,
    pub(super) checks: Vec<Check>,
    /// The run, second by second.
    pub(super) course: Vec<Sample>,
}

/// What must hold, and what was found.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Check {
    pub(super) what: &'static str,
    pub(super) holds: bool,
    pub(super) found: String,
}

#[derive(Clone, Copy, Debug, Serialize)]
pub(super) struct Sample {
    /// In s from the end of the warm-up.
    pub(super) at: f64,
    #[serde(flatten)]
    pub(super) server: Snapshot,
}

impl Report {
    pub(super) fn holds(&self) -> bool {
        self.checks.iter().all(|check| check.holds)
    }

    /// The longest time between two looks at the server, in s. They are to come each second: where one was much later,
    /// the machine had no time for this program, and its clients were late too.
    fn longest_pause(&self) -> f64 {
        let looks = self.course.windows(2);
        looks.map(|two| two[1].at - two[0].at).fold(0.0, f64::max)
    }

    /// The most of something in the run.
    fn most(&self, of: fn(&Snapshot) -> u64) -> u64 {
        self.course.iter().map(|sample| of(&sample.server)).max().unwrap_or_default()
    }

    fn row(&self, f: &mut fmt::Formatter<'_>, name: &str, of: fn(&Snapshot) -> u64) -> fmt::Result {
        let [fresh, warm, last] = [&self.fresh, &self.warm, &self.last].map(of);
        writeln!(f, "{name:<22} {fresh:>9} {warm:>9} {:>9} {last:>9}", self.most(of))
    }
}

impl Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { seed, clients, seconds, streams, .. } = self;
        writeln!(f, "{clients} clients for {seconds:.0} s, seed {seed}")?;
        let done = self.behaviours.done();
        let runs = self.behaviours.ended();
        writeln!(
            f,
            "{streams} streams, {runs} things done, {} events read, {} requests refused for load, {} gaps told\n",
            done.events, done.refused, done.gaps
        )?;

        writeln!(
            f,
            "{:<22} {:>9} {:>11} {:>9} {:>7}",
            "What clients did", "times", "events", "refused", "faults"
        )?;
        for (name, runs) in &self.behaviours.0 {
            let faults: u64 = runs.faults.values().sum();
            let (events, refused) = (runs.done.events, runs.done.refused);
            writeln!(f, "{name:<22} {:>9} {events:>11} {refused:>9} {faults:>7}", runs.ended)?;
            for (cause, count) in &runs.faults {
                writeln!(f, "  {count} times: {cause}")?;
            }
        }

        writeln!(
            f,
            "\n{:<22} {:>9} {:>9} {:>9} {:>9}",
            "The server", "fresh", "warm", "most", "last"
        )?;
        self.row(f, "open streams", |at| at.open)?;
        self.row(f, "threads", |at| at.threads)?;
        self.row(f, "open files", |at| at.files)?;
        self.row(f, "memory, KiB", |at| at.rss)?;
        let cpu = self.last.cpu - self.warm.cpu;
        writeln!(f, "CPU: {cpu:.1} s, {:.1} % of a core", 100.0 * cpu / seconds)?;
        let pause = self.longest_pause();
        writeln!(
            f,
            "Looked at each second; the longest pause between two looks was {pause:.1} s\n"
        )?;

        for Check { what, holds, found } in &self.checks {
            writeln!(f, "{} {what}: {found}", if *holds { "holds" } else { "FAILS" })?;
        }
        Ok(())
    }
}
