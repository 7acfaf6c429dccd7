//! `bolt-bench`: measures servers of event streams.

mod circumstances;
mod compare;
mod console;
mod file;
mod heap;
mod instructions;
mod load;
mod process;
mod serve;
mod server;
mod soak;
mod stop;

use std::process::ExitCode;

use clap::Parser;

/// Measures servers of event streams.
#[derive(Debug, Parser)]
#[command(version)]
enum Command {
    /// Loads each peer in turn, and compares what they took.
    Compare(compare::Arguments),
    /// Counts the memory that an open stream holds, with valgrind.
    Heap(heap::Arguments),
    /// Counts the instructions and allocations that an event costs, with callgrind: the same on a busy machine.
    Instructions(instructions::Arguments),
    /// What `instructions` runs in valgrind.
    #[command(hide = true)]
    Counted(instructions::Counted),
    /// Holds many event streams open on a server, and reports what they received and what it cost.
    Load(load::Arguments),
    /// Serves the streams that the others load.
    Serve(serve::Arguments),
    /// Clients that leave, stall, return and send rubbish, and whether the server is then as it was before.
    Soak(soak::Arguments),
}

fn main() -> ExitCode {
    match Command::parse() {
        Command::Compare(arguments) => compare::main(&arguments),
        Command::Heap(arguments) => heap::main(&arguments),
        Command::Instructions(arguments) => instructions::main(&arguments),
        Command::Counted(arguments) => instructions::counted(&arguments),
        Command::Load(arguments) => load::main(&arguments),
        Command::Serve(arguments) => serve::main(&arguments),
        Command::Soak(arguments) => soak::main(&arguments),
    }
}
