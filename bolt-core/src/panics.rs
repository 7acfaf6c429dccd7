//! A panic in the code of a user, as a problem.

use std::any::Any;
use std::error::Error;
use std::fmt;
use std::panic::{self, AssertUnwindSafe};

use crate::problem::Problem;

/// Runs code of the user's. A panic in it is a problem; its message goes to the log
/// only.
pub(crate) fn catch<R>(run: impl FnOnce() -> R) -> Result<R, Problem> {
    // What a panic leaves broken is only dropped, never used.
    panic::catch_unwind(AssertUnwindSafe(run)).map_err(panic_problem)
}

/// The same where a panic has nowhere to go: it is logged.
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
    // The payload is the user's too, and may panic when it is dropped.
    if let Err(worse) = panic::catch_unwind(AssertUnwindSafe(|| drop(payload))) {
        std::mem::forget(worse);
    }
    problem
}
