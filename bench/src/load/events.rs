//! Counts the events of a stream, as a browser would dispatch them, however its bytes are cut.

use memchr::memchr2;

/// In a line.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
enum Line {
    #[default]
    Start,
    /// This many bytes of the name `data`, and nothing else.
    Name(usize),
    /// After `data:`, where one space is no part of the value.
    Value,
    InValue,
    /// A line that is no data: a comment, another field.
    Other,
}

const NAME: &[u8] = b"data";

/// How many digits a time in ns has, from 2001 to 2286.
const TIME_DIGITS: u32 = 19;

/// Counts events: blocks with at least one `data` field, ended by an empty line. The end of the stream ends no event.
#[derive(Debug, Default)]
pub(crate) struct Events {
    line: Line,
    /// The last byte was a CR: an LF now is the rest of the same end of line.
    cr: bool,
    has_data: bool,
    time: Time,
    /// Bytes of a byte order mark seen at the start of the stream. More than 3: past the start.
    mark: u8,
}

impl Events {
    /// Calls `on_event` for every event that ends in `input`, with its data if that is a time in ns.
    pub(crate) fn feed(&mut self, mut input: &[u8], mut on_event: impl FnMut(Option<u64>)) {
        if self.mark <= 3 {
            input = self.skip_mark(input);
        }
        while let Some(&first) = input.first() {
            if std::mem::take(&mut self.cr) && first == b'\n' {
                input = &input[1..];
                continue;
            }
            if self.line == Line::Start && input.starts_with(b"data:") {
                // The common line, in one step.
                self.line = Line::Value;
                input = &input[5..];
                continue;
            }
            let end = memchr2(b'\n', b'\r', input);
            let text = &input[..end.unwrap_or(input.len())];
            self.text(text);
            let Some(end) = end else { return };
            self.cr = input[end] == b'\r';
            self.end_of_line(&mut on_event);
            input = &input[end + 1..];
        }
    }

    /// A piece of a line.
    fn text(&mut self, mut text: &[u8]) {
        while let Some(&byte) = text.first() {
            match self.line {
                Line::Other => return,
                Line::InValue => return self.time.feed(text),
                Line::Value => {
                    self.line = Line::InValue;
                    if byte != b' ' {
                        continue;
                    }
                }
                Line::Start if byte == NAME[0] => self.line = Line::Name(1),
                Line::Name(known) if NAME.get(known) == Some(&byte) => {
                    self.line = Line::Name(known + 1);
                }
                Line::Name(known) if known == NAME.len() && byte == b':' => self.line = Line::Value,
                Line::Start | Line::Name(_) => self.line = Line::Other,
            }
            text = &text[1..];
        }
    }

    fn end_of_line(&mut self, on_event: &mut impl FnMut(Option<u64>)) {
        match std::mem::take(&mut self.line) {
            Line::Start => {
                let time = std::mem::take(&mut self.time);
                if std::mem::take(&mut self.has_data) {
                    on_event(time.value());
                }
            }
            Line::Value | Line::InValue => self.data_line(),
            // A field without a colon has an empty value.
            Line::Name(known) if known == NAME.len() => self.data_line(),
            Line::Name(_) | Line::Other => {}
        }
    }

    fn data_line(&mut self) {
        if self.has_data {
            // Of two lines, so no number.
            self.time.spoil();
        }
        self.has_data = true;
    }

    fn skip_mark<'a>(&mut self, mut input: &'a [u8]) -> &'a [u8] {
        const MARK: &[u8] = b"\xef\xbb\xbf";
        while let Some((&byte, rest)) = input.split_first() {
            if MARK.get(usize::from(self.mark)) != Some(&byte) {
                if self.mark > 0 && self.mark < 3 {
                    // The start of a mark only: the start of a line that is no data.
                    self.line = Line::Other;
                }
                self.mark = 4;
                return input;
            }
            self.mark += 1;
            input = rest;
        }
        input
    }
}

/// Data, if it is all digits.
#[derive(Clone, Copy, Debug, Default)]
struct Time {
    value: u64,
    digits: u32,
}

impl Time {
    fn feed(&mut self, text: &[u8]) {
        for &byte in text {
            if self.digits >= TIME_DIGITS || !byte.is_ascii_digit() {
                return self.spoil();
            }
            self.value = self.value * 10 + u64::from(byte - b'0');
            self.digits += 1;
        }
    }

    fn spoil(&mut self) {
        self.digits = TIME_DIGITS + 1;
    }

    fn value(self) -> Option<u64> {
        (self.digits == TIME_DIGITS).then_some(self.value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(pieces: impl IntoIterator<Item = impl AsRef<[u8]>>) -> Vec<Option<u64>> {
        let mut events = Events::default();
        let mut found = Vec::new();
        for piece in pieces {
            events.feed(piece.as_ref(), |time| found.push(time));
        }
        found
    }

    const TIME: Option<u64> = Some(1_764_000_000_123_456_789);

    /// Streams, and the events in them.
    fn streams() -> Vec<(&'static str, Vec<Option<u64>>)> {
        vec![
            ("data: 1\n\ndata: 2\n\n", vec![None, None]),
            ("data: 1764000000123456789\n\n", vec![TIME]),
            ("data:1764000000123456789\r\n\r\n", vec![TIME]),
            ("event: tick\rid: 7\rdata: 1764000000123456789\r\r", vec![TIME]),
            ("data: 17640000001234567890\n\ndata: 1764000000123456789 \n\n", vec![None, None]),
            ("data: 1764000000\ndata: 123456789\n\n", vec![None]),
            ("data:  1764000000123456789\n\n", vec![None]),
            (": comment\n\n: data: 1\n\nevent: a\n\nid: data: 1\n\n", vec![]),
            ("data\n\ndata:\n\ndata: \n\n", vec![None, None, None]),
            ("dat: 1\n\ndatab: 1\n\n data: 1\n\nDATA: 1\n\ndat\n\n", vec![]),
            ("data: 1\r\n\n\n\r\n\rdata: 2\n\r\n", vec![None, None]),
            ("\u{feff}data: 1\n\n", vec![None]),
            ("\u{feff}\u{feff}data: 1\n\n", vec![]),
            ("\nretry: 3\ndata: 1\n\n", vec![None]),
            ("data: 1\n\ndata: cut", vec![None]),
            ("", vec![]),
        ]
    }

    #[test]
    fn events_are_the_same_whole_and_byte_by_byte() {
        for (stream, expected) in streams() {
            assert_eq!(count([stream]), expected, "{stream:?}");
            assert_eq!(count(stream.as_bytes().chunks(1)), expected, "{stream:?}");
        }
    }

    #[test]
    fn events_are_the_same_in_random_pieces() {
        // Joined, so that what one stream leaves behind meets the next. Each is ended where it is not.
        let all: String =
            streams().iter().skip(1).map(|(stream, _)| format!("{stream}\n\n")).collect();
        let expected = count([&all]);
        assert!(expected.len() > 10);
        // A linear congruential generator: the same pieces in every run.
        let mut random = 1_u64;
        for _ in 0..2000 {
            let mut pieces = Vec::new();
            let mut rest = all.as_bytes();
            while !rest.is_empty() {
                random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                let size = usize::try_from(random >> 60).expect("4 bits").clamp(1, rest.len());
                let (piece, after) = rest.split_at(size);
                pieces.push(piece);
                rest = after;
            }
            assert_eq!(count(&pieces), expected, "{pieces:?}");
        }
    }
}
