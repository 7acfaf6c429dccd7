//! Catches panics in the user's code.

use std::any::Any;
use std::error::Error;
use std::fmt;
use std::panic::{self, AssertUnwindSafe};

use crate::problem::Problem;

/// Runs the user's code. A panic becomes a problem, whose message goes to the log only.
pub(crate) fn catch<R>(run: impl FnOnce() -> R) -> Result<R, Problem> {
    // Whatever a panic leaves inconsistent is only dropped, never used.
    panic::catch_unwind(AssertUnwindSafe(run)).map_err(panic_problem)
}

/// The same where there is no response for a panic: it is logged.
pub(crate) fn catch_and_log(name: &'static str, run: impl FnOnce()) {
    if let Err(problem) = catch(run) {
        problem.log(name);
    }
}

/// The cause of the problem that a panic is.
#[derive(Debug)]
pub(crate) struct Panicked(String);

impl fmt::Display for Panicked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "it panicked: {}", self.0)
    }
}

impl Error for Panicked {}

/// The problem that a panic is.
pub(crate) fn panic_problem(payload: Box<dyn Any + Send>) -> Problem {
    let message = payload
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| payload.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("with no message");
    let problem = Problem::internal(Panicked(message.to_owned()));
    // Dropping the payload is the user's code too, and may panic.
    if let Err(worse) = panic::catch_unwind(AssertUnwindSafe(|| drop(payload))) {
        std::mem::forget(worse);
    }
    problem
}
