//! Runs the tool.

use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::{env, fs, process};

use serde_json::Value;

pub(crate) struct Outcome {
    pub(crate) status: Option<i32>,
    pub(crate) text: String,
    pub(crate) errors: String,
    /// What `--json` wrote.
    pub(crate) report: Value,
}

impl Outcome {
    pub(crate) fn number(&self, key: &str) -> u64 {
        self.report[key].as_u64().unwrap_or_else(|| panic!("{key} in {}", self.report))
    }

    /// Fails unless these are all failures.
    #[track_caller]
    pub(crate) fn assert_failures(&self, expected: &[(&str, u64)]) {
        let found = self.report["failures"].as_object().expect("failures");
        let found: Vec<_> = found
            .iter()
            .map(|(cause, n)| (cause.as_str(), n.as_u64().expect("a number")))
            .collect();
        assert_eq!(found, expected, "{}{}", self.text, self.errors);
        assert_eq!(self.status, Some(i32::from(!expected.is_empty())));
        let failed: u64 = expected.iter().map(|(_, count)| count).sum();
        assert_eq!(self.number("clients") - self.number("succeeded"), failed);
        for (cause, count) in expected {
            let told = self.text.lines().any(|line| {
                line.trim_start().starts_with(&format!("{cause}:"))
                    && line.ends_with(&format!(" {count}"))
            });
            assert!(told, "{cause} in {}", self.text);
        }
    }
}

/// `bolt-bench load` with arguments.
pub(crate) fn load(url: &str, arguments: &[&str]) -> Outcome {
    static RUNS: AtomicUsize = AtomicUsize::new(0);
    let run = RUNS.fetch_add(1, Ordering::SeqCst);
    let json = env::temp_dir().join(format!("bolt-bench-{}-{run}.json", process::id()));
    let output = Command::new(env!("CARGO_BIN_EXE_bolt-bench"))
        .args(["load", url, "--json"])
        .arg(&json)
        .args(arguments)
        .output()
        .expect("the tool");
    let report = fs::read(&json).ok().and_then(|json| serde_json::from_slice(&json).ok());
    // Not written when the arguments are wrong.
    let _ = fs::remove_file(&json);
    Outcome {
        status: output.status.code(),
        text: String::from_utf8(output.stdout).expect("text"),
        errors: String::from_utf8(output.stderr).expect("text"),
        report: report.unwrap_or_default(),
    }
}
