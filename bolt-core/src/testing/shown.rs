//! What a failed test is told.

use std::fmt::{self, Write as _};

use axum::http::{HeaderMap, StatusCode};

/// Characters of a body, or of an event's data, that are shown.
const MAX: usize = 2000;

/// A status with its name.
pub(super) fn status(status: StatusCode) -> String {
    format!("{} {}", status.as_u16(), status.canonical_reason().unwrap_or_default())
}

/// The headers that say what a body is, and the body as text.
pub(super) fn body(headers: &HeaderMap, body: &[u8]) -> String {
    let mut shown = String::new();
    for name in ["content-type", "content-encoding", "location", "retry-after", "allow"] {
        if let Some(value) = headers.get(name) {
            // Writing to a `String` cannot fail.
            let _ = write!(shown, "\n  {name}: {}", String::from_utf8_lossy(value.as_bytes()));
        }
    }
    let text = match body {
        [] => "(no body)".to_owned(),
        body => text(&String::from_utf8_lossy(body)),
    };
    format!("{shown}\n  {text}")
}

/// Text that is not too long to read.
pub(super) fn text(text: &str) -> String {
    match text.char_indices().nth(MAX) {
        Some((end, _)) => format!("{}… ({} bytes in all)", &text[..end], text.len()),
        None => text.to_owned(),
    }
}

/// The number of an event: 1st, 2nd, 3rd.
pub(super) struct Ordinal(pub(super) usize);

impl fmt::Display for Ordinal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ending = match (self.0 % 10, self.0 % 100) {
            (_, 11..=13) => "th",
            (1, _) => "st",
            (2, _) => "nd",
            (3, _) => "rd",
            _ => "th",
        };
        write!(f, "{}{ending}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_numbered_as_people_do() {
        let numbers = [1, 2, 3, 4, 11, 12, 13, 21, 102, 111].map(|n| Ordinal(n).to_string());
        let expected =
            ["1st", "2nd", "3rd", "4th", "11th", "12th", "13th", "21st", "102nd", "111th"];
        assert_eq!(numbers, expected);
    }
}
