//! `Position`: a place in a log, and the id of the event that stands there.

use std::fmt;
use std::hash::{BuildHasher as _, RandomState};
use std::str::FromStr;
use std::sync::Arc;

use serde::{Serialize, Serializer};

use crate::event::EventId;

/// A name for one life of a log: offsets of another epoch say nothing about it.
///
/// At most 43 bytes of `[0-9A-Za-z._~-]`. With an offset that is an id of at most 64 bytes, which a browser sends to
/// other origins without asking first (a CORS preflight).
///
/// ```
/// use bolt::replay::Epoch;
///
/// assert!(Epoch::new("2026-11").is_ok());
/// assert!(Epoch::new("").is_err() && Epoch::new("a b").is_err());
/// assert_ne!(Epoch::random(), Epoch::random());
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Epoch(Arc<str>);

/// An id that is longer, in bytes, is not one of ours.
const MAX_ID: usize = 64;

/// What is left of that without a dash and the digits of an offset.
const MAX_EPOCH: usize = MAX_ID - 1 - 20;

impl Epoch {
    /// An epoch with a name of its own, where what is logged is the same in every life of the program.
    ///
    /// # Errors
    /// When the name is empty, too long, or has other bytes.
    pub fn new(name: &str) -> Result<Self, InvalidPosition> {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._~-".contains(&byte);
        let fits = (1..=MAX_EPOCH).contains(&name.len()) && name.bytes().all(plain);
        if fits { Ok(Self(name.into())) } else { Err(InvalidPosition) }
    }

    /// An epoch that was never before: 16 hexadecimal digits.
    #[must_use]
    pub fn random() -> Self {
        // The keys of a new `RandomState` differ every time. Nothing here has to be secret.
        Self(format!("{:016x}", RandomState::new().hash_one(0_u8)).into())
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A place in a log: after so many items of an epoch. As text, `<epoch>-<offset>`, it is the id of its event.
///
/// ```
/// use bolt::replay::Position;
///
/// let position: Position = "2026-11-17".parse().unwrap();
/// assert_eq!((position.epoch.as_str(), position.offset), ("2026-11", 17));
/// assert_eq!(position.to_string(), "2026-11-17");
/// assert!("17".parse::<Position>().is_err());
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Position {
    /// Of the log.
    pub epoch: Epoch,
    /// Of the item: the first has 1. At 0 none has been.
    pub offset: u64,
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.epoch.0, self.offset)
    }
}

impl FromStr for Position {
    type Err = InvalidPosition;

    /// Reads what `Display` writes, and nothing else: one position has one text.
    fn from_str(text: &str) -> Result<Self, InvalidPosition> {
        let (epoch, offset) = text.rsplit_once('-').ok_or(InvalidPosition)?;
        let digits = offset.bytes().all(|byte| byte.is_ascii_digit());
        if !digits || (offset.starts_with('0') && offset != "0") {
            return Err(InvalidPosition);
        }
        let offset = offset.parse().map_err(|_| InvalidPosition)?;
        Ok(Self { epoch: Epoch::new(epoch)?, offset })
    }
}

impl Serialize for Position {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl From<&Position> for EventId {
    fn from(position: &Position) -> Self {
        Self::new(position.to_string())
            .expect("an epoch has no line ends, and an id with a number marks no end")
    }
}

/// Text that is no position.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvalidPosition;

impl fmt::Display for InvalidPosition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "a position is `<epoch>-<offset>`: at most {MAX_EPOCH} bytes of [0-9A-Za-z._~-], a dash, a number"
        )
    }
}

impl std::error::Error for InvalidPosition {}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_is_no_position_is_none() {
        let long = format!("{}-1", "e".repeat(MAX_EPOCH + 1));
        for bad in [
            "",
            "-",
            "-1",
            "e-",
            "e",
            "1",
            "e--",
            "e-+1",
            "e- 1",
            "e-01",
            "e-1\n",
            "e\n-1",
            "é-1",
            "e:1-1",
            "e-18446744073709551616",
            "bolt-finished",
            &long,
        ] {
            assert_eq!(bad.parse::<Position>(), Err(InvalidPosition), "{bad:?}");
        }
    }

    proptest! {
        #[test]
        fn a_position_is_read_as_it_was_written(epoch in "[0-9A-Za-z._~-]{1,43}", offset: u64) {
            let position = Position { epoch: Epoch::new(&epoch).unwrap(), offset };
            let text = position.to_string();
            prop_assert!(text.len() <= MAX_ID);
            prop_assert_eq!(EventId::from(&position).to_string(), text.clone());
            prop_assert_eq!(text.parse(), Ok(position));
        }

        #[test]
        fn one_position_has_one_text(text in "[0-9a-z.-]{0,70}") {
            if let Ok(position) = text.parse::<Position>() {
                prop_assert_eq!(position.to_string(), text);
            }
        }
    }
}
