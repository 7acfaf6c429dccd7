//! Bytes as events: what a client makes of a stream, in pieces as they come.
//!
//! HTML, sections 9.2.5 "Parsing an event stream" and 9.2.6 "Interpreting an event stream":
//! <https://html.spec.whatwg.org/multipage/server-sent-events.html>.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bytes::{Buf as _, BytesMut};

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// The name of an event that has none of its own.
pub(crate) const UNNAMED: &str = "message";

/// One event, as a client dispatches it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Decoded {
    /// The event's type: `message` when it has none of its own.
    pub(crate) name: String,
    /// The data, its lines joined by LF.
    pub(crate) data: String,
    /// The last event id at the time, which is that of an earlier event when this one has none.
    pub(crate) id: Arc<str>,
    /// The last `retry:` since the event before.
    pub(crate) retry: Option<Duration>,
}

/// An event is longer than it may be. What follows it is not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TooLong {
    /// The most bytes of one event.
    pub(crate) most: usize,
}

impl fmt::Display for TooLong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "an event is longer than {} bytes", self.most)
    }
}

impl std::error::Error for TooLong {}

/// Takes the bytes of one stream, cut anywhere, and gives its events. An event without its blank line is none.
///
/// It holds what was pushed and not yet asked for, and at most one event more.
#[derive(Debug)]
pub(crate) struct Decoder {
    /// Bytes of one event.
    most: usize,
    failed: bool,
    input: BytesMut,
    /// So many bytes of the input have no line end in them.
    scanned: usize,
    /// The last line ended in CR: a LF now belongs to it.
    after_cr: bool,
    /// The start of the stream has been looked at for a byte order mark.
    began: bool,
    /// Every line with a LF after it.
    data: String,
    name: String,
    // Shared, since every event has it until another comes: one long id and many small events are little to send.
    id: Arc<str>,
    last_id: Arc<str>,
    retry: Option<Duration>,
}

impl Decoder {
    /// `most`: the bytes that an event may take, with the line that is being read.
    pub(crate) fn new(most: usize) -> Self {
        Self {
            most,
            failed: false,
            input: BytesMut::new(),
            scanned: 0,
            after_cr: false,
            began: false,
            data: String::new(),
            name: String::new(),
            id: Arc::default(),
            last_id: Arc::default(),
            retry: None,
        }
    }

    /// The same for a client that comes back with the id of the last event: until another is sent, that is the last
    /// one, as browsers keep it.
    #[cfg(any(test, feature = "testing"))]
    pub(crate) fn since(most: usize, last_id: &str) -> Self {
        let last_id: Arc<str> = last_id.into();
        Self { id: Arc::clone(&last_id), last_id, ..Self::new(most) }
    }

    /// Takes the next bytes of the stream.
    pub(crate) fn push(&mut self, bytes: &[u8]) {
        self.input.extend_from_slice(bytes);
    }

    /// The next event that is whole.
    ///
    /// # Errors
    /// When an event is too long, and then for ever.
    pub(crate) fn next(&mut self) -> Result<Option<Decoded>, TooLong> {
        while !self.failed {
            self.pass_line_end();
            let end = memchr::memchr2(b'\n', b'\r', &self.input[self.scanned..]);
            let length = end.map_or(self.input.len(), |end| self.scanned + end);
            self.failed = self.held() + length > self.most;
            if self.failed {
                break;
            }
            if end.is_none() {
                self.scanned = length;
                return Ok(None);
            }
            let line = self.input.split_to(length);
            self.scanned = 0;
            self.after_cr = self.input.first() == Some(&b'\r');
            self.input.advance(1);
            if let Some(event) = self.line(&line) {
                return Ok(Some(event));
            }
        }
        Err(TooLong { most: self.most })
    }

    /// Passes the LF of a CR LF. False when it is not known yet whether there is one.
    fn pass_line_end(&mut self) -> bool {
        if let (true, Some(first)) = (self.after_cr, self.input.first()) {
            self.after_cr = false;
            self.input.advance(usize::from(*first == b'\n'));
        }
        !self.after_cr
    }

    /// How many of the bytes that were pushed come after the event that was last given. None while it is not known
    /// where that ends.
    pub(crate) fn left(&mut self) -> Option<usize> {
        self.pass_line_end().then(|| self.input.len())
    }

