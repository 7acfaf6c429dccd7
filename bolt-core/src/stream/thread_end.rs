//! Lets code that waits on the thread of a blocking stream learn that the stream is over.

use std::cell::RefCell;
use std::sync::Arc;

use crate::latch::Latch;

thread_local! {
    static END: RefCell<Option<Arc<Latch>>> = const { RefCell::new(None) };
}

/// The latch that is set when the stream whose function runs on this thread is over. None on other threads.
pub(crate) fn end_of_stream() -> Option<Arc<Latch>> {
    END.with_borrow(Option::clone)
}

/// Marks this thread as running the function of a stream, until dropped.
pub(super) struct RunsHere(Option<Arc<Latch>>);

impl RunsHere {
    pub(super) fn new(end: Arc<Latch>) -> Self {
        Self(END.replace(Some(end)))
    }
}

impl Drop for RunsHere {
    fn drop(&mut self) {
        END.set(self.0.take());
    }
}
