//! `load`: many clients in one thread.

mod plan;
mod report;

pub(crate) use plan::{Arguments, Plan};
pub(crate) use report::Report;

use std::process::ExitCode;

pub(crate) fn main(arguments: &Arguments) -> ExitCode {
    _ = arguments;
    ExitCode::FAILURE
}
