//! The load, as a process of its own: its CPU and memory are then its own too.

use std::error::Error;
use std::fs;
use std::io::Read as _;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::plan::Plan;
use super::server::Server;

/// Clients and seconds before the measured run: enough to have run every line once, and to leave memory alone.
const WARM_UP: (u32, u32) = (16, 1);

/// What a load may take longer than it was told.
const PATIENCE: Duration = Duration::from_secs(120);

pub(super) fn warm_up(plan: &Plan, server: &Server) -> Result<(), Box<dyn Error>> {
    let (clients, secs) = WARM_UP;
    load(plan, server, clients.min(plan.clients), secs).map(drop)
}

/// The report of a run, as `load` writes it.
pub(super) fn measure(plan: &Plan, server: &Server) -> Result<Value, Box<dyn Error>> {
    load(plan, server, plan.clients, plan.secs)
}

fn load(plan: &Plan, server: &Server, clients: u32, secs: u32) -> Result<Value, Box<dyn Error>> {
    let file = plan.out.join(format!("load-{}.json", std::process::id()));
    let mut command = Command::new(std::env::current_exe()?);
    command
        .args(["load", &format!("http://{}{}", server.address, plan.target)])
        .args(["--clients", &clients.to_string(), "--secs", &secs.to_string()])
        .args(["--pid", &server.pid().to_string()])
        .arg("--json")
        .arg(&file);
    if plan.workload.again() {
        command.arg("--again");
    }
    run(&mut command, Duration::from_secs(secs.into()) + PATIENCE)?;
    let report = serde_json::from_slice(&fs::read(&file)?)?;
    fs::remove_file(&file)?;
    Ok(report)
}

/// Runs a command to its end; ends it when it takes too long.
fn run(command: &mut Command, most: Duration) -> Result<(), Box<dyn Error>> {
    let mut process =
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn()?;
    let stderr = process.stderr.take();
    let said = thread::spawn(move || {
        let mut text = String::new();
        stderr.map(|mut stderr| stderr.read_to_string(&mut text));
        text
    });
    let end = Instant::now() + most;
    let status = loop {
        match process.try_wait()? {
            Some(status) => break status,
            None if Instant::now() > end => {
                process.kill()?;
                process.wait()?;
                return Err(format!("the load does not end after {most:?}").into());
            }
            None => thread::sleep(Duration::from_millis(50)),
        }
    };
    // With 1 some clients have failed, which its report tells.
    if matches!(status.code(), Some(0 | 1)) {
        return Ok(());
    }
    let said = said.join().unwrap_or_default();
    Err(format!("the load failed ({status}): {}", said.trim()).into())
}
