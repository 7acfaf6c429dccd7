//! `instructions`: what an event costs in instructions and in allocations, which a busy machine does not change.
//!
//! Each case runs in valgrind with N events and with 2N. What both have in common, such as starting, falls out of
//! the difference. The client of a case with a socket is this process, which is not counted; nor is the kernel.

mod apps;
mod callgrind;
mod case;
mod counted;
mod profile;
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
        "| per event              | instructions: bolt |   axum | bolt / axum | allocations: bolt |  axum |\n\
         | ---------------------- | -----------------: | -----: | ----------: | ----------------: | ----: |\n",
    );
    for case in Case::ALL {
        note(format_args!("counting: {case}"));
        let bolt = per_event(case, Of::Bolt, events)?;
        let axum = per_event(case, Of::Axum, events)?;
        let ratio = bolt.instructions / axum.instructions;
        table += &format!(
            "| {case:<22} | {:>18.0} | {:>6.0} | {ratio:>11.3} | {:>17.3} | {:>5.3} |\n",
            bolt.instructions, axum.instructions, bolt.allocations, axum.allocations,
        );
    }
    print(table);
    Ok(())
}

/// What one event takes.
struct PerEvent {
    instructions: f64,
    allocations: f64,
}

fn per_event(case: Case, of: Of, events: u64) -> Result<PerEvent, Box<dyn Error>> {
    let once = callgrind::run(case, of, events)?;
    let twice = callgrind::run(case, of, 2 * events)?;
    let more = twice.instructions.checked_sub(once.instructions);
    let more = more.ok_or("twice the events took fewer instructions")?;
    // A buffer that is larger may be asked for less often.
    let allocations = twice.allocations as f64 - once.allocations as f64;
    let events = events as f64;
    Ok(PerEvent { instructions: more as f64 / events, allocations: allocations / events })
}
