//! Durations that are not configurable.

use std::time::Duration;

/// The retry delay of a client that was refused for load, plus or minus a half.
pub(super) const RETRY_AFTER: Duration = Duration::from_secs(5);

/// The retry delay of a client whose stream the server ended, plus or minus a half.
pub(super) const RECONNECT: Duration = Duration::from_secs(2);

/// How long a blocking stream may wait for its thread to start. bolt's own runtime has a thread for each permit; on
/// another one, tokio would let it wait for ever.
pub(super) const THREAD_START: Duration = Duration::from_secs(5);
