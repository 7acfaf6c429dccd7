//! `load`: many clients in one thread.
//!
//! [`Arguments`] become a [plan](plan::Plan); [`drive`] drives a pool of clients through one epoll loop and returns a
//! [`Report`]. Each client reads its answer as head, then chunks, then events.

mod answer;
mod arguments;
mod chunks;
mod client;
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

pub(crate) use arguments::Arguments;

use std::fs::File;
use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use signal_hook::consts::SIGINT;

use report::Report;

/// All went well, something failed, or there was no run.
pub(crate) fn main(arguments: &Arguments) -> ExitCode {
    match load(arguments) {
        Ok(report) if report.succeeded == report.clients => ExitCode::SUCCESS,
        Ok(_) => ExitCode::from(1),
        Err(error) => {
            // Nowhere is left to say that this cannot be said.
            let _ = writeln!(io::stderr(), "error: {error}");
            ExitCode::from(2)
        }
    }
}

fn load(arguments: &Arguments) -> Result<Report, String> {
    let plan = arguments.plan()?;
    // A file that cannot be written is told before the run, not after.
    let json = create(arguments.json.as_deref())?;
    let plot = create(arguments.plot.as_deref())?;
    let stop = stop_at_interrupt()?;
    let report = drive::run_until(&plan, true, &stop).map_err(|error| error.to_string())?;
    if let Some((mut file, path)) = json {
        let mut text = serde_json::to_string_pretty(&report).expect("numbers and strings");
        text.push('\n');
        file.write_all(text.as_bytes()).map_err(|error| cannot_write(path, &error))?;
    }
    if let Some((mut file, path)) = plot {
        let drawing = plot::draw(&report)?;
        file.write_all(drawing.as_bytes()).map_err(|error| cannot_write(path, &error))?;
    }
    // A reader that has gone, such as `head`, is no fault of the run.
    let _ = write!(io::stdout(), "{}", summary::Summary(&report));
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

fn create(path: Option<&Path>) -> Result<Option<(File, &Path)>, String> {
    let Some(path) = path else { return Ok(None) };
    let file = File::create(path).map_err(|error| cannot_write(path, &error))?;
    Ok(Some((file, path)))
}

fn cannot_write(path: &Path, error: &io::Error) -> String {
    format!("cannot write {}: {error}", path.display())
}
