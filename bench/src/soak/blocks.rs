//! The blocks of an event stream, as bolt writes them: lines end with LF.

use std::collections::VecDeque;

/// What stands between two empty lines, comments left out.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Block {
    pub(super) id: Option<String>,
    pub(super) name: Option<String>,
    pub(super) data: Option<String>,
}

/// Takes blocks out of a body, however it is cut.
#[derive(Debug, Default)]
pub(super) struct Blocks {
    line: Vec<u8>,
    block: Block,
    ready: VecDeque<Block>,
    told_to_come_back: bool,
}

impl Blocks {
    pub(super) fn feed(&mut self, mut data: &[u8]) {
        while let Some(end) = memchr::memchr(b'\n', data) {
            self.line.extend_from_slice(&data[..end]);
            self.end_line();
            data = &data[end + 1..];
        }
        self.line.extend_from_slice(data);
    }

    pub(super) fn next(&mut self) -> Option<Block> {
        self.ready.pop_front()
    }

    /// Whether nothing is left over; `retry` counts without an empty line after it.
    pub(super) fn is_between_two(&self) -> bool {
        self.line.is_empty() && self.block == Block::default()
    }

    /// Whether there was a `retry`.
    pub(super) fn told_to_come_back(&self) -> bool {
        self.told_to_come_back
    }

    fn end_line(&mut self) {
        let line = String::from_utf8_lossy(&std::mem::take(&mut self.line)).into_owned();
        if line.is_empty() {
            let block = std::mem::take(&mut self.block);
            if block != Block::default() {
                self.ready.push_back(block);
            }
            return;
        }
        match line.split_once(": ") {
            Some(("id", value)) => self.block.id = Some(value.to_owned()),
            Some(("event", value)) => self.block.name = Some(value.to_owned()),
            Some(("data", value)) => self.block.data = Some(value.to_owned()),
            Some(("retry", _)) => self.told_to_come_back = true,
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_are_the_same_however_they_are_cut() {
        let text = ":\n\nid: 7\ndata: 1\n\n\nevent: gap\ndata: {}\n\nid: end\n\nretry: 20\n";
        let some = |text: &str| Some(text.to_owned());
        let expected = [
            Block { id: some("7"), data: some("1"), name: None },
            Block { id: None, data: some("{}"), name: some("gap") },
            Block { id: some("end"), ..Block::default() },
        ];
        for size in 1..=text.len() {
            let mut blocks = Blocks::default();
            for piece in text.as_bytes().chunks(size) {
                blocks.feed(piece);
            }
            assert!(blocks.is_between_two() && blocks.told_to_come_back());
            let found: Vec<_> = std::iter::from_fn(|| blocks.next()).collect();
            assert_eq!(found, expected, "{size}");
        }
    }

    #[test]
    fn what_is_cut_off_is_no_block() {
        for text in ["data: 1\n", "data: 1", "id: 7\n", "d"] {
            let mut blocks = Blocks::default();
            blocks.feed(text.as_bytes());
            assert!(blocks.next().is_none() && !blocks.is_between_two(), "{text:?}");
        }
    }
}
