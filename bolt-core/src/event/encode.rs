//! Which values are events, and how each kind becomes one.

use std::fmt;

use bytes::{BufMut, BytesMut};
use serde::Serialize;
use serde::ser::Error as _;

use super::data::VariantData;
use super::field::EventId;
use super::form::{Form, JsonForm};
use super::json::{HasData, write_element};
use super::typed::{Event, Fields};
use super::wire::write_event;

/// A value that a stream can emit.
///
/// Every [`Serialize`] value is one: its JSON is the event's data. [`Event`] adds the other fields of an
/// event, [`Text`] is data that is not JSON, and `#[derive(StreamEvent)]` names an event after its variant.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be emitted by a stream",
    label = "not an event",
    note = "help: derive `serde::Serialize` for it, or for what it holds; its JSON becomes the data of the event"
)]
pub trait StreamItem {
    #[doc(hidden)]
    fn encode(&self, out: &mut BytesMut) -> Result<(), EncodeError>;

    /// Appends the data as JSON, if there is any.
    #[doc(hidden)]
    fn encode_json(&self, out: &mut BytesMut) -> Result<HasData, EncodeError>;

    /// Appends the event with this id in place of its own. `json` is what `encode_json` appends, where that is known.
    #[doc(hidden)]
    fn encode_with_id(
        &self,
        id: EventId,
        json: Option<&[u8]>,
        out: &mut BytesMut,
    ) -> Result<(), EncodeError>;
}

/// An enum whose variants are events of their own: `#[derive(StreamEvent)]`.
///
/// The variant is the event's name, with serde's `rename` and `rename_all` honoured. The data is what the
/// enum's `Serialize` writes, without the outer `{"variant": …}` of serde's default form.
///
/// ```
/// use bolt::prelude::*;
///
/// #[derive(Serialize, StreamEvent)]
/// #[serde(rename_all = "snake_case")]
/// enum Answer {
///     Token { text: String },          // event: token   data: {"text":"…"}
///     Done { tokens: u32 },            // event: done    data: {"tokens":7}
/// }
/// assert_eq!(Answer::NAMES, ["token", "done"]);
/// assert_eq!(Answer::Done { tokens: 7 }.event_name(), "done");
/// ```
pub trait StreamEvent: Serialize {
    /// The names of all variants, in the order of the enum.
    const NAMES: &'static [&'static str];

    /// The name of this value's variant.
    fn event_name(&self) -> &'static str;
}

impl<T: StreamEvent + ?Sized> StreamEvent for Box<T> {
    const NAMES: &'static [&'static str] = T::NAMES;

    fn event_name(&self) -> &'static str {
        (**self).event_name()
    }
}

impl<T: StreamEvent + ?Sized> StreamEvent for &T {
    const NAMES: &'static [&'static str] = T::NAMES;

    fn event_name(&self) -> &'static str {
        (**self).event_name()
    }
}

/// Event data that is sent as it is, not as JSON; several lines are several `data:` fields. Who asks for JSON has it as
/// a string.
///
/// ```
/// use bolt::prelude::*;
///
/// #[stream(get, "/motd")]
/// async fn motd() -> Text {
///     emit!(Text::from("welcome"));
/// }
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Text(pub String);

impl<T: Into<String>> From<T> for Text {
    fn from(text: T) -> Self {
        Self(text.into())
    }
}

/// A value that could not be written as an event.
#[doc(hidden)]
#[derive(Debug)]
pub struct EncodeError(serde_json::Error);

impl EncodeError {
    /// An `answer!` that comes after what it should have come in place of.
    pub(crate) fn answered_late() -> Self {
        let why = "`answer!` comes in place of the stream, and so before the first `emit!`";
        Self(serde_json::Error::custom(why))
    }
}

impl fmt::Display for EncodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an emitted value could not be serialized")
    }
}

impl std::error::Error for EncodeError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.0)
    }
}

impl From<serde_json::Error> for EncodeError {
    fn from(error: serde_json::Error) -> Self {
        Self(error)
    }
}

impl<T: Serialize> StreamItem for T {
    fn encode(&self, out: &mut BytesMut) -> Result<(), EncodeError> {
        write_json(out, &Fields::default(), Some(self), None)
    }

    fn encode_json(&self, out: &mut BytesMut) -> Result<HasData, EncodeError> {
        put_json(out, self).map(|()| true)
    }

    fn encode_with_id(
        &self,
        id: EventId,
        json: Option<&[u8]>,
        out: &mut BytesMut,
    ) -> Result<(), EncodeError> {
        write_json(out, &Fields::default().with_id(id), Some(self), json)
    }
}

impl<T: Serialize> StreamItem for Event<T> {
    fn encode(&self, out: &mut BytesMut) -> Result<(), EncodeError> {
        write_json(out, &self.fields, self.data.as_ref(), None)
    }

    fn encode_json(&self, out: &mut BytesMut) -> Result<HasData, EncodeError> {
        self.data.as_ref().map_or(Ok(false), |data| data.encode_json(out))
    }

    fn encode_with_id(
        &self,
        id: EventId,
        json: Option<&[u8]>,
        out: &mut BytesMut,
    ) -> Result<(), EncodeError> {
        write_json(out, &self.fields.clone().with_id(id), self.data.as_ref(), json)
    }
}

impl StreamItem for Text {
    fn encode(&self, out: &mut BytesMut) -> Result<(), EncodeError> {
        write_text(out, &Fields::default(), Some(self))
    }

