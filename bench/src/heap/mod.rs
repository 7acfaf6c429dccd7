//! `heap`: what an open stream holds in memory that the server has asked for, which no allocator and no other stream
//! can hide.
//!
//! Each peer runs in valgrind with N streams open and with 2N; the difference is theirs. The kernel's part is not
//! in it.

mod idle;

use std::error::Error;
use std::process::ExitCode;

use crate::console::{note, print};
use idle::Heap;

/// As `serve` names them.
const PEERS: [&str; 4] = ["floor", "axum", "bolt", "actix"];

/// The command line.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Streams of the smaller of two runs.
    #[arg(long, default_value_t = 200, allow_negative_numbers = true,
          value_parser = clap::value_parser!(u32).range(1..=5000))]
    streams: u32,
}

pub(crate) fn main(arguments: &Arguments) -> ExitCode {
    match count(arguments.streams) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            note(format_args!("error: {error}"));
            ExitCode::FAILURE
        }
    }
}

fn count(streams: u32) -> Result<(), Box<dyn Error>> {
    let mut table = String::from(
        "| heap of an open stream | bytes | blocks |\n\
         | ---------------------- | ----: | -----: |\n",
    );
    for peer in PEERS {
        note(format_args!("counting: {peer}"));
        let (once, twice) = (idle::run(peer, streams)?, idle::run(peer, 2 * streams)?);
        let Heap { bytes, blocks } = twice.less(once).ok_or("twice the streams hold less")?;
        let each = |total: u64| total as f64 / f64::from(streams);
        table += &format!("| {peer:<22} | {:>5.0} | {:>6.1} |\n", each(bytes), each(blocks));
    }
    print(table);
    Ok(())
}
