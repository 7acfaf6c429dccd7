//! The command line of `compare`.

use std::path::PathBuf;

use super::peer::Peer;
use super::workload::Workload;

/// The command line.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// What the servers have to do.
    #[arg(long)]
    pub(super) workload: Workload,
    /// Clients at once; each workload has a number of its own.
    #[arg(long, allow_negative_numbers = true, value_parser = clap::value_parser!(u32).range(1..))]
    pub(super) clients: Option<u32>,
    /// How long each run lasts, in s.
    #[arg(long, default_value_t = 10, allow_negative_numbers = true,
          value_parser = clap::value_parser!(u32).range(1..=86_400))]
    pub(super) secs: u32,
    /// Runs of each peer, of which the median is taken.
    #[arg(long, default_value_t = 3, allow_negative_numbers = true, value_parser = clap::value_parser!(u32).range(1..))]
    pub(super) runs: u32,
    /// Who is compared, with commas; everyone who has the workload, unless told.
    #[arg(long, value_delimiter = ',')]
    pub(super) peers: Option<Vec<Peer>>,
    /// Events of a stream in burst and short.
    #[arg(long, allow_negative_numbers = true, value_parser = clap::value_parser!(u32).range(1..=10_000_000))]
    pub(super) events: Option<u32>,
    /// A Python of 3.12 or newer that has bench/peers/django-bolt/requirements.txt installed.
    #[arg(long)]
    pub(super) python: Option<PathBuf>,
    /// The folder that the JSON and the plot are written to.
    #[arg(long, default_value = "target/bench")]
    pub(super) out: PathBuf,
}
