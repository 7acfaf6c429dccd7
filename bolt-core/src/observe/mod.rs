//! What can be seen of a running app.

mod level;

pub(crate) use level::{Level, Up};
