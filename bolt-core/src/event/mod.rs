//! What one server-sent event is. How it looks on the wire is in `wire.rs`.

mod data;
#[cfg(any(test, feature = "testing"))]
mod decode;
mod encode;
mod field;
mod typed;
mod wire;

#[cfg(feature = "testing")]
pub(crate) use decode::{Decoded, Decoder};
pub(crate) use encode::{EncodeError, Encoder, encode_named, encode_named_event};
pub use encode::{StreamEvent, StreamItem, Text};
pub(crate) use field::TERMINAL_ID;
pub use field::{EventId, EventName, InvalidField};
pub use typed::Event;
pub(crate) use wire::{write_error, write_keep_alive, write_retry, write_terminal};
