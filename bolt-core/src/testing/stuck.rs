//! Threads of an app that its end does not end.

use std::io::{self, Write as _};
use std::panic::Location;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use crate::stream::Shared;

/// Says so on standard error when, after this time, blocking streams of an app that was dropped still run: a runtime
/// waits for its threads, so the test that made it would hang without a word.
pub(super) fn watch(streams: Arc<Shared>, limit: Duration, place: &'static Location<'static>) {
    if streams.blocking().0 == 0 {
        return;
    }
    // It ends with the process; one that cannot be started says nothing.
    let _ = thread::Builder::new().spawn(move || {
        thread::sleep(limit);
        let (running, _) = streams.blocking();
        if running > 0 {
            // Not what the harness keeps of a test until it has ended.
            let _ = writeln!(
                io::stderr(),
                "bolt::testing: {limit:?} after the `TestClient` of {place} was dropped, blocking streams of its app \
                 still run: {running}. A test ends after them, and each of them at its next `emit!`"
            );
        }
    });
}
