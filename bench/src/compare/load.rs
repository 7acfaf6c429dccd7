//! The load, as a process of its own: its CPU and memory are then its own too.

use std::error::Error;
use std::fs;
use std::io::Read as _;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::plan::Plan;
use crate::server::Server;
use crate::stop::Stop;

/// Clients and seconds before the measured run: enough to have run every line once, and to leave memory alone.
const WARM_UP: (u32, u32) = (16, 1);

/// What a load may take longer than it was told.
const PATIENCE: Duration = Duration::from_secs(120);

pub(super) fn warm_up(plan: &Plan, server: &Server, stop: &Stop) -> Result<(), Box<dyn Error>> {
    let (clients, secs) = WARM_UP;
    let clients = clients.min(plan.clients);
    run(&mut load(plan, server, clients, secs)?, secs, stop)
}

/// The report of a run, as `load` writes it.
pub(super) fn measure(plan: &Plan, server: &Server, stop: &Stop) -> Result<Value, Box<dyn Error>> {
    let file = Temporary(plan.out.join(format!("load-{}.json", std::process::id())));
    let mut command = load(plan, server, plan.clients, plan.secs)?;
    let ramp = plan.workload.ramp(plan.clients);
    if let Some(ramp) = ramp {
        command.args(["--ramp", &ramp.to_string()]);
    }
    let ramp_secs = ramp.map_or(0, |ramp| plan.clients.div_ceil(ramp));
    run(command.arg("--json").arg(&file.0), plan.secs + ramp_secs, stop)?;
    let report =
        fs::read(&file.0).map_err(|error| format!("cannot read {}: {error}", file.0.display()))?;
    Ok(serde_json::from_slice(&report)?)
}

fn load(plan: &Plan, server: &Server, clients: u32, secs: u32) -> Result<Command, Box<dyn Error>> {
    let mut command = Command::new(std::env::current_exe()?);
    command
        .args(["load", &format!("http://{}{}", server.address, plan.target)])
        .args(["--clients", &clients.to_string(), "--secs", &secs.to_string()])
        .args(["--pid", &server.pid().to_string()]);
    if plan.workload.again() {
        command.arg("--again");
    }
    Ok(command)
}

/// Runs a command to its end; ends it when it takes much longer than `secs`, or at a signal.
fn run(command: &mut Command, secs: u32, stop: &Stop) -> Result<(), Box<dyn Error>> {
    let most = Duration::from_secs(secs.into()) + PATIENCE;
    let process =
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn()?;
    let mut process = Running(process);
    let stderr = process.0.stderr.take();
    let said = thread::spawn(move || {
        let mut text = String::new();
        stderr.map(|mut stderr| stderr.read_to_string(&mut text));
        text
    });
    let end = Instant::now() + most;
    let status = loop {
        stop.check()?;
        match process.0.try_wait()? {
            Some(status) => break status,
            None if Instant::now() > end => {
                return Err(format!("the load does not end after {most:?}").into());
            }
            None => thread::sleep(Duration::from_millis(50)),
        }
    };
    // A signal from the terminal has reached the load too, and ended it early.
    stop.check()?;
    // With 1 some clients have failed, which its report tells.
    if matches!(status.code(), Some(0 | 1)) {
        return Ok(());
    }
    let said = said.join().unwrap_or_default();
    Err(format!("the load failed ({status}): {}", said.trim()).into())
}

/// A process that does not outlive an error here.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        // Mostly it has ended.
        _ = self.0.kill();
        _ = self.0.wait();
    }
}

/// A file that does not, either.
struct Temporary(PathBuf);

impl Drop for Temporary {
    fn drop(&mut self) {
        // It may not have been written yet.
        _ = fs::remove_file(&self.0);
    }
}
