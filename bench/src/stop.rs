//! Ctrl-C and SIGTERM: a run ends with all that it has started.

use std::error::Error;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;

/// Whether to stop, asked between steps and while waiting.
#[derive(Clone, Debug, Default)]
pub(crate) struct Stop(Arc<AtomicUsize>);

impl Stop {
    /// From now on signals are waited for.
    pub(crate) fn at_signals() -> Result<Self, Box<dyn Error>> {
        let stop = Self::default();
        for signal in [SIGINT, SIGTERM] {
            flag::register_usize(signal, Arc::clone(&stop.0), usize::try_from(signal)?)
                .map_err(|error| format!("cannot listen for signals: {error}"))?;
        }
        Ok(stop)
    }

    /// An error after a signal.
    pub(crate) fn check(&self) -> Result<(), Stopped> {
        match u8::try_from(self.0.load(Ordering::Relaxed)) {
            Ok(0) | Err(_) => Ok(()),
            Ok(signal) => Err(Stopped(signal)),
        }
    }
}

/// By a signal.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stopped(u8);

impl Stopped {
    /// As a shell tells a signal.
    pub(crate) fn status(self) -> u8 {
        128 + self.0
    }
}

impl fmt::Display for Stopped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "stopped by signal {}: nothing is written", self.0)
    }
}

impl Error for Stopped {}
