//! One value: from what was written to what it means.

use std::time::Duration;

use bytesize::ByteSize;
use config::ValueKind;

use super::keys::Kind;

/// A checked value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Checked {
    Text(String),
    Number(u64),
    /// The word that stands for no value: `auto`, `off`.
    Word,
    Time(Duration),
    Switch(bool),
}

impl Kind {
    /// The meaning of what was written; none when it is not what the key takes.
    pub(super) fn check(&self, written: &ValueKind) -> Option<Checked> {
        let text = match written {
            ValueKind::String(text) => Some(text.trim()),
            _ => None,
        };
        match *self {
            Self::Path if text == Some("off") => Some(Checked::Word),
            Self::Text | Self::Path => {
                text.filter(|t| !t.is_empty()).map(|t| Checked::Text(t.to_owned()))
            }
            Self::Route => text.filter(|t| is_route(t)).map(|t| Checked::Text(t.to_owned())),
            Self::Number { word, .. } | Self::Size { word, .. }
                if !word.is_empty() && text == Some(word) =>
            {
                Some(Checked::Word)
            }
            Self::Number { least, most, .. } => whole(written, text)
                .filter(|number| (least..=most).contains(number))
                .map(Checked::Number),
            Self::Time { off: true, .. } if text == Some("off") => Some(Checked::Word),
            Self::Time { least, most, .. } => text
                .and_then(|text| humantime::parse_duration(text).ok())
                .filter(|time| (least..=most).contains(time))
                .map(Checked::Time),
            Self::Size { least, most, .. } => whole(written, text)
                .or_else(|| text?.parse::<ByteSize>().ok().map(|size| size.as_u64()))
                .filter(|size| (least..=most).contains(size))
                .map(Checked::Number),
            Self::Choice(words) => {
                text.filter(|text| words.contains(text)).map(|text| Checked::Text(text.to_owned()))
            }
            Self::Switch => match (written, text) {
                (ValueKind::Boolean(on), _) => Some(Checked::Switch(*on)),
                (_, Some("true")) => Some(Checked::Switch(true)),
                (_, Some("false")) => Some(Checked::Switch(false)),
                _ => None,
            },
        }
    }

    /// What the key takes, in words.
    pub(super) fn expected(&self) -> String {
        match *self {
            Self::Text => "text".to_owned(),
            Self::Path => "a path, or \"off\"".to_owned(),
            Self::Route => "a path such as \"/docs\": / before each part, and parts of letters, digits, - . _ ~"
                .to_owned(),
            Self::Number { least, most, word } => {
                format!("a whole number from {least} to {most}{}", or(word))
            }
            Self::Time { least, most, off } => format!(
                "a time such as \"15s\" or \"250ms\", from {} to {}{}",
                time_text(least),
                time_text(most),
                or(if off { "off" } else { "" })
            ),
            Self::Size { least, most, word } => format!(
                "a size such as \"64KiB\", from {} to {}{}",
                size_text(least),
                size_text(most),
                or(word)
            ),
            Self::Choice(words) => format!("one of {}", words.join(", ")),
            Self::Switch => "true or false".to_owned(),
        }
    }
}

fn or(word: &str) -> String {
    if word.is_empty() { String::new() } else { format!(", or \"{word}\"") }
}

/// Whether this is a path of parts that need no escape (the unreserved characters of RFC 3986, section 2.3), and
/// that no client takes away as it does `..`.
fn is_route(text: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-._~".contains(c);
    let part = |part: &str| !matches!(part, "" | "." | "..") && part.chars().all(plain);
    text.strip_prefix('/').is_some_and(|rest| rest.is_empty() || rest.split('/').all(part))
}

/// A whole number, written as one or as text, as in a variable.
fn whole(written: &ValueKind, text: Option<&str>) -> Option<u64> {
    match written {
        ValueKind::I64(number) => u64::try_from(*number).ok(),
        ValueKind::U64(number) => Some(*number),
        _ => text?.parse().ok(),
    }
}

/// A time as it would be written.
pub(super) fn time_text(time: Duration) -> String {
    humantime::format_duration(time).to_string().replace(' ', "")
}

/// A size as it would be written.
fn size_text(bytes: u64) -> String {
    ["", "KiB", "MiB", "GiB"]
        .iter()
        .enumerate()
        .rev()
        .find_map(|(power, unit)| {
            let one = 1024_u64.pow(u32::try_from(power).ok()?);
            (bytes.is_multiple_of(one) && bytes >= one).then(|| format!("{}{unit}", bytes / one))
        })
        .unwrap_or_else(|| bytes.to_string())
}

/// What was written, for a message: text in quotes, a table or list by its kind.
pub(super) fn found(written: &ValueKind) -> String {
    match written {
        ValueKind::String(text) => format!("{text:?}"),
        ValueKind::Table(_) => "a table".to_owned(),
        ValueKind::Array(_) => "a list".to_owned(),
        ValueKind::Nil => "nothing".to_owned(),
        other => other.to_string(),
    }
}
