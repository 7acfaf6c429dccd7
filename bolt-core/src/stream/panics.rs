//! A panic in a generator, as the end of its stream.

use std::any::Any;

use crate::problem::Problem;

/// A panic as the problem that ends the stream; the message goes to the log only.
pub(super) fn panic_problem(payload: &(dyn Any + Send)) -> Problem {
    let message = payload
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| payload.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("with no message");
    Problem::internal(format!("the generator panicked: {message}"))
}