    /// What a client sends as `last-event-id` when it reconnects.
    #[cfg(any(test, feature = "testing"))]
    pub(crate) fn last_id(&self) -> &str {
        &self.last_id
    }

    /// The bytes of an event that is not whole, without those of its last line.
    fn held(&self) -> usize {
        self.data.len() + self.name.len() + self.id.len()
    }

    fn line(&mut self, line: &[u8]) -> Option<Decoded> {
        let first = !std::mem::replace(&mut self.began, true);
        let line = line.strip_prefix(BYTE_ORDER_MARK).filter(|_| first).unwrap_or(line);
        if line.is_empty() {
            return self.dispatch();
        }
        // Each line for itself, as no line end is part of a longer character.
        let line = String::from_utf8_lossy(line);
        match line.split_once(':') {
            Some(("", _comment)) => {}
            Some((name, value)) => self.field(name, value.strip_prefix(' ').unwrap_or(value)),
            None => self.field(&line, ""),
        }
        None
    }

    fn field(&mut self, name: &str, value: &str) {
        match name {
            "event" => value.clone_into(&mut self.name),
            "data" => {
                self.data.push_str(value);
                self.data.push('\n');
            }
            "id" if !value.contains('\0') => self.id = value.into(),
            "retry" if value.bytes().all(|byte| byte.is_ascii_digit()) => {
                // One without digits, or with too many to be a time, is ignored.
                self.retry = value.parse().map(Duration::from_millis).ok().or(self.retry);
            }
            _ => {}
        }
    }

    fn dispatch(&mut self) -> Option<Decoded> {
        self.last_id.clone_from(&self.id);
        let name = std::mem::take(&mut self.name);
        let mut data = std::mem::take(&mut self.data);
        // The LF after the last line; without one there was no data field, and this is no event.
        data.pop()?;
        let name = if name.is_empty() { UNNAMED.to_owned() } else { name };
        Some(Decoded { name, data, id: Arc::clone(&self.last_id), retry: self.retry.take() })
    }
}

