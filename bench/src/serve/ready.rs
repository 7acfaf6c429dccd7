//! The line that `compare` waits for; bolt logs it by itself.

use std::net::SocketAddr;

use crate::console::note;

pub(crate) fn say(address: SocketAddr) {
    note(format_args!("listening on http://{address}"));
}
