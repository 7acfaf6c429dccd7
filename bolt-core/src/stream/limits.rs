//! Times that are not in the configuration.

use std::time::Duration;

/// When a client that was refused for load is told to come back, give or take a half.
pub(super) const RETRY_AFTER: Duration = Duration::from_secs(5);

/// When a client whose stream was ended for it is told to come back, give or take a half.
pub(super) const RECONNECT: Duration = Duration::from_secs(2);

/// How long a blocking stream may wait for its thread to start. A runtime that bolt built has one for each;
/// with another, tokio would let it wait for ever.
pub(super) const THREAD_START: Duration = Duration::from_secs(5);
