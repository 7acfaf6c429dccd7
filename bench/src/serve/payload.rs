//! What every peer sends.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bolt::prelude::*;

/// Between two events of `/sse`.
pub(super) const TICK: Duration = Duration::from_secs(1);

/// Between two events of `/tokens`.
pub(super) const TOKEN: Duration = Duration::from_millis(50);

/// The data of a burst's events, whose name is `token`.
#[derive(Debug, Serialize)]
pub(crate) struct Token {
    pub(crate) index: u64,
    pub(crate) token: &'static str,
}

impl Token {
    pub(crate) fn new(index: u64) -> Self {
        Self { index, token: "hello" }
    }
}

/// The query of `/burst` and `/short`.
#[derive(Debug, Deserialize, IntoParams)]
pub(crate) struct Count {
    pub(crate) events: u64,
}

/// The time in ns, from which the client reckons how long an event was on its way.
pub(super) fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    // Enough until the year 2554.
    u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
}
