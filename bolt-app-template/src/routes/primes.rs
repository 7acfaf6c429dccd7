//! A blocking stream: without `async` it has a thread of its own, so it may compute, read files or use a
//! blocking driver. It can fail; an error before the first event is an HTTP status.

use bolt::prelude::*;

use crate::config::Settings;
use crate::error::AppError;

/// The primes below a number, as they are found.
#[stream(get, "/primes/{below}")]
pub(crate) fn primes(
    State(settings): State<Settings>,
    Path(below): Path<u64>,
) -> Result<u64, AppError> {
    if below > settings.primes_below {
        return Err(AppError::TooMany {
            asked: below,
            most: settings.primes_below,
        });
    }
    for n in 2..below {
        if (2..).take_while(|d| d * d <= n).all(|d| n % d != 0) {
            emit!(n);
        }
    }
}
