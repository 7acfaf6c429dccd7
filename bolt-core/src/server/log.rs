//! The log of an app that has set up none itself.

use std::io::{self, IsTerminal as _};

use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

use crate::config::{LogFormat, LogSettings};
use crate::observe::SPAN;

/// Writes the log to standard error. Does nothing when the program has its own `tracing` subscriber.
pub(super) fn start(settings: &LogSettings) {
    let log = tracing_subscriber::fmt().with_max_level(settings.level).with_writer(io::stderr);
    // Colours are for people, not for files.
    let log = log.with_ansi(io::stderr().is_terminal());
    // What a span says would be kept for as long as its stream is open.
    let spans = if settings.spans { settings.level } else { LevelFilter::OFF };
    let wanted = Targets::new().with_default(settings.level).with_target(SPAN, spans);
    let _ = match settings.format {
        LogFormat::Text => log.finish().with(wanted).try_init(),
        LogFormat::Json => log.json().finish().with(wanted).try_init(),
    };
}
