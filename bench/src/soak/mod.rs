//! `soak`: many clients do right and wrong things for a long time, and then the server must be as it was before.
//!
//! ```text
//! server (its own process) ─► fresh ─► warm-up ─► warm ─► run, looked at each second ─► last
//! crowd ─► behaviour of each client ─► tally
//!                        tally, fresh, warm, course, last ─► checks ─► report
//! ```

mod arguments;
mod bad;
mod behaviour;
mod blocks;
mod checks;
mod connection;
mod crowd;
mod fault;
mod good;
mod growth;
mod random;
mod report;
mod run;
mod snapshot;
mod tally;

pub(crate) use arguments::Arguments;

use std::error::Error;
use std::process::ExitCode;

use crate::console::{note, print};
use crate::file;
use crate::server::Server;
use crate::stop::{Stop, Stopped};
use report::Report;

/// All holds, or something does not, or there was no run.
pub(crate) fn main(arguments: &Arguments) -> ExitCode {
    match soak(arguments) {
        Ok(report) if report.holds() => ExitCode::SUCCESS,
        Ok(_) => ExitCode::from(1),
        Err(error) => {
            note(format_args!("error: {error}"));
            let stopped = error.downcast_ref::<Stopped>();
            ExitCode::from(stopped.map_or(2, |stopped| stopped.status()))
        }
    }
}

fn soak(arguments: &Arguments) -> Result<Report, Box<dyn Error>> {
    if let Some(path) = &arguments.json {
        file::check(path)?;
    }
    let stop = Stop::at_signals()?;
    // Each client is a file.
    rlimit::increase_nofile_limit(u64::MAX)?;
    let mut server = Server::own(&["soak"], arguments.blocking.into(), &stop)?;
    let seed = arguments.seed.unwrap_or_else(run::seed);
    note(format_args!("seed {seed}"));
    // One thread, so that the server has the other cores.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let report = runtime.block_on(run::run(arguments, seed, &mut server, &stop));
    let report = report.map_err(|error| -> Box<dyn Error> {
        if error.is::<Stopped>() {
            return error;
        }
        format!("{error}{}", server.last_words()).into()
    })?;
    // First what cannot fail: a full disk must not cost the run.
    print(&report);
    if let Some(path) = &arguments.json {
        let text = serde_json::to_string_pretty(&report)?;
        file::write(path, &(text + "\n"))?;
    }
    Ok(report)
}
