//! Which events of another bolt server are about the stream, and no items of it.

use super::position::Position;
use crate::event::{Decoded, POSITION, TERMINAL_ID};

/// Whether an event says that the stream is finished, or where its reader is.
///
/// A name alone does not say so, since others may have events of that name: the id has to be bolt's too.
pub(crate) fn is_notice(event: &Decoded) -> bool {
    let position = || event.name == POSITION && event.id.parse::<Position>().is_ok();
    event.data == "null" && (*event.id == *TERMINAL_ID || position())
}
