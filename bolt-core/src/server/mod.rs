//! Running an app: command line, runtime, listener, connections, the end.

mod listen;
mod log;
mod run;
mod serve;
mod signals;

pub use signals::shutdown_signal;
