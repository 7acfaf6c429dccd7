//! What one event is. How it looks on the wire is in `wire.rs` and, where only its JSON is sent, in `json.rs`.

mod block;
mod data;
mod decode;
mod encode;
mod field;
mod form;
mod json;
mod notice;
mod typed;
mod wire;

#[cfg(feature = "testing")]
pub(crate) use decode::UNNAMED;
pub(crate) use decode::{Decoded, Decoder};
pub(crate) use encode::{
    EncodeError, Encoder, encode_named, encode_named_event, encode_named_event_with_id,
    encode_named_with_id, put_json,
};
pub use encode::{Encoders, StreamEvent, StreamItem, Text};
pub(crate) use field::TERMINAL_ID;
pub use field::{EventId, EventName, InvalidField};
pub use form::Form;
pub(crate) use form::{JsonForm, OFFERS, Offer};
pub(crate) use json::{HasData, open_array, silence, write_failure};
pub use notice::LastBlock;
pub(crate) use notice::{ERROR, POSITION, write_end, write_error, write_notice};
pub use typed::Event;
pub(crate) use wire::{write_keep_alive, write_retry};
