//! `bolt-bench`: measures servers of event streams.

mod console;
mod load;
mod serve;

use std::process::ExitCode;

use clap::Parser;

/// Measures servers of event streams.
#[derive(Debug, Parser)]
#[command(version)]
enum Command {
    /// Holds many event streams open on a server, and reports what they received and what it cost.
    Load(load::Arguments),
    /// Serves the streams that the others load.
    Serve(serve::Arguments),
}

fn main() -> ExitCode {
    match Command::parse() {
        Command::Load(arguments) => load::main(&arguments),
        Command::Serve(arguments) => serve::main(&arguments),
    }
}
