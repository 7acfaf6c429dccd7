//! What code that waits on the thread of a blocking stream asks: whether the stream is over.

use std::cell::RefCell;
use std::sync::Arc;

use crate::word::Word;

thread_local! {
    static END: RefCell<Option<Arc<Word>>> = const { RefCell::new(None) };
}

/// The stream whose function runs on this thread is over when this is said. None on other threads.
pub(crate) fn end_of_stream() -> Option<Arc<Word>> {
    END.with_borrow(Option::clone)
}

/// Until it is dropped, this thread runs the function of a stream.
pub(super) struct RunsHere(Option<Arc<Word>>);

impl RunsHere {
    pub(super) fn new(end: Arc<Word>) -> Self {
        Self(END.replace(Some(end)))
    }
}

impl Drop for RunsHere {
    fn drop(&mut self) {
        END.set(self.0.take());
    }
}
