//! `bolt-bench soak`, as a person runs it.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

fn soak(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_bolt-bench"));
    command.arg("soak").args(arguments).stdin(Stdio::null());
    command
}

#[test]
fn a_run_that_proves_little_fails_and_its_report_tells_all() {
    let json = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("soak.json");
    // One client in a second cannot have done everything.
    let output =
        soak(&["--secs", "1", "--clients", "1", "--blocking", "3", "--seed", "7", "--json"])
            .arg(&json)
            .output()
            .expect("it runs");
    let text = String::from_utf8(output.stdout).expect("text");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{text}{errors}");
    assert!(text.contains("FAILS every behaviour was seen: never {"), "{text}");
    assert_eq!(text.matches("FAILS ").count(), 1, "{text}");
    assert!(text.contains("holds all permits are free: 3 of 3 admitted\n"), "{text}");
    assert!(text.contains("holds one more than all is refused: 503\n"), "{text}");
    assert!(text.contains("holds the server ends: exit status: 0\n"), "{text}");
    assert!(errors.contains("seed 7\n"), "{errors}");
    let report: Value = serde_json::from_slice(&fs::read(&json).expect("the JSON")).expect("JSON");
    let checks = report["checks"].as_array().expect("checks");
    assert_eq!(checks.iter().filter(|check| check["holds"] == true).count(), checks.len() - 1);
    assert_eq!(report["last"]["open"], 0, "{report}");
    assert_eq!(report["last"]["files"], report["fresh"]["files"], "{report}");
    let sample = &report["course"][0];
    assert!(sample["rss"].as_u64() > Some(0) && sample["threads"].as_u64() > Some(0), "{report}");
}

#[test]
fn a_run_that_cannot_be_says_why() {
    for (arguments, message) in [
        (["--json", "/none/soak.json"], "error: cannot write /none/soak.json: "),
        (["--secs", "0"], "a number of seconds above 0"),
        (["--clients", "0"], "--clients"),
    ] {
        let output = soak(&arguments).output().expect("it runs");
        let errors = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {errors}");
        assert!(errors.contains(message), "{arguments:?}: {errors}");
    }
}

#[test]
fn a_signal_ends_a_run_and_its_server() {
    for (signal, status) in [("-INT", 130), ("-TERM", 143)] {
        let mut run = soak(&["--clients", "5"]).stderr(Stdio::piped()).spawn().expect("it starts");
        let log = BufReader::new(run.stderr.take().expect("a pipe"));
        let mut lines = log.lines().map_while(Result::ok);
        assert!(lines.any(|line| line.starts_with("warm-up")));
        let id = run.id().to_string();
        let children = fs::read_to_string(format!("/proc/{id}/task/{id}/children"));
        let children = children.expect("a running process");
        let server = Path::new("/proc").join(children.trim());
        assert!(!children.is_empty() && server.exists(), "{children}");
        let kill = Command::new("kill").args([signal, &id]).status();
        assert!(kill.expect("kill").success());
        assert_eq!(run.wait().expect("it ends").code(), Some(status), "{signal}");
        assert!(!server.exists(), "{signal}");
    }
}
