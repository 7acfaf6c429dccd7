//! What the text fields of an event may hold, checked when they are made.

use std::borrow::Cow;
use std::fmt;

/// The `id` that says a finished stream is not to be asked for again.
///
/// A request that brings it back is answered 204, which stops a browser's reconnecting (HTML, section 9.2.3).
pub(crate) const TERMINAL_ID: &str = "bolt-finished";

/// The `id` of an event: what a browser sends back as `Last-Event-ID` when it reconnects.
///
/// Any integer is one. Text may not hold NUL, CR or LF: the WHATWG rules cannot carry them
/// (HTML, section 9.2.6 "Interpreting an event stream"). Keep ids to `[0-9A-Za-z._~-]` and at most
/// 64 bytes: others make a browser ask first (a CORS preflight) before it reconnects to another origin.
///
/// An empty id is valid: it tells the browser to send no `Last-Event-ID`.
///
/// ```
/// use bolt::EventId;
///
/// assert_eq!(EventId::from(7).to_string(), "7");
/// assert_eq!(EventId::new("a-7").unwrap().to_string(), "a-7");
/// assert!(EventId::new("7\ndata: forged").is_err());
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct EventId(Repr);

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Repr {
    Unsigned(u64),
    Signed(i64),
    Text(Cow<'static, str>),
}

impl EventId {
    /// An id from text.
    ///
    /// # Errors
    /// When the text holds NUL, CR or LF, or is the id by which bolt marks a finished stream.
    pub fn new(text: impl Into<Cow<'static, str>>) -> Result<Self, InvalidField> {
        let text = text.into();
        if text == TERMINAL_ID {
            return Err(InvalidField { field: "id", fault: Fault::Reserved });
        }
        match text.bytes().find(|byte| matches!(byte, 0 | b'\r' | b'\n')) {
            Some(byte) => Err(InvalidField { field: "id", fault: Fault::Byte(byte) }),
            None => Ok(Self(Repr::Text(text))),
        }
    }
}

impl fmt::Display for EventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Repr::Unsigned(number) => number.fmt(f),
            Repr::Signed(number) => number.fmt(f),
            Repr::Text(text) => f.write_str(text),
        }
    }
}

macro_rules! integer_ids {
    ($($integer:ty => $repr:ident as $wide:ty),* $(,)?) => {
        $(
            impl From<$integer> for EventId {
                fn from(number: $integer) -> Self {
                    Self(Repr::$repr(<$wide>::from(number)))
                }
            }
        )*
    };
}

integer_ids! {
    u8 => Unsigned as u64, u16 => Unsigned as u64, u32 => Unsigned as u64, u64 => Unsigned as u64,
    i8 => Signed as i64, i16 => Signed as i64, i32 => Signed as i64, i64 => Signed as i64,
}

impl From<usize> for EventId {
    fn from(number: usize) -> Self {
        // No platform of Rust has a usize wider than 64 bits.
        Self(Repr::Unsigned(number as u64))
    }
}

/// The name of an event: what a browser's `addEventListener` takes (the `event` field).
///
/// Not empty, and without CR or LF. An event without a name is a `message` event.
///
/// ```
/// use bolt::EventName;
///
/// const DONE: EventName = EventName::from_static("done"); // checked by the compiler
/// assert_eq!(DONE.as_str(), "done");
/// assert!(EventName::new("done\ndata: forged").is_err());
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct EventName(Cow<'static, str>);

impl EventName {
    /// A name from text.
    ///
    /// # Errors
    /// When the text is empty or holds CR or LF.
    pub fn new(text: impl Into<Cow<'static, str>>) -> Result<Self, InvalidField> {
        let text = text.into();
        match fault_of_name(&text) {
            Some(fault) => Err(InvalidField { field: "event", fault }),
            None => Ok(Self(text)),
        }
    }

    /// A name from a literal. In a `const` a bad name is a compile error.
    ///
    /// # Panics
    /// When the text is empty or holds CR or LF.
    #[must_use]
    #[track_caller]
    pub const fn from_static(text: &'static str) -> Self {
        assert!(fault_of_name(text).is_none(), "an event name is not empty and has no CR or LF");
        Self(Cow::Borrowed(text))
    }

    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

const fn fault_of_name(text: &str) -> Option<Fault> {
    let bytes = text.as_bytes();
    if bytes.is_empty() {
        return Some(Fault::Empty);
    }
    let mut i = 0;
    while i < bytes.len() {
        if matches!(bytes[i], b'\r' | b'\n') {
            return Some(Fault::Byte(bytes[i]));
        }
        i += 1;
    }
    None
}

/// Text that the field of an event cannot carry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidField {
    field: &'static str,
    fault: Fault,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Fault {
    Empty,
    Reserved,
    Byte(u8),
}

impl fmt::Display for InvalidField {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let field = self.field;
        match self.fault {
            Fault::Reserved => write!(f, "the `{field}` {TERMINAL_ID:?} marks a finished stream"),
            Fault::Empty => write!(f, "the `{field}` of an event cannot be empty"),
            Fault::Byte(0) => write!(f, "the `{field}` of an event cannot hold NUL"),
            Fault::Byte(b'\r') => {
                write!(f, "the `{field}` of an event cannot hold a carriage return")
            }
            Fault::Byte(_) => write!(f, "the `{field}` of an event cannot hold a line feed"),
        }
    }
}

impl std::error::Error for InvalidField {}
