//! What something was run with and on, as far as the program can know it.

use std::fs;
use std::process::{Command, Stdio};
use std::{env, thread};

use serde_json::{Map, Value, json};

/// Parts of names whose values are no one else's business.
const SECRET: [&str; 4] = ["SECRET", "PASSWORD", "TOKEN", "KEY"];

pub(crate) fn circumstances() -> Value {
    json!({
        "version": env!("CARGO_PKG_VERSION"),
        "commit": commit(),
        "debug_build": cfg!(debug_assertions),
        "kernel": kernel(),
        "cores": thread::available_parallelism().map_or(0, usize::from),
        "variables": variables(env::vars_os().map(|(name, value)| {
            (name.to_string_lossy().into_owned(), value.to_string_lossy().into_owned())
        })),
    })
}

/// Of the sources that this was built from, if they are still there; `-dirty` if they were changed since.
fn commit() -> Option<String> {
    let git = Command::new("git")
        .args(["-C", env!("CARGO_MANIFEST_DIR"), "describe", "--always", "--dirty", "--abbrev=12"])
        .stdin(Stdio::null())
        .output()
        .ok()?;
    let commit = String::from_utf8(git.stdout).ok()?;
    (git.status.success() && !commit.trim().is_empty()).then(|| commit.trim().to_owned())
}

fn kernel() -> Option<String> {
    let release = fs::read_to_string("/proc/sys/kernel/osrelease").ok()?;
    Some(release.trim().to_owned())
}

/// Those that bolt reads.
fn variables(all: impl Iterator<Item = (String, String)>) -> Map<String, Value> {
    let ours = all.filter(|(name, _)| name.starts_with("BOLT_"));
    ours.map(|(name, value)| {
        let hidden = SECRET.iter().any(|part| name.to_ascii_uppercase().contains(part));
        (name, if hidden { "(hidden)".into() } else { value.into() })
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_of_bolt_are_told_and_secrets_are_not() {
        let all = [("BOLT_STREAM__BUFFER", "16KiB"), ("BOLT_MY__TOKEN", "x"), ("HOME", "/")];
        let told = variables(all.into_iter().map(|(name, value)| (name.into(), value.into())));
        assert_eq!(
            Value::Object(told),
            json!({ "BOLT_STREAM__BUFFER": "16KiB", "BOLT_MY__TOKEN": "(hidden)" })
        );
    }
}
