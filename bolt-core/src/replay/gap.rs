//! `Gap`: what a client is told when it cannot have all that it missed.

use std::borrow::Cow;

use bytes::{BufMut as _, BytesMut};
use serde::Serialize;
use utoipa::openapi::schema::ObjectBuilder;
use utoipa::openapi::{RefOr, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

use super::position::Position;
use crate::event::{EncodeError, Event, EventName, StreamItem};

/// What a client is told when it cannot have all that it missed: an event named `gap`, before any other.
///
/// What follows a gap does not continue what the client has, so it has to load the current state again; events up to
/// and including `to` are in that state already.
///
/// ```text
/// event: gap
/// id: 5f0c9d3a7be41286-42
/// data: {"reason":"epoch","from":"09b1c2d3e4f50617-17","to":"5f0c9d3a7be41286-42"}
/// ```
///
/// In the JSON forms it is an element `{"gap": …}`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Gap {
    /// Why.
    pub reason: GapReason,
    /// The last position that the client has received, if known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<Position>,
    /// What comes next follows this position. It is the id of the gap, so that a client that is cut off now can resume.
    pub to: Position,
}

/// Why a client cannot have all that it missed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum GapReason {
    /// It has a position of another epoch: the app, or with `ids` the function, has been started again.
    Epoch,
    /// It was away for too long: what it missed is no longer held.
    Expired,
    /// It reads too slowly: what comes next was dropped before it had it.
    Slow,
    /// Its id was never issued.
    Unknown,
}

impl GapReason {
    const ALL: [Self; 4] = [Self::Epoch, Self::Expired, Self::Slow, Self::Unknown];
}

/// The name of the event.
pub(super) const NAME: EventName = EventName::from_static("gap");

impl Gap {
    /// Appends it as an event.
    pub(super) fn encode(&self, out: &mut BytesMut) -> Result<(), EncodeError> {
        Event::new(self).name(NAME).id(&self.to).encode(out)
    }

    /// Appends it as an element of JSON.
    pub(super) fn encode_json(&self, out: &mut BytesMut) -> Result<(), EncodeError> {
        out.put_slice(br#"{"gap":"#);
        StreamItem::encode_json(&self, out)?;
        out.put_u8(b'}');
        Ok(())
    }
}

impl PartialSchema for Gap {
    fn schema() -> RefOr<Schema> {
        let reasons = GapReason::ALL.map(|reason| serde_json::json!(reason));
        let reason = ObjectBuilder::new()
            .schema_type(Type::String)
            .enum_values(Some(reasons))
            .description(Some("Why: another epoch, away for too long, too slow, or an id that was never given out."));
        let position = || ObjectBuilder::new().schema_type(Type::String);
        ObjectBuilder::new()
            .description(Some(
                "Events are missing here; what follows does not belong to what came before.",
            ))
            .property("reason", reason)
            .required("reason")
            .property(
                "from",
                position().description(Some("The last id that the client has, where it is known.")),
            )
            .property("to", position().description(Some("The id that what comes next follows.")))
            .required("to")
            .into()
    }
}

impl ToSchema for Gap {
    fn name() -> Cow<'static, str> {
        Cow::Borrowed("Gap")
    }
}
