//! A parser of event streams, written from the text of the standard and from nothing of bolt's.
//!
//! HTML, sections 9.2.5 "Parsing an event stream" and 9.2.6 "Interpreting an event stream":
//! <https://html.spec.whatwg.org/multipage/server-sent-events.html>.

/// An event as a client would dispatch it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dispatched {
    /// The event type: `message` when the block named none.
    pub name: String,
    /// The data, its lines joined by LF.
    pub data: String,
    /// The last event id string when it was dispatched.
    pub id: String,
}

/// The state that the standard keeps for one connection.
#[derive(Debug, Default)]
pub struct Parser {
    /// Bytes after the last whole line.
    rest: Vec<u8>,
    /// The previous chunk ended in CR: a LF now belongs to it.
    after_cr: bool,
    /// The leading byte order mark has been looked for.
    began: bool,
    data: String,
    event_type: String,
    id: String,
    /// The last event id string of the source.
    pub last_event_id: String,
    /// The reconnection time in milliseconds, when the stream set one.
    pub retry: Option<u64>,
    /// Comments, without their colon.
    pub comments: Vec<String>,
    /// Every field name that was seen, for tests of what may appear.
    pub fields: Vec<String>,
}

impl Parser {
    /// Takes the next bytes of the stream and gives the events that they complete.
    pub fn feed(&mut self, bytes: &[u8]) -> Vec<Dispatched> {
        let mut events = Vec::new();
        for &byte in bytes {
            let after_cr = std::mem::take(&mut self.after_cr);
            match byte {
                b'\n' if after_cr => {}
                b'\n' | b'\r' => {
                    self.after_cr = byte == b'\r';
                    let line = std::mem::take(&mut self.rest);
                    events.extend(self.line(&line));
                }
                _ => self.rest.push(byte),
            }
        }
        events
    }

    fn line(&mut self, line: &[u8]) -> Option<Dispatched> {
        // The UTF-8 decode algorithm strips one leading byte order mark of the stream.
        let line = match line.strip_prefix(b"\xef\xbb\xbf") {
            Some(stripped) if !self.began => stripped,
            _ => line,
        };
        self.began = true;
        let line = String::from_utf8_lossy(line);
        if line.is_empty() {
            return self.dispatch();
        }
        match line.split_once(':') {
            Some(("", comment)) => self.comments.push(comment.to_owned()),
            Some((name, value)) => self.field(name, value.strip_prefix(' ').unwrap_or(value)),
            None => self.field(&line, ""),
        }
        None
    }

    fn field(&mut self, name: &str, value: &str) {
        self.fields.push(name.to_owned());
        match name {
            "event" => self.event_type = value.to_owned(),
            "data" => {
                self.data.push_str(value);
                self.data.push('\n');
            }
            "id" if !value.contains('\0') => self.id = value.to_owned(),
            "retry" if !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()) => {
                // The standard has no limit; a number that is not one of 64 bits is ignored here.
                self.retry = value.parse().ok().or(self.retry);
            }
            _ => {}
        }
    }

    fn dispatch(&mut self) -> Option<Dispatched> {
        self.last_event_id.clone_from(&self.id);
        let event_type = std::mem::take(&mut self.event_type);
        let mut data = std::mem::take(&mut self.data);
        if data.is_empty() {
            return None;
        }
        if data.ends_with('\n') {
            data.pop();
        }
        let name = if event_type.is_empty() { "message".to_owned() } else { event_type };
        Some(Dispatched { name, data, id: self.last_event_id.clone() })
    }
}

#[cfg(test)]
mod tests {
    use super::{Dispatched, Parser};

    fn data_of(stream: &str) -> Vec<String> {
        Parser::default().feed(stream.as_bytes()).into_iter().map(|event| event.data).collect()
    }

    // The examples of section 9.2.6, and the rules that they show.
    #[test]
    fn examples_of_the_standard_parse_as_it_says() {
        assert_eq!(data_of("data: YHOO\ndata: +2\ndata: 10\n\n"), ["YHOO\n+2\n10"]);
        assert_eq!(data_of("data\n\ndata\ndata\n\ndata:"), ["", "\n"]);
        assert_eq!(data_of("data:test\n\ndata: test\n\n"), ["test", "test"]);
        let mut parser = Parser::default();
        let events =
            parser.feed(b": test stream\n\ndata: first event\nid: 1\n\ndata:second event\nid\n\ndata:  third event");
        assert_eq!(events.len(), 2);
        assert_eq!(
            events[0],
            Dispatched { name: "message".into(), data: "first event".into(), id: "1".into() }
        );
        assert_eq!(events[1].id, "");
        assert_eq!(parser.comments, [" test stream"]);
    }

    #[test]
    fn every_line_end_is_one_also_across_chunks() {
        assert_eq!(data_of("data: a\r\ndata: b\rdata: c\n\n"), ["a\nb\nc"]);
        let mut parser = Parser::default();
        assert!(parser.feed(b"data: a\r").is_empty());
        assert!(parser.feed(b"\ndata: b\r").is_empty());
        assert_eq!(parser.feed(b"\n\r\n").len(), 1);
    }

    #[test]
    fn a_block_without_data_moves_the_id_only() {
        let mut parser = Parser::default();
        assert!(parser.feed(b"id: 7\n\n").is_empty());
        assert_eq!(parser.last_event_id, "7");
        assert!(parser.feed(b"id: 8\0\nretry: 10x\nretry: 03000\n\n").is_empty());
        assert_eq!((parser.last_event_id.as_str(), parser.retry), ("7", Some(3000)));
    }
}
