//! How far a run is, on a terminal.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::tally::Tally;

const CONNECTING: &str = "{prefix} [{bar:30}] {pos}/{len} clients  {msg}";
const MEASURING: &str = "{prefix} [{bar:30}] {elapsed}/{msg}";

/// A bar on standard error; nothing where that is no terminal.
pub(crate) struct Progress {
    bar: ProgressBar,
    shown: bool,
}

impl Progress {
    pub(crate) fn new(clients: usize, shown: bool) -> Self {
        let target =
            if shown { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        let bar = ProgressBar::with_draw_target(Some(clients as u64), target);
        bar.set_style(style(CONNECTING));
        bar.set_prefix("connecting");
        Self { shown: !bar.is_hidden(), bar }
    }

    pub(crate) fn connecting(&self, settled: usize, tally: &Tally) {
        if self.shown {
            self.bar.set_position(settled as u64);
            self.bar.set_message(format!("{} open, {} failed", tally.open, tally.failed));
        }
    }

    /// `passed` of `lasts` are over.
    pub(crate) fn measuring(&self, passed: Duration, lasts: Duration, tally: &Tally) {
        if !self.shown {
            return;
        }
        let millis = |duration: Duration| u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
        if self.bar.length() != Some(millis(lasts)) || self.bar.prefix() != "measuring" {
            self.bar.set_style(style(MEASURING));
            self.bar.set_prefix("measuring");
            self.bar.set_length(millis(lasts));
        }
        self.bar.set_position(millis(passed));
        let rate = tally.course.last().map_or(0.0, |second| second.events_per_second);
        self.bar.set_message(format!(
            "{} s  {} open, {rate:.0} events/s, {} failed",
            lasts.as_secs_f64(),
            tally.open,
            tally.failed
        ));
    }

    pub(crate) fn end(&self) {
        self.bar.finish_and_clear();
    }
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).expect("a template of ours").progress_chars("=> ")
}