    fn encode_json(&self, out: &mut BytesMut) -> Result<HasData, EncodeError> {
        self.0.encode_json(out)
    }

    fn encode_with_id(
        &self,
        id: EventId,
        _json: Option<&[u8]>,
        out: &mut BytesMut,
    ) -> Result<(), EncodeError> {
        write_text(out, &Fields::default().with_id(id), Some(self))
    }
}

impl StreamItem for Event<Text> {
    fn encode(&self, out: &mut BytesMut) -> Result<(), EncodeError> {
        write_text(out, &self.fields, self.data.as_ref())
    }

    fn encode_json(&self, out: &mut BytesMut) -> Result<HasData, EncodeError> {
        self.data.as_ref().map_or(Ok(false), |data| data.encode_json(out))
    }

    fn encode_with_id(
        &self,
        id: EventId,
        _json: Option<&[u8]>,
        out: &mut BytesMut,
    ) -> Result<(), EncodeError> {
        write_text(out, &self.fields.clone().with_id(id), self.data.as_ref())
    }
}

/// `json` is that of the value, where it is known.
fn write_json<T: Serialize>(
    out: &mut BytesMut,
    fields: &Fields,
    value: Option<&T>,
    json: Option<&[u8]>,
) -> Result<(), EncodeError> {
    let data = value.map(|value| {
        move |out: &mut BytesMut| match json {
            Some(json) => {
                out.put_slice(json);
                Ok(())
            }
            None => put_json(out, value),
        }
    });
    write_event(out, fields, None, data)
}

pub(crate) fn put_json<T: Serialize + ?Sized>(
    out: &mut BytesMut,
    value: &T,
) -> Result<(), EncodeError> {
    Ok(serde_json::to_writer(out.writer(), value)?)
}

fn write_text(out: &mut BytesMut, fields: &Fields, text: Option<&Text>) -> Result<(), EncodeError> {
    let data = text.map(|text| {
        |out: &mut BytesMut| {
            out.put_slice(text.0.as_bytes());
            Ok(())
        }
    });
    write_event(out, fields, None, data)
}

/// Appends a value to a stream's buffer, in one form.
pub(crate) type Encoder<T> = fn(&T, &mut BytesMut) -> Result<(), EncodeError>;

/// The encoders of one item type. `#[stream]` picks them by the type; the request, one of them.
#[doc(hidden)]
#[derive(Debug)]
pub struct Encoders<T> {
    event: Encoder<T>,
    line: Encoder<T>,
    record: Encoder<T>,
    element: Encoder<T>,
}

impl<T: StreamItem> Encoders<T> {
    /// `event`: how the item is an event. As JSON, every item is its data.
    pub(crate) fn new(event: Encoder<T>) -> Self {
        Self {
            event,
            line: |item, out| write_element(out, JsonForm::Lines, |out| item.encode_json(out)),
            record: |item, out| write_element(out, JsonForm::Sequence, |out| item.encode_json(out)),
            element: |item, out| write_element(out, JsonForm::Array, |out| item.encode_json(out)),
        }
    }
}

impl<T> Encoders<T> {
    pub(crate) fn of(&self, form: Form) -> Encoder<T> {
        match form {
            Form::Events => self.event,
            Form::Json(JsonForm::Lines) => self.line,
            Form::Json(JsonForm::Sequence) => self.record,
            Form::Json(JsonForm::Array) => self.element,
        }
    }
}

/// The encoder of a [`StreamEvent`]: named after its variant.
pub(crate) fn encode_named<T: StreamEvent>(
    value: &T,
    out: &mut BytesMut,
) -> Result<(), EncodeError> {
    write_named(out, &Fields::default(), Some(value))
}

/// The encoder of an [`Event`] whose data is a [`StreamEvent`].
pub(crate) fn encode_named_event<T: StreamEvent>(
    event: &Event<T>,
    out: &mut BytesMut,
) -> Result<(), EncodeError> {
    write_named(out, &event.fields, event.data.as_ref())
}

/// [`encode_named`], with an id.
pub(crate) fn encode_named_with_id<T: StreamEvent>(
    value: &T,
    id: EventId,
    _json: Option<&[u8]>,
    out: &mut BytesMut,
) -> Result<(), EncodeError> {
    write_named(out, &Fields::default().with_id(id), Some(value))
}

/// [`encode_named_event`], with an id in place of its own.
pub(crate) fn encode_named_event_with_id<T: StreamEvent>(
    event: &Event<T>,
    id: EventId,
    _json: Option<&[u8]>,
    out: &mut BytesMut,
) -> Result<(), EncodeError> {
    write_named(out, &event.fields.clone().with_id(id), event.data.as_ref())
}

fn write_named<T: StreamEvent>(
    out: &mut BytesMut,
    fields: &Fields,
    value: Option<&T>,
) -> Result<(), EncodeError> {
    let name = value.map(StreamEvent::event_name);
    let data = value.map(|value| |out: &mut BytesMut| put_variant(out, value));
    write_event(out, fields, name, data)
}

fn put_variant<T: StreamEvent>(out: &mut BytesMut, value: &T) -> Result<(), EncodeError> {
    let mut json = serde_json::Serializer::new(out.writer());
    Ok(value.serialize(VariantData { serializer: &mut json, name: value.event_name() })?)
}
