//! `instructions`: what an event costs in instructions, which a busy machine does not change.
//!
//! Each case runs in valgrind with N events and with 2N. What both have in common, such as starting, falls out of
//! the difference. The client of a case with a socket is this process, which is not counted; nor is the kernel.

mod apps;
mod callgrind;
mod case;
mod counted;
mod reader;

pub(crate) use counted::{Counted, counted};

use std::error::Error;
use std::process::ExitCode;

use crate::console::{note, print};
use case::{Case, Of};

/// The command line.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Events of the shorter of two runs.
    #[arg(long, default_value_t = 10_000, allow_negative_numbers = true,
          value_parser = clap::value_parser!(u64).range(1..))]
    events: u64,
}

pub(crate) fn main(arguments: &Arguments) -> ExitCode {
    match count(arguments.events) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            note(format_args!("error: {error}"));
            ExitCode::FAILURE
        }
    }
}

fn count(events: u64) -> Result<(), Box<dyn Error>> {
    if cfg!(debug_assertions) {
        note(
            "warning: this is a debug build, which measures nothing of use: use cargo run --release",
        );
    }
    let mut table = String::from(
        "| instructions per event |   bolt |   axum | bolt / axum |\n\
         | ---------------------- | -----: | -----: | ----------: |\n",
    );
    for case in Case::ALL {
        note(format_args!("counting: {case}"));
        let bolt = per_event(case, Of::Bolt, events)?;
        let axum = per_event(case, Of::Axum, events)?;
        let ratio = bolt / axum;
        table += &format!("| {case:<22} | {bolt:>6.0} | {axum:>6.0} | {ratio:>11.3} |\n");
    }
    print(table);
    Ok(())
}

fn per_event(case: Case, of: Of, events: u64) -> Result<f64, Box<dyn Error>> {
    let once = callgrind::run(case, of, events)?;
    let twice = callgrind::run(case, of, 2 * events)?;
    let more = twice.checked_sub(once).ok_or("twice the events took fewer instructions")?;
    Ok(more as f64 / events as f64)
}
