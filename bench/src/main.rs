//! `bolt-bench`: measures servers of event streams.

mod load;
mod process;

use std::process::ExitCode;

use clap::Parser;

/// Measures servers of event streams.
#[derive(Debug, Parser)]
#[command(version)]
enum Command {
    /// Holds many event streams open on a server, and reports what they received and what it cost.
    Load(load::Arguments),
}

fn main() -> ExitCode {
    match Command::parse() {
        Command::Load(arguments) => load::main(&arguments),
    }
}
