//! What the tool and the server use, while a run lasts.

use std::io;

use crate::process::Process;

use super::report::Usage;

/// Measures one process.
#[derive(Debug)]
pub(crate) struct Meter {
    process: Process,
    cpu_at_start: f64,
    cpu_at_window: f64,
    cpu_now: f64,
    usage: Usage,
}

impl Meter {
    /// Begins now.
    pub(crate) fn start(process: Process) -> io::Result<Self> {
        let rss = process.rss()?;
        let cpu = process.cpu()?.as_secs_f64();
        let usage = Usage { rss_before: rss, rss_most: rss, ..Usage::default() };
        Ok(Self { process, cpu_at_start: cpu, cpu_at_window: cpu, cpu_now: cpu, usage })
    }

    /// Looks now. A process that has ended stays at what was last seen.
    pub(crate) fn sample(&mut self) {
        self.sample_memory();
        if let Ok(cpu) = self.process.cpu() {
            self.cpu_now = cpu.as_secs_f64();
        }
    }

    pub(crate) fn sample_memory(&mut self) {
        if let Ok(rss) = self.process.rss() {
            self.usage.rss_most = self.usage.rss_most.max(rss);
        }
    }

    /// From now on counts what is measured.
    pub(crate) fn start_window(&mut self) {
        self.sample();
        self.cpu_at_window = self.cpu_now;
    }

    /// What was used until the last sample.
    pub(crate) fn usage(&self) -> Usage {
        Usage {
            cpu: self.cpu_now - self.cpu_at_window,
            cpu_whole: self.cpu_now - self.cpu_at_start,
            ..self.usage.clone()
        }
    }
}
