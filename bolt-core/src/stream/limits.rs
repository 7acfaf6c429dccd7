//! The numbers of this room.

use std::time::Duration;

/// How many bytes of events may wait for a client before `emit!` waits: 16 KiB. One event more may be
/// added while fewer are waiting, however large it is.
pub(super) const BUFFER: usize = 16 * 1024;

/// A comment is sent after this much silence, so that proxies keep the connection.
pub(super) const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// How long the head of a stream that can fail waits for the first event.
pub(super) const HEAD_DEADLINE: Duration = Duration::from_millis(250);

/// How many blocking generators may run at once in this process.
pub(crate) const BLOCKING_STREAMS: usize = 1000;

/// When a refused client is told to come back.
pub(super) const RETRY_AFTER: Duration = Duration::from_secs(5);
