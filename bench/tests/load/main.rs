//! `bolt-bench load`, run against small servers of which every byte is known.

mod arguments;
mod failures;
mod reports;
mod server;
mod streams;
mod tool;
