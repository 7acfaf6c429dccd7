//! The request that this thread is at.

use std::cell::RefCell;
use std::future::poll_fn;
use std::pin::pin;

use super::id::RequestId;

thread_local! {
    static CURRENT: RefCell<Option<RequestId>> = const { RefCell::new(None) };
}

/// The id of the request that this thread is at.
pub(crate) fn current() -> Option<RequestId> {
    CURRENT.with_borrow(Clone::clone)
}

/// This thread is at this request, until what is returned is dropped.
pub(crate) fn enter(id: &RequestId) -> At {
    At(CURRENT.replace(Some(id.clone())))
}

/// The thread is at a request; dropped, at the one before.
#[must_use]
pub(crate) struct At(Option<RequestId>);

impl Drop for At {
    fn drop(&mut self) {
        CURRENT.set(self.0.take());
    }
}

/// Runs a future of a request.
pub(crate) async fn within<F: Future>(id: &RequestId, run: F) -> F::Output {
    let mut run = pin!(run);
    poll_fn(|cx| {
        let _at = enter(id);
        run.as_mut().poll(cx)
    })
    .await
}
