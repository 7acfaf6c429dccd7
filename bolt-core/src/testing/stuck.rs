//! Blocking streams that keep running after their app was dropped.

use std::io::{self, Write as _};
use std::panic::Location;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use crate::stream::Shared;

/// Reports on standard error if blocking streams of a dropped app still run after this time: a runtime waits for its
/// threads, so the test would hang without a message.
pub(super) fn watch(streams: Arc<Shared>, limit: Duration, place: &'static Location<'static>) {
    if streams.blocking().0 == 0 {
        return;
    }
    // What failed was printed into what the harness keeps until the test has ended.
    let failed = if thread::panicking() { ". It has failed: `--nocapture` shows why" } else { "" };
    // It ends with the process; one that cannot be started says nothing.
    let _ = thread::Builder::new().spawn(move || {
        thread::sleep(limit);
        let (running, _) = streams.blocking();
        if running > 0 {
            // Not what the harness keeps of a test until it has ended.
            let _ = writeln!(
                io::stderr(),
                "bolt::testing: {limit:?} after the `TestClient` of {place} was dropped, blocking streams of its app \
                 still run: {running}. A test ends after them, and each of them at its next `emit!`{failed}"
            );
        }
    });
}
