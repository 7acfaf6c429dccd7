//! `Error`: what keeps an app from starting or serving. A failed request is a `Problem`.

use std::fmt;
use std::io;

/// The result of starting or running an app.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why an app could not start, or stopped serving.
///
/// `Display` is one sentence; the cause, if any, is in [`source`](std::error::Error::source). `Debug`,
/// which is what `fn main() -> bolt::Result<()>` prints, is the sentence with every cause on a line
/// of its own.
pub struct Error(Box<Inner>);

struct Inner {
    kind: ErrorKind,
    message: String,
    source: Option<io::Error>,
}

/// The kinds of [`Error`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The configuration has faults.
    Config,
    /// Two streams are mounted on one route.
    Route,
    /// The API's document does not hold together.
    Document,
    /// The address could not be listened on.
    Bind,
    /// The runtime could not be built.
    Runtime,
}

impl Error {
    /// The kind, to tell causes apart in code.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    pub(crate) fn config(message: String) -> Self {
        Self::new(ErrorKind::Config, message, None)
    }

    /// Prints the error and ends the process: with 78 (`EX_CONFIG` of sysexits.h) for the configuration, else 1.
    #[expect(clippy::print_stderr, reason = "for `fn main`, before there is a log")]
    pub(crate) fn exit(&self) -> ! {
        eprintln!("Error: {self:?}");
        std::process::exit(if self.kind() == ErrorKind::Config { 78 } else { 1 })
    }

    pub(crate) fn route(message: String) -> Self {
        Self::new(ErrorKind::Route, message, None)
    }

    pub(crate) fn document(message: String) -> Self {
        Self::new(ErrorKind::Document, message, None)
    }

    pub(crate) fn bind(host: &str, port: u16, source: io::Error) -> Self {
        let help = match source.kind() {
            io::ErrorKind::AddrInUse => "stop the program that uses the port, or choose another",
            io::ErrorKind::PermissionDenied => "ports below 1024 need a privilege",
            _ => "is it an address of this machine?",
        };
        let keys = "(server.host and server.port)";
        let host = if host.contains(':') { format!("[{host}]") } else { host.to_owned() };
        Self::new(
            ErrorKind::Bind,
            format!("cannot listen on {host}:{port} {keys}; {help}"),
            Some(source),
        )
    }

    pub(crate) fn bind_unix(path: &str, source: io::Error) -> Self {
        let help = match source.kind() {
            io::ErrorKind::AddrInUse => "stop the program that uses it, or choose another path",
            io::ErrorKind::AlreadyExists => "move that file away, or choose another path",
            io::ErrorKind::NotFound => "make the folder that it is to be in",
            io::ErrorKind::PermissionDenied => "may this user write in the folder?",
            io::ErrorKind::InvalidInput => "a path is some 100 bytes long at most",
            io::ErrorKind::Unsupported => "choose an address and a port",
            _ => "can there be a socket?",
        };
        Self::new(
            ErrorKind::Bind,
            format!("cannot listen on unix:{path} (server.host); {help}"),
            Some(source),
        )
    }

    #[cfg(target_os = "linux")]
    pub(crate) fn passed_socket(source: io::Error) -> Self {
        let message =
            "cannot use what was passed (LISTEN_FDS); pass one socket of TCP or unix that listens";
        Self::new(ErrorKind::Bind, message.to_owned(), Some(source))
    }

    pub(crate) fn runtime(source: io::Error) -> Self {
        Self::new(ErrorKind::Runtime, "cannot build the async runtime".to_owned(), Some(source))
    }

    fn new(kind: ErrorKind, message: String, source: Option<io::Error>) -> Self {
        Self(Box::new(Inner { kind, message, source }))
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)?;
        let mut next = std::error::Error::source(self);
        while let Some(cause) = next {
            write!(f, "\n  because: {cause}")?;
            next = cause.source();
        }
        Ok(())
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.source.as_ref().map(|source| source as _)
    }
}
