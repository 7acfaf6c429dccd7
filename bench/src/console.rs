//! What a person reads: results on standard output, all else on standard error.

use std::fmt;
use std::io::{self, Write as _};

/// A result.
pub(crate) fn print(text: impl fmt::Display) {
    // A reader that has gone, such as `head`, is no fault.
    _ = write!(io::stdout(), "{text}");
}

/// A line of progress, or a warning.
pub(crate) fn note(line: impl fmt::Display) {
    _ = writeln!(io::stderr(), "{line}");
}
