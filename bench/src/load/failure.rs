//! Why a client failed. Failures of the same words are counted together.

use std::fmt;
use std::io;

/// What a client was doing.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Phase {
    Connecting,
    Asking,
    Streaming,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Failure {
    /// The system refused a step.
    System(Phase, io::ErrorKind),
    /// The server closed the connection where more was due.
    Closed(Phase),
    Status(u16),
    /// The answer has another type than `text/event-stream`.
    ContentType(String),
    ContentEncoding(String),
    /// The body is not compressed as its head says.
    Coding,
    NotHttp,
    HeadTooLarge,
    /// The sizes of the chunks, or what is between them, are wrong.
    Chunks,
    /// Bytes after the end of an answer.
    AfterTheEnd,
    /// The run ended before its turn came.
    NotConnected,
    /// Connected, but no head by the end of the run.
    NoAnswer,
    /// A stream, but no event by its end.
    NoEvent,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::System(Phase::Connecting, io::ErrorKind::AddrNotAvailable) => {
                f.write_str("no local port is left")
            }
            Self::System(phase, kind) => write!(f, "{kind} {phase}"),
            Self::Closed(phase) => write!(f, "connection closed {phase}"),
            Self::Status(status) => write!(f, "status {status}"),
            Self::ContentType(found) if found.is_empty() => f.write_str("no content-type"),
            Self::ContentType(found) => write!(f, "content-type {found}"),
            Self::ContentEncoding(found) => write!(f, "content-encoding {found}"),
            Self::Coding => f.write_str("malformed: not compressed as it says"),
            Self::NotHttp => f.write_str("malformed: not an HTTP/1 answer"),
            Self::HeadTooLarge => f.write_str("malformed: the head is too large"),
            Self::Chunks => f.write_str("malformed: chunks"),
            Self::AfterTheEnd => f.write_str("malformed: bytes after the end of the answer"),
            Self::NotConnected => f.write_str("not connected by the end"),
            Self::NoAnswer => f.write_str("no answer"),
            Self::NoEvent => f.write_str("no event"),
        }
    }
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Connecting => "while connecting",
            Self::Asking => "before an answer",
            Self::Streaming => "in the middle of a stream",
        })
    }
}
