//! Why a stream ended, or was not begun.

/// Why a stream ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// Its function returned.
    Finished,
    /// Its function returned an error that is the client's fault.
    Rejected,
    /// Its function returned an error that is the server's fault, or a value could not be encoded.
    Error,
    /// Its function panicked.
    Panic,
    /// The client closed the connection, or the stream.
    ClientLeft,
    /// The client did not take what was ready for it, for too long.
    Stalled,
    /// `stream.max_duration` was over.
    TooLong,
    /// The app ended.
    Shutdown,
}

/// Why a stream was not begun.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// `stream.max_blocking` are in use.
    Overload,
    /// The system, or the runtime, gave no thread.
    NoThread,
    /// The client accepts no form that a stream has.
    NotAcceptable,
    /// The app is to end.
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
