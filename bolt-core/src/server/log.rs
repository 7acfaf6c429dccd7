//! The log of an app that has set up none itself.

use std::io::{self, IsTerminal as _};

use crate::config::{LogFormat, LogSettings};

/// Writes the log to standard error. Does nothing when the program has its own `tracing` subscriber.
pub(super) fn start(settings: &LogSettings) {
    let log = tracing_subscriber::fmt().with_max_level(settings.level).with_writer(io::stderr);
    // Colours are for people, not for files.
    let log = log.with_ansi(io::stderr().is_terminal());
    let _ = match settings.format {
        LogFormat::Text => log.try_init(),
        LogFormat::Json => log.json().try_init(),
    };
}
