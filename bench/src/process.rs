//! Memory and CPU of a process, as Linux tells them.

use std::fs;
use std::io;
use std::path::PathBuf;
use std::time::Duration;

/// `/proc` counts CPU in hundredths of a second, whatever the kernel's own tick is.
const TICK: Duration = Duration::from_millis(10);

/// Fewer ticks than ten say little about what was used.
const LEAST_CPU: f64 = 0.1;

/// Whether so much CPU, in s, was more than what is lost between two ticks.
pub(crate) fn countable(cpu: f64) -> bool {
    // The difference of two sums of hundredths may be a hair less.
    cpu > LEAST_CPU - 1e-6
}

/// A process that can be measured. Only this one: its children are not added.
#[derive(Debug)]
pub(crate) struct Process(PathBuf);

impl Process {
    /// This process.
    pub(crate) fn own() -> Self {
        Self("/proc/self".into())
    }

    pub(crate) fn of(pid: u32) -> Self {
        Self(format!("/proc/{pid}").into())
    }

    /// CPU time of user and system since its start.
    pub(crate) fn cpu(&self) -> io::Result<Duration> {
        let stat = fs::read_to_string(self.0.join("stat"))?;
        // The name, in parentheses, may hold anything.
        let after_name = stat.rsplit(") ").next().unwrap_or_default();
        let ticks: u64 = after_name.split(' ').skip(11).take(2).flat_map(str::parse::<u64>).sum();
        Ok(TICK.mul_f64(ticks as f64))
    }

    /// Resident memory, in KiB.
    pub(crate) fn rss(&self) -> io::Result<u64> {
        self.status("VmRSS")
    }

    pub(crate) fn threads(&self) -> io::Result<u64> {
        self.status("Threads")
    }

    /// Files that it has open, sockets included.
    pub(crate) fn files(&self) -> io::Result<u64> {
        Ok(fs::read_dir(self.0.join("fd"))?.count() as u64)
    }

    fn status(&self, name: &str) -> io::Result<u64> {
        let status = fs::read_to_string(self.0.join("status"))?;
        let mut lines = status.lines().filter_map(|line| line.split_once(':'));
        let value = lines.find(|(found, _)| *found == name).map(|(_, value)| value);
        let number = value.and_then(|value| value.trim().trim_end_matches(" kB").parse().ok());
        // A process that has ended, but was not waited for, has no memory.
        number.ok_or_else(|| io::Error::other(format!("no {name} in its status")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_has_memory_and_uses_cpu() {
        let own = Process::of(std::process::id());
        assert!(own.rss().unwrap() > 0 && own.threads().unwrap() > 0);
        // Standard input, output and error at least.
        let files = own.files().unwrap();
        assert!(files >= 3, "{files}");
        let before = own.cpu().unwrap();
        let mut sum = 0_u64;
        while own.cpu().unwrap() == before {
            sum = std::hint::black_box(sum.wrapping_add(1));
        }
        assert!(Process::own().cpu().unwrap() > before);
    }

    #[test]
    fn a_process_that_is_not_there_is_an_error() {
        let none = Process::of(u32::MAX);
        assert!(none.rss().is_err() && none.cpu().is_err());
    }
}
