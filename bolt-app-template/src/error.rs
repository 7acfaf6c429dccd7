//! What can go wrong, and what a client is told of it.

use bolt::prelude::*;

#[derive(Debug)]
pub(crate) enum AppError {
    TooMany { asked: u64, most: u64 },
}

impl From<AppError> for Problem {
    fn from(error: AppError) -> Self {
        match error {
            AppError::TooMany { asked, most } => {
                Problem::bad_request(format!("{asked} is too many: ask for {most} at most"))
            }
        }
    }
}
