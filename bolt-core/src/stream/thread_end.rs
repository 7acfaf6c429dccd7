//! What code that waits on the thread of a blocking stream asks: whether the stream is over.

use std::cell::RefCell;
use std::sync::Arc;

use crate::latch::Latch;

thread_local! {
    static END: RefCell<Option<Arc<Latch>>> = const { RefCell::new(None) };
}

/// The stream whose function runs on this thread is over when this is said. None on other threads.
pub(crate) fn end_of_stream() -> Option<Arc<Latch>> {
    END.with_borrow(Option::clone)
}

/// Until it is dropped, this thread runs the function of a stream.
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
