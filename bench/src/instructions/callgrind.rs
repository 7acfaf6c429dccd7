//! One run in valgrind.

use std::env;
use std::error::Error;
use std::fs;
use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};

use super::case::{Case, Of};
use super::profile::Profile;
use super::reader;

/// Runs a case, and gives back what it took.
pub(super) fn run(case: Case, of: Of, events: u64) -> Result<Profile, Box<dyn Error>> {
    let file = env::temp_dir().join(format!("bolt-bench-{}.callgrind", std::process::id()));
    let child = Command::new("valgrind")
        .args(["--tool=callgrind", "--quiet"])
        .arg(format!("--callgrind-out-file={}", file.display()))
        .arg(env::current_exe()?)
        .args(["counted", case.name(), of.name(), &events.to_string()])
        .stdin(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| format!("cannot run valgrind ({error}): install it, such as with apt"))?;
    let mut child = Ended(child);
    let said = attend(&mut child.0, case, events)?;
    let status = child.0.wait()?;
    if !status.success() {
        return Err(format!("{} of {}: {status}\n{said}", case.name(), of.name()).into());
    }
    let profile = fs::read_to_string(&file)?;
    fs::remove_file(&file)?;
    Profile::parse(&profile).ok_or_else(|| "callgrind wrote no totals".into())
}

/// Reads what the child says to its end, and is its client when it serves.
fn attend(child: &mut Child, case: Case, events: u64) -> Result<String, Box<dyn Error>> {
    let mut said = String::new();
    for line in child.stderr.take().map(BufReader::new).into_iter().flat_map(BufReader::lines) {
        let line = line?;
        match line.strip_prefix("listening on http://") {
            Some(address) => reader::read(address, &case.target(events), events)?,
            None => said = said + &line + "\n",
        }
    }
    Ok(said)
}

/// A process that does not outlive an error here.
struct Ended(Child);

impl Drop for Ended {
    fn drop(&mut self) {
        // Mostly it has ended.
        _ = self.0.kill();
        _ = self.0.wait();
    }
}
