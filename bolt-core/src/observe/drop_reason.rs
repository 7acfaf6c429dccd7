//! The reason for the end of a stream, given by the code that drops it.

use std::cell::Cell;

use super::end::End;

thread_local! {
    static WHY: Cell<Option<End>> = const { Cell::new(None) };
}

/// Drops a value that may contain streams, which then end for this reason.
///
/// Layers wrap the body of a stream in other bodies, so the stream cannot be reached in another way.
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

/// The reason that was given, while the value is dropped.
pub(super) fn drop_reason() -> Option<End> {
    WHY.get()
}
