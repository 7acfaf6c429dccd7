//! `load`: many clients in one thread.
//!
//! [`Arguments`] become a [plan](plan::Plan); [`drive`] drives a pool of clients through one epoll loop and returns a
//! [`Report`]. Each client reads its answer as head, then chunks, then events.

mod answer;
mod arguments;
mod chunks;
mod client;
mod coding;
mod drive;
mod error;
mod events;
mod failure;
mod limits;
mod meter;
mod plan;
mod plot;
mod pool;
mod progress;
mod report;
mod summary;
mod tally;

pub(crate) use arguments::{Arguments, seconds};
pub(crate) use chunks::Chunks;
pub(crate) use failure::Failure;

use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use signal_hook::consts::SIGINT;

use crate::console::{note, print};
use crate::file;
use report::Report;

/// All went well, something failed, or there was no run or a file of it could not be written.
pub(crate) fn main(arguments: &Arguments) -> ExitCode {
    match load(arguments) {
        Ok(report) if report.succeeded == report.clients => ExitCode::SUCCESS,
        Ok(_) => ExitCode::from(1),
        Err(error) => {
            note(format_args!("error: {error}"));
            ExitCode::from(2)
        }
    }
}

fn load(arguments: &Arguments) -> Result<Report, String> {
    let plan = arguments.plan()?;
    check_files(arguments)?;
    let stop = stop_at_interrupt()?;
    let report = drive::run_until(&plan, true, &stop).map_err(|error| error.to_string())?;
    // First what cannot fail: a full disk must not cost the run.
    print(summary::Summary(&report));
    if let Some(path) = &arguments.json {
        let text = serde_json::to_string_pretty(&report).expect("numbers and strings");
        file::write(path, &(text + "\n"))?;
    }
    if let Some(path) = &arguments.plot {
        file::write(path, &plot::draw(&report)?)?;
    }
    Ok(report)
}

/// Ctrl-C ends the run with its report; a second one ends the process.
fn stop_at_interrupt() -> Result<Arc<AtomicBool>, String> {
    let stop = Arc::new(AtomicBool::new(false));
    signal_hook::flag::register_conditional_shutdown(SIGINT, 130, Arc::clone(&stop))
        .and_then(|_| signal_hook::flag::register(SIGINT, Arc::clone(&stop)))
        .map_err(|error| format!("cannot listen for Ctrl-C: {error}"))?;
    Ok(stop)
}

/// A file that cannot be written is told before the run, not after.
fn check_files(arguments: &Arguments) -> Result<(), String> {
    let check = |path: &Option<_>| path.as_deref().map(file::check).transpose();
    let (json, plot) = (check(&arguments.json)?, check(&arguments.plot)?);
    match (json, plot) {
        (Some(json), Some(plot)) if json == plot => {
            Err(format!("--json and --plot are the same file, {}", json.display()))
        }
        _ => Ok(()),
    }
}
