//! What is counted.

use std::fmt;

#[derive(Clone, Copy, Debug, Eq, PartialEq, clap::ValueEnum)]
pub(super) enum Case {
    /// A stream as a tower service, and its body read to the end: generator and encoder.
    Encoder,
    /// The whole server and a socket; events as fast as the client reads.
    Burst,
    /// The same; each event has to wait, as a live one does.
    Paced,
}

impl Case {
    pub(super) const ALL: [Self; 3] = [Self::Encoder, Self::Burst, Self::Paced];

    /// As clap reads it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Encoder => "encoder",
            Self::Burst => "burst",
            Self::Paced => "paced",
        }
    }

    /// Path and query.
    pub(super) fn target(self, events: u64) -> String {
        match self {
            Self::Encoder | Self::Burst => format!("/burst?events={events}"),
            Self::Paced => format!("/paced?events={events}"),
        }
    }
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Encoder => "encoder, no socket",
            Self::Burst => "server, many at once",
            Self::Paced => "server, one at a time",
        })
    }
}

#[derive(Clone, Copy, Debug, Eq, PartialEq, clap::ValueEnum)]
pub(super) enum Of {
    Bolt,
    Axum,
}

impl Of {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Bolt => "bolt",
            Self::Axum => "axum",
        }
    }
}
