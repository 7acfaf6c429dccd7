//! The command line.

use std::path::PathBuf;
use std::time::Duration;

use crate::load::seconds;

const EXIT_STATUS: &str = "Exit status:\n  \
    0  all that is checked holds\n  \
    1  something does not: the report tells what\n  \
    2  there was no run, or a file of it could not be written\n  \
    130, 143  ended by a signal; nothing is written\n\n\
    The server is configured by variables, as any app: BOLT_SERVER__RUNTIME=per-core bolt-bench soak";

#[derive(Debug, clap::Args)]
#[command(after_help = EXIT_STATUS)]
pub(crate) struct Arguments {
    /// How long, after a warm-up of a tenth of it (5 s to a minute).
    #[arg(long, value_name = "S", default_value = "60", allow_negative_numbers = true, value_parser = seconds)]
    pub(super) secs: Duration,
    /// How many clients there are at any moment.
    #[arg(long, value_name = "N", default_value = "200", allow_negative_numbers = true,
          value_parser = clap::value_parser!(u16).range(1..))]
    pub(super) clients: u16,
    /// Blocking streams that the server allows at once.
    #[arg(long, value_name = "N", default_value = "48", allow_negative_numbers = true,
          value_parser = clap::value_parser!(u16).range(1..=1000))]
    pub(super) blocking: u16,
    /// What clients do follows from this number [default: another one each time; it is printed].
    #[arg(long, value_name = "SEED", allow_negative_numbers = true)]
    pub(super) seed: Option<u64>,
    /// MiB by which the server's memory may be larger at the end than after the warm-up, and may grow in the second
    /// half of the run.
    #[arg(long, value_name = "MIB", default_value = "8", allow_negative_numbers = true)]
    pub(super) growth: u32,
    /// Writes the findings as JSON.
    #[arg(long, value_name = "FILE")]
    pub(super) json: Option<PathBuf>,
}
