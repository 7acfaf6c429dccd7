//! Catches panics in the user's code.

use std::any::Any;
use std::cell::Cell;
use std::error::Error;
use std::fmt;
use std::panic::{self, AssertUnwindSafe};
use std::sync::Once;

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

thread_local! {
    /// Whether panics of this thread are reported in another way than by the panic hook.
    static QUIET: Cell<bool> = const { Cell::new(false) };
}

/// Runs code that has no other way to report a conflict than a panic, such as axum's `Router::merge`. Returns the message
/// of the panic, which is not printed.
///
/// With `panic = "abort"` the panic ends the process, and is printed.
pub(crate) fn conflict_of<R>(run: impl FnOnce() -> R) -> Result<R, String> {
    static HOOK: Once = Once::new();
    if cfg!(panic = "unwind") {
        HOOK.call_once(|| {
            let hook = panic::take_hook();
            panic::set_hook(Box::new(move |info| {
                if !QUIET.get() {
                    hook(info);
                }
            }));
        });
    }
    QUIET.set(true);
    let result = panic::catch_unwind(AssertUnwindSafe(run));
    QUIET.set(false);
    result.map_err(|payload| message_of(&*payload).to_owned())
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
    let problem = Problem::internal(Panicked(message_of(&*payload).to_owned()));
    // Dropping the payload is the user's code too, and may panic.
    if let Err(worse) = panic::catch_unwind(AssertUnwindSafe(|| drop(payload))) {
        std::mem::forget(worse);
    }
    problem
}

fn message_of(payload: &(dyn Any + Send)) -> &str {
    payload
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| payload.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("with no message")
}
