//! `Info`: what the attribute knows about a stream.

use crate::event::{Form, LastBlock};

/// What the attribute knows about a stream.
#[derive(Clone, Copy, Debug)]
pub struct Info {
    /// The path of the function, for the log.
    pub name: &'static str,
    /// Whether a client that reconnects after the end starts it again.
    pub restart: bool,
    /// Whether it runs on a blocking thread.
    pub blocking: bool,
    /// Whether it can fail, in which case the head waits for the first event.
    pub fallible: bool,
    /// Whether it may answer with one JSON value in place of a stream, for which the head has to wait.
    pub answers: bool,
    /// The forms it can be sent in, the one it would rather be first.
    pub forms: &'static [Form],
    /// What a finished stream of events ends with.
    pub end: LastBlock,
    /// The name of the event that says where a reader of a log is, if it is told.
    pub position: Option<&'static str>,
}

impl Info {
    /// Whether the `accept` header decides what is sent.
    pub(crate) fn negotiates(&self) -> bool {
        self.forms.len() > 1
    }

    /// The last block of a finished stream of events. One that is to be run again has no end.
    pub(crate) const fn last_block(&self) -> LastBlock {
        if self.restart { LastBlock::None } else { self.end }
    }
}
