//! The request that this thread is handling.

use std::cell::RefCell;
use std::future::poll_fn;
use std::pin::pin;

use super::id::RequestId;

thread_local! {
    static CURRENT: RefCell<Option<RequestId>> = const { RefCell::new(None) };
}

/// The id of the request that this thread is handling.
pub(crate) fn current() -> Option<RequestId> {
    CURRENT.with_borrow(Clone::clone)
}

/// Marks this thread as handling the request, until the guard is dropped.
pub(crate) fn enter(id: &RequestId) -> At {
    At(CURRENT.replace(Some(id.clone())))
}

/// Restores the previous request when dropped.
#[must_use]
pub(crate) struct At(Option<RequestId>);

impl Drop for At {
    fn drop(&mut self) {
        CURRENT.set(self.0.take());
    }
}

/// Polls a future of a request with its id set.
pub(crate) async fn within<F: Future>(id: &RequestId, run: F) -> F::Output {
    let mut run = pin!(run);
    poll_fn(|cx| {
        let _at = enter(id);
        run.as_mut().poll(cx)
    })
    .await
}
