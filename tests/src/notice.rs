//! Which events are bolt's own, and no items of a stream.

use crate::spec::Dispatched;

/// Whether bolt says by it that the stream has ended, or where its reader is.
pub(crate) fn is_notice(event: &Dispatched) -> bool {
    event.data == "null" && (event.id == "bolt-finished" || event.name == "position")
}

/// Those events that a function has sent.
pub fn items(events: Vec<Dispatched>) -> Vec<Dispatched> {
    events.into_iter().filter(|event| !is_notice(event)).collect()
}
