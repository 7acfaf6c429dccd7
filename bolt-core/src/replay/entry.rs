//! `Entry`: an item with its position, encoded once for all who are sent it.

use std::sync::{Arc, OnceLock};

use bytes::{BufMut as _, Bytes, BytesMut};

use super::position::Position;
use super::publish_error::PublishError;
use crate::event::{EncodeError, EventId, HasData, StreamItem};

/// An item with its position. Clones share it.
///
/// Its JSON is made when it is logged, the event when the first client is sent it; all others are sent a copy of
/// those bytes.
#[derive(Debug)]
pub struct Entry<T>(Arc<Inner<T>>);

#[derive(Debug)]
struct Inner<T> {
    value: T,
    position: Position,
    json: Bytes,
    has_data: HasData,
    event: OnceLock<Encoded>,
}

/// An entry as an event.
#[derive(Debug)]
struct Encoded {
    style: Style,
    bytes: Bytes,
}

/// How an item is made into an event. Where the type is known a `StreamEvent` is named after its variant; in a
/// generic function it is not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Style {
    Plain,
    Named,
}

/// Appends an item as an event with this id; see `StreamItem::encode_with_id`.
pub(super) type EncodeWithId<T> =
    fn(&T, EventId, Option<&[u8]>, &mut BytesMut) -> Result<(), EncodeError>;

/// An item that was encoded and has no position yet.
#[derive(Debug)]
pub(super) struct Draft<T> {
    value: T,
    json: Bytes,
    has_data: HasData,
}

impl<T: StreamItem> Draft<T> {
    pub(super) fn new(value: T) -> Result<Self, EncodeError> {
        let mut json = BytesMut::new();
        let has_data = value.encode_json(&mut json)?;
        Ok(Self { value, json: json.freeze(), has_data })
    }
}

impl<T> Draft<T> {
    pub(super) fn at(self, position: Position) -> Entry<T> {
        let Self { value, json, has_data } = self;
        Entry(Arc::new(Inner { value, position, json, has_data, event: OnceLock::new() }))
    }
}

impl<T: StreamItem> Entry<T> {
    /// An item that a store holds at this position.
    ///
    /// # Errors
    /// When the value cannot be serialised.
    pub fn new(position: Position, value: T) -> Result<Self, PublishError> {
        Ok(Draft::new(value)?.at(position))
    }
}

impl<T> Entry<T> {
    /// The item.
    #[must_use]
    pub fn value(&self) -> &T {
        &self.0.value
    }

    /// Where it stands; as text the id of its event.
    #[must_use]
    pub fn position(&self) -> &Position {
        &self.0.position
    }

    /// The bytes of its JSON.
    pub(super) fn size(&self) -> usize {
        self.0.json.len()
    }

    pub(super) fn encode_json(&self, out: &mut BytesMut) -> HasData {
        out.put_slice(&self.0.json);
        self.0.has_data
    }

    pub(super) fn encode(
        &self,
        style: Style,
        encode: EncodeWithId<T>,
        out: &mut BytesMut,
    ) -> Result<(), EncodeError> {
        let entry = &*self.0;
        if let Some(event) = entry.event.get().filter(|event| event.style == style) {
            out.put_slice(&event.bytes);
            return Ok(());
        }
        let mut bytes = BytesMut::new();
        encode(&entry.value, EventId::from(&entry.position), Some(&entry.json), &mut bytes)?;
        out.put_slice(&bytes);
        // Two clients may be the first; either's bytes do.
        let _ = entry.event.set(Encoded { style, bytes: bytes.freeze() });
        Ok(())
    }
}

impl<T> Clone for Entry<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}