/// The same rules, written a second time from the standard.
#[cfg(test)]
#[expect(unreachable_pub, reason = "a file of another package")]
#[path = "../../../tests/src/spec.rs"]
mod spec;

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    const MAX: usize = 1 << 20;

    fn all(decoder: &mut Decoder, pieces: &[&[u8]]) -> Vec<Decoded> {
        let mut events = Vec::new();
        for piece in pieces {
            decoder.push(piece);
            while let Some(event) = decoder.next().expect("short events") {
                events.push(event);
            }
        }
        events
    }

    /// What the reference makes of the stream, in the same terms.
    fn expected(stream: &[u8]) -> (Vec<(String, String, String)>, String, Option<Duration>) {
        let mut parser = spec::Parser::default();
        let events = parser.feed(stream);
        let events = events.into_iter().map(|event| (event.name, event.data, event.id)).collect();
        (events, parser.last_event_id, parser.retry.map(Duration::from_millis))
    }

    fn agrees(stream: &[u8], pieces: &[&[u8]]) {
        let mut decoder = Decoder::new(MAX);
        let found = all(&mut decoder, pieces);
        let (events, last_id, retry) = expected(stream);
        // The last one that was said, with an event or after all of them.
        let last = found.iter().rev().find_map(|event| event.retry);
        assert_eq!(decoder.retry.or(last), retry, "{stream:?}");
        let found: Vec<_> =
            found.into_iter().map(|event| (event.name, event.data, event.id.to_string())).collect();
        assert_eq!(found, events, "{stream:?}");
        assert_eq!(decoder.last_id(), last_id, "{stream:?}");
    }

    /// Text that looks like a stream, with what its rules are about.
    fn streams() -> impl Strategy<Value = Vec<u8>> {
        let part = prop_oneof![
            4 => proptest::sample::select(vec!["\n", "\r", "\r\n", "\n\n", "\r\r", "\r\n\r\n"])
                .prop_map(|text| text.as_bytes().to_vec()),
            4 => proptest::sample::select(vec![
                "data", "data:", "data: ", "event:", "event: ", "id", "id: ", "id:\0", "retry: ",
                "retry:1", "retry: 20", "retry: 1x", ":", ": comment", "dat", " data: ", "\u{feff}",
                "\u{feff}data: ", "Data: ", "unknown: ",
            ]).prop_map(|text| text.as_bytes().to_vec()),
            2 => "[ -~äß€😀\u{0}]{0,12}".prop_map(String::into_bytes),
            1 => "[0-9]{0,10}".prop_map(String::into_bytes),
            1 => vec(any::<u8>(), 0..4),
        ];
        vec(part, 0..40).prop_map(|parts| parts.concat())
    }

    fn agrees_at_every_cut(stream: &[u8]) {
        agrees(stream, &[stream]);
        for cut in 0..=stream.len() {
            agrees(stream, &[&stream[..cut], &stream[cut..]]);
        }
        agrees(stream, &stream.chunks(1).collect::<Vec<_>>());
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 1000, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn it_agrees_with_the_standard_at_every_cut(stream in streams()) {
            agrees_at_every_cut(&stream);
        }
    }

    #[test]
    fn a_line_end_is_one_wherever_it_is_cut() {
        for end in ["\n", "\r", "\r\n"] {
            for empty in ["\n", "\r", "\r\n"] {
                agrees_at_every_cut(
                    format!("\u{feff}data{end}data: 1{end}{empty}data{end}").as_bytes(),
                );
            }
        }
    }

    #[test]
    fn an_event_without_an_end_is_given_up_at_its_limit() {
        for piece in [&b"x"[..], b"data: 12345678\n", b"data:\n", b"event: 12345678901234567890\n"]
        {
            let mut decoder = Decoder::new(16);
            let fails = |decoder: &mut Decoder| {
                decoder.push(piece);
                decoder.next().is_err()
            };
            let pushed = (1..100).find(|_| fails(&mut decoder)).expect("it is noticed");
            assert!(pushed <= 20, "{pushed} of {piece:?}");
            decoder.push(b"\n\ndata: 1\n\n");
            assert_eq!(decoder.next(), Err(TooLong { most: 16 }), "for ever");
        }
    }

    #[test]
    fn a_retry_that_is_no_time_changes_nothing() {
        for retry in ["", "1x", "-1", "99999999999999999999999"] {
            agrees_at_every_cut(format!("retry: 5\nretry: {retry}\ndata\n\n").as_bytes());
        }
    }

    #[test]
    fn a_client_that_comes_back_has_its_id_until_another_comes() {
        let ids = |stream: &str| {
            let mut decoder = Decoder::since(MAX, "7");
            let events = all(&mut decoder, &[stream.as_bytes()]);
            let ids = events.into_iter().map(|event| event.id.to_string()).collect::<Vec<_>>();
            (ids, decoder.last_id().to_owned())
        };
        assert_eq!(ids(""), (vec![], "7".to_owned()));
        assert_eq!(ids("data\n\n"), (vec!["7".to_owned()], "7".to_owned()));
        assert_eq!(
            ids("data\n\nid: 8\ndata\n\n"),
            (vec!["7".to_owned(), "8".to_owned()], "8".to_owned())
        );
        assert_eq!(ids("id\ndata\n\n"), (vec![String::new()], String::new()));
    }

    #[test]
    fn the_events_after_an_id_share_it() {
        let mut decoder = Decoder::new(MAX);
        let events = all(&mut decoder, &[b"id: 7\ndata\n\ndata\n\nid\ndata\n\n"]);
        assert!(Arc::ptr_eq(&events[0].id, &events[1].id));
        assert_eq!([&*events[1].id, &*events[2].id], ["7", ""]);
    }

    #[test]
    fn what_is_not_kept_has_no_limit() {
        let mut decoder = Decoder::new(16);
        for _ in 0..100 {
            decoder.push(b": keep-alive\nid: 7\nevent: x\nretry: 5\n");
            assert_eq!(decoder.next(), Ok(None));
        }
        decoder.push(b"data: 1\n\n");
        let event = decoder.next().expect("short").expect("whole");
        assert_eq!((event.name.as_str(), event.data.as_str()), ("x", "1"));
        assert_eq!(event.retry, Some(Duration::from_millis(5)));
    }
}
