//! `Block`: bytes that are appended whole, or not at all.

use bytes::BytesMut;

/// What is being appended: taken back when dropped before it is whole, also by a panic.
pub(super) struct Block<'a> {
    pub(super) out: &'a mut BytesMut,
    pub(super) start: usize,
    whole: bool,
}

impl<'a> Block<'a> {
    pub(super) fn new(out: &'a mut BytesMut) -> Self {
        Self { start: out.len(), out, whole: false }
    }

    pub(super) fn keep(mut self) {
        self.whole = true;
    }
}

impl Drop for Block<'_> {
    fn drop(&mut self) {
        if !self.whole {
            self.out.truncate(self.start);
        }
    }
}
