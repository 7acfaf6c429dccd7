//! How a problem is logged.

use std::error::Error as StdError;
use std::fmt;
use std::panic::{self, AssertUnwindSafe};

use tracing::field::display;

use super::Problem;
#[cfg(feature = "testing")]
use super::unheard;
use crate::trace::current;

impl Problem {
    /// Writes a server fault to the log with its whole chain of causes; a client fault only at debug.
    pub(crate) fn log(&self, source: &'static str) {
        // The cause is the user's, and its `Display` may panic.
        let cause = panic::catch_unwind(AssertUnwindSafe(|| {
            self.0.cause.as_deref().map(|cause| Chain(cause).to_string())
        }));
        let cause = cause.unwrap_or_else(|_| Some("(its description panicked)".to_owned()));
        let status = self.status().as_u16();
        let detail = self.public_detail();
        let request_id = current().map(display);
        if self.status().is_server_error() {
            tracing::error!(
                stream = source,
                request_id,
                status,
                detail,
                cause,
                "the stream failed"
            );
            #[cfg(feature = "testing")]
            unheard::tell(source, status, cause.as_deref());
        } else {
            tracing::debug!(
                stream = source,
                request_id,
                status,
                detail,
                cause,
                "the stream refused the request"
            );
        }
    }
}

/// An error and what caused it, on one line.
struct Chain<'a>(&'a (dyn StdError + Send + Sync + 'static));

impl fmt::Display for Chain<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self.0, f)?;
        let mut next = self.0.source();
        while let Some(cause) = next {
            write!(f, ": {cause}")?;
            next = cause.source();
        }
        Ok(())
    }
}
