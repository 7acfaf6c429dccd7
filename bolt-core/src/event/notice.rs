//! The events that bolt itself sends: how a stream has ended, and where its reader is.
//!
//! Each has data. The standard lets a block move the client's last event id without any, and dispatches nothing for it
//! (HTML, section 9.2.6); but Firefox and several libraries do not remember the id of such a block.

use bytes::BytesMut;

use super::field::TERMINAL_ID;
use super::wire::write_block;

/// The default name of the event that ends a finished stream.
const END: &str = "end";

/// The default name of the event that says where a reader of a log is.
pub(crate) const POSITION: &str = "position";

/// The name of the event that says why a stream has failed or was cut off.
pub(crate) const ERROR: &str = "error";

/// The data of an event whose name says all.
const NOTHING: &[u8] = b"null";

/// What a finished stream of events ends with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LastBlock {
    /// An event with this name, whose data is `null`.
    Named(&'static str),
    /// An unnamed event with this text as its data, as protocols of others have it.
    Data(&'static str),
    /// Nothing: the client may ask for the stream again.
    None,
}

impl LastBlock {
    /// What a function has that says nothing else.
    pub const DEFAULT: Self = Self::Named(END);
}

/// Appends an event whose name and id say all.
pub(crate) fn write_notice(out: &mut BytesMut, name: &str, id: &str) {
    write_block(out, Some(name), Some(id), NOTHING);
}

/// Appends the last block of a finished stream. Its id says that the stream is not to be asked for again.
pub(crate) fn write_end(out: &mut BytesMut, block: LastBlock) {
    match block {
        LastBlock::Named(name) => write_notice(out, name, TERMINAL_ID),
        LastBlock::Data(text) => write_block(out, None, Some(TERMINAL_ID), text.as_bytes()),
        LastBlock::None => {}
    }
}

/// Appends the event that says why a stream has ended early; `last` when it is not to be asked for again.
pub(crate) fn write_error(out: &mut BytesMut, problem: &[u8], last: bool) {
    write_block(out, Some(ERROR), last.then_some(TERMINAL_ID), problem);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(write: impl FnOnce(&mut BytesMut)) -> String {
        let mut out = BytesMut::new();
        write(&mut out);
        String::from_utf8(out.to_vec()).expect("text")
    }

    #[test]
    fn every_end_has_data() {
        let end = |block| written(|out| write_end(out, block));
        assert_eq!(end(LastBlock::DEFAULT), "event: end\nid: bolt-finished\ndata: null\n\n");
        assert_eq!(end(LastBlock::Data("[DONE]")), "id: bolt-finished\ndata: [DONE]\n\n");
        assert_eq!(end(LastBlock::Data("a\nb")), "id: bolt-finished\ndata: a\ndata: b\n\n");
        assert_eq!(end(LastBlock::None), "");
    }

    #[test]
    fn an_error_says_whether_to_come_back() {
        let error = |last| written(|out| write_error(out, b"{}", last));
        assert_eq!(error(false), "event: error\ndata: {}\n\n");
        assert_eq!(error(true), "event: error\nid: bolt-finished\ndata: {}\n\n");
    }
}
