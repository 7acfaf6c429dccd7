//! How far a run is, on a terminal.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::report::Second;
use super::tally::Tally;

/// Steps of the bar: whether clients or seconds are counted, it fills once.
const STEPS: f64 = 1000.0;

/// A bar on standard error; nothing where that is no terminal.
pub(crate) struct Progress(Option<ProgressBar>);

impl Progress {
    pub(crate) fn new(shown: bool) -> Self {
        let target = ProgressDrawTarget::stderr();
        if !shown || target.is_hidden() {
            return Self(None);
        }
        let style = ProgressStyle::with_template("{prefix} [{bar:30}] {msg}");
        let style = style.expect("a template of ours").progress_chars("=> ");
        let bar = ProgressBar::with_draw_target(Some(1000), target).with_style(style);
        Self(Some(bar))
    }

    /// `settled` of `clients` have been answered or have failed.
    pub(crate) fn connecting(&self, settled: usize, clients: usize, tally: &Tally) {
        let share = settled as f64 / clients as f64;
        self.show("connecting", share, || {
            format!("{settled} of {clients}: {} open, {} failed", tally.open, tally.failed)
        });
    }

    /// `passed` of `lasts` are over.
    pub(crate) fn measuring(&self, passed: Duration, lasts: Duration, tally: &Tally) {
        let (passed, lasts) = (passed.as_secs_f64(), lasts.as_secs_f64());
        self.show("measuring ", passed / lasts, || {
            let rate = tally.course.last().map_or(0.0, Second::events_per_second);
            let (open, failed) = (tally.open, tally.failed);
            format!("{passed:.0} of {lasts} s: {open} open, {failed} failed, {rate:.0} events/s")
        });
    }

    fn show(&self, phase: &'static str, share: f64, message: impl FnOnce() -> String) {
        let Some(bar) = &self.0 else { return };
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "`as` takes a share below 0 as none"
        )]
        let position = (share.min(1.0) * STEPS) as u64;
        if bar.prefix() != phase {
            bar.set_prefix(phase);
        }
        bar.set_message(message());
        bar.set_position(position);
    }

    pub(crate) fn end(&self) {
        if let Some(bar) = &self.0 {
            bar.finish_and_clear();
        }
    }
}
