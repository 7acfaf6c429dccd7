//! What a stream is to be told of its own end, by whoever drops it.

use std::cell::Cell;

use super::end::End;

thread_local! {
    static WHY: Cell<Option<End>> = const { Cell::new(None) };
}

/// Drops something that may hold streams, which end for this reason.
///
/// What holds a stream is a body inside of bodies that layers have made of it, so there is no other way to reach it.
pub(crate) fn drop_with_reason<T>(end: End, dropped: T) {
    struct Before(Option<End>);
    impl Drop for Before {
        fn drop(&mut self) {
            WHY.set(self.0);
        }
    }
    let _before = Before(WHY.replace(Some(end)));
    drop(dropped);
}

/// The reason that was given.
pub(super) fn drop_reason() -> Option<End> {
    WHY.get()
}
