//! Why a stream has ended, from what its source says.

use std::error::Error;
use std::fmt;

use crate::observe::End;
use crate::panics::Panicked;
use crate::problem::Problem;

/// The cause of a problem that is not the function's.
#[derive(Clone, Copy, Debug)]
pub(super) enum Forced {
    Stalled,
    Shutdown,
}

impl fmt::Display for Forced {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Stalled => "the client takes nothing",
            Self::Shutdown => "the server ends",
        })
    }
}

impl Error for Forced {}

/// The reason for such an end.
pub(super) fn reason(end: &Result<(), Problem>) -> End {
    let Err(problem) = end else { return End::Finished };
    match problem.cause_as::<Forced>() {
        Some(Forced::Stalled) => End::Stalled,
        Some(Forced::Shutdown) => End::Shutdown,
        None if problem.cause_as::<Panicked>().is_some() => End::Panic,
        None if problem.status().is_server_error() => End::Error,
        None => End::Rejected,
    }
}
