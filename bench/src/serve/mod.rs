//! `serve`: the servers that are compared, each written as its own users would write it.
//!
//! All have the same routes, and send the same bytes of events:
//!
//! - `/sse`: every second the time, as async code;
//! - `/sync-sse`: the same from a function that blocks, one thread for each client (bolt and axum only);
//! - `/burst?events=N`: N named events with a small JSON as fast as the client reads;
//! - `/short?events=N`: the same N events, on a route of its own: few of them, many requests;
//! - `/tokens`: every 50 ms the next word of a text (bolt only): what compression costs.
//!
//! `soak` is bolt again, with the streams that [`soak`](crate::soak) loads.

mod actix;
mod axum;
mod bolt;
mod floor;
mod payload;
mod ready;
mod soak;

pub(crate) use axum::router as axum_router;
pub(crate) use bolt::app as bolt_app;
pub(crate) use payload::{Count, Token};
pub(crate) use ready::say as say_ready;
pub(crate) use soak::Stats;

use std::error::Error;
use std::process::ExitCode;

use crate::console::note;

/// The command line.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Who serves.
    peer: Peer,
    /// The port on 127.0.0.1; 0 takes a free one.
    #[arg(long, default_value_t = 8080, allow_negative_numbers = true)]
    port: u16,
    /// Threads for blocking streams, where there are such.
    #[arg(long, default_value_t = 1000, allow_negative_numbers = true,
          value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    blocking: u32,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum Peer {
    /// `#[stream]` functions.
    Bolt,
    /// axum with its own `Sse`.
    Axum,
    /// actix-web with a streaming response.
    Actix,
    /// Bare sockets and bytes that were made before: what any server pays.
    Floor,
    /// bolt with the streams of `soak`, which are counted.
    Soak,
}

pub(crate) fn main(arguments: &Arguments) -> ExitCode {
    let Arguments { peer, port, blocking } = *arguments;
    if let Err(error) = serve(peer, port, blocking) {
        note(format_args!("cannot serve on port {port}: {error}"));
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}

fn serve(peer: Peer, port: u16, blocking: u32) -> Result<(), Box<dyn Error>> {
    // Each client is a file. bolt does so by itself; here it is the same for all.
    rlimit::increase_nofile_limit(u64::MAX)?;
    match peer {
        Peer::Bolt => bolt::serve(port, blocking)?,
        Peer::Axum => axum::serve(port, blocking)?,
        Peer::Actix => actix::serve(port)?,
        Peer::Floor => floor::serve(port)?,
        Peer::Soak => soak::serve(port, blocking)?,
    }
    Ok(())
}
