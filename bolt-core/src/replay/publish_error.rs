//! `PublishError`: why an item was not logged.

use std::error::Error as StdError;
use std::fmt;

use crate::event::EncodeError;

/// Why an item was not published. Nobody was sent any of it.
#[derive(Debug)]
pub struct PublishError(Fault);

#[derive(Debug)]
enum Fault {
    Closed,
    Unserializable(EncodeError),
}

impl PublishError {
    pub(super) fn closed() -> Self {
        Self(Fault::Closed)
    }

    /// Whether the log was closed before.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        matches!(self.0, Fault::Closed)
    }
}

impl From<EncodeError> for PublishError {
    fn from(error: EncodeError) -> Self {
        Self(Fault::Unserializable(error))
    }
}

impl fmt::Display for PublishError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            Fault::Closed => "cannot publish: the replay was closed",
            Fault::Unserializable(_) => "cannot publish a value that cannot be serialized",
        })
    }
}

impl StdError for PublishError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match &self.0 {
            Fault::Closed => None,
            Fault::Unserializable(error) => error.source(),
        }
    }
}
