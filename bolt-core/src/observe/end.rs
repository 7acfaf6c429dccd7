//! Why a stream ended, or was not started.

/// Why a stream ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// Its function returned.
    Finished,
    /// Its function returned a client error.
    Rejected,
    /// Its function returned a server error, or a value could not be encoded.
    Error,
    /// Its function panicked.
    Panic,
    /// The client closed the connection, or the stream.
    ClientLeft,
    /// The client did not read what was ready for it, for too long.
    Stalled,
    /// `stream.max_duration` was over.
    TooLong,
    /// The app shut down.
    Shutdown,
}

/// Why a stream was not started.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// `stream.max_blocking` are in use.
    Overload,
    /// The system, or the runtime, had no thread for it.
    NoThread,
    /// The client accepts none of a stream's forms.
    NotAcceptable,
    /// The app is shutting down.
    Shutdown,
}

impl End {
    pub(crate) const ALL: [Self; 8] = [
        Self::Finished,
        Self::Rejected,
        Self::Error,
        Self::Panic,
        Self::ClientLeft,
        Self::Stalled,
        Self::TooLong,
        Self::Shutdown,
    ];

    pub(crate) fn label(self) -> &'static str {
        match self {
            Self::Finished => "finished",
            Self::Rejected => "rejected",
            Self::Error => "error",
            Self::Panic => "panic",
            Self::ClientLeft => "client_left",
            Self::Stalled => "stalled",
            Self::TooLong => "too_long",
            Self::Shutdown => "shutdown",
        }
    }
}

impl Refusal {
    pub(crate) const ALL: [Self; 4] =
        [Self::Overload, Self::NoThread, Self::NotAcceptable, Self::Shutdown];

    pub(crate) fn label(self) -> &'static str {
        match self {
            Self::Overload => "overload",
            Self::NoThread => "no_thread",
            Self::NotAcceptable => "not_acceptable",
            Self::Shutdown => "shutdown",
        }
    }
}
