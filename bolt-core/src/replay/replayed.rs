//! `Replayed`: what a stream with ids emits.

use bytes::BytesMut;

use super::entry::{EncodeWithId, Entry, Style};
use super::gap::Gap;
use super::last_event_id::LastEventId;
use super::position::Position;
use super::run::Run;
use crate::event::{
    EncodeError, Encoders, Event, EventId, Form, HasData, POSITION, StreamEvent, StreamItem,
    encode_named_event_with_id, encode_named_with_id, write_notice,
};

/// One item of a [`Subscription`](super::Subscription): a value of the log, or a notice about it.
///
/// Emit it as it is. To leave values out, use [`Subscription::filter`](super::Subscription::filter).
#[derive(Debug)]
pub struct Replayed<T>(Kind<T>);

#[derive(Debug)]
pub(super) enum Kind<T> {
    /// Where the client is: where a new one begins, or behind values that it does not want. Told by an event with this
    /// name, if any.
    At(Position, Option<&'static str>),
    Entry(Entry<T>),
    Gap(Gap),
    /// An item of one run of a function, which is given its id when it is sent.
    Numbered(T, Run),
}

impl<T> Replayed<T> {
    pub(super) fn new(kind: Kind<T>) -> Self {
        Self(kind)
    }

    pub(super) fn at(position: Position) -> Self {
        Self(Kind::At(position, Some(POSITION)))
    }

    /// The value, if it is one.
    #[must_use]
    pub fn value(&self) -> Option<&T> {
        match &self.0 {
            Kind::Entry(entry) => Some(entry.value()),
            Kind::Numbered(value, _) => Some(value),
            Kind::At(..) | Kind::Gap(_) => None,
        }
    }

    /// The gap, if it is one.
    #[must_use]
    pub fn gap(&self) -> Option<&Gap> {
        match &self.0 {
            Kind::Gap(gap) => Some(gap),
            _ => None,
        }
    }

    /// Where it stands in the log; as text, the id that is sent.
    #[must_use]
    pub fn position(&self) -> Option<&Position> {
        match &self.0 {
            Kind::At(position, _) => Some(position),
            Kind::Entry(entry) => Some(entry.position()),
            Kind::Gap(gap) => Some(&gap.to),
            Kind::Numbered(..) => None,
        }
    }

    /// Where the client is, told by an event with this name, or by none.
    pub(super) fn position_named(self, name: Option<&'static str>) -> Self {
        match self.0 {
            Kind::At(position, _) => Self(Kind::At(position, name)),
            _ => self,
        }
    }

    fn encode_as(
        &self,
        style: Style,
        encode: EncodeWithId<T>,
        out: &mut BytesMut,
    ) -> Result<(), EncodeError> {
        match &self.0 {
            Kind::At(position, name) => {
                if let Some(name) = name {
                    write_notice(out, name, &position.to_string());
                }
                Ok(())
            }
            Kind::Entry(entry) => entry.encode(style, encode, out),
            Kind::Gap(gap) => gap.encode(out),
            Kind::Numbered(value, run) => encode(value, EventId::from(&run.next()), None, out),
        }
    }
}

impl Run {
    /// An item that is given the next id when it is written, so that the ids are in the order of the events.
    pub fn number<T>(&self, value: T) -> Replayed<T> {
        Replayed::new(Kind::Numbered(value, self.clone()))
    }

    /// Appends what a client is told first that returns from another run: this one begins anew.
    pub(crate) fn write_gap(
        &self,
        last: &LastEventId,
        form: Form,
        out: &mut BytesMut,
    ) -> Result<(), EncodeError> {
        let gap = Replayed::<()>::new(Kind::Gap(self.gap_from(last)));
        Encoders::new(Replayed::encode).of(form)(&gap, out)
    }
}

impl<T: StreamItem> StreamItem for Replayed<T> {
    fn encode(&self, out: &mut BytesMut) -> Result<(), EncodeError> {
        self.encode_as(Style::Plain, T::encode_with_id, out)
    }

    fn encode_json(&self, out: &mut BytesMut) -> Result<HasData, EncodeError> {
        match &self.0 {
            Kind::At(..) => Ok(false),
            Kind::Entry(entry) => Ok(entry.encode_json(out)),
            Kind::Gap(gap) => gap.encode_json(out).map(|()| true),
            Kind::Numbered(value, _) => value.encode_json(out),
        }
    }

    /// It has an id, which stays.
    fn encode_with_id(
        &self,
        _id: EventId,
        _json: Option<&[u8]>,
        out: &mut BytesMut,
    ) -> Result<(), EncodeError> {
        self.encode(out)
    }
}

/// The encoder of values that are a [`StreamEvent`](crate::StreamEvent): named after their variant.
pub(crate) fn encode_replayed_named<T: StreamEvent>(
    item: &Replayed<T>,
    out: &mut BytesMut,
) -> Result<(), EncodeError> {
    item.encode_as(Style::Named, encode_named_with_id, out)
}

/// The same for those in an [`Event`].
pub(crate) fn encode_replayed_named_event<T: StreamEvent>(
    item: &Replayed<Event<T>>,
    out: &mut BytesMut,
) -> Result<(), EncodeError> {
    item.encode_as(Style::Named, encode_named_event_with_id, out)
}
