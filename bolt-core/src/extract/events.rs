//! Server-Sent Events that are received.

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

use mediatype::MediaTypeBuf;
use serde::de::DeserializeOwned;

use super::error::{BodyError, BodyErrorKind};
use super::input::Input;
use super::items::Items;
use super::items::sealed::Format;
use super::media;
use super::value::value;
use crate::event::{Decoder, Text};
use crate::replay::is_notice;

/// Server-Sent Events (`text/event-stream`), event by event: of a request, or of another server's answer.
///
/// `T` is read from the JSON of the data; with [`Text`] the data is taken as it is. Read by the rules of browsers
/// (WHATWG HTML, 9.2.6): an event without its blank line is none.
///
/// ```
/// use bolt::Text;
/// use bolt::axum::body::Body;
/// use bolt::extract::Events;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let answer = Body::from("event: token\ndata: Hello\n\ndata: [DONE]\n\n");
/// let mut events = Events::<Text>::from_body(answer);
/// let first = events.next().await.unwrap().unwrap();
/// assert_eq!((first.name.as_str(), first.data.0.as_str()), ("token", "Hello"));
/// # }
/// ```
///
/// Of another bolt server's stream, the events that say that it is [finished](crate::stream#a-finished-stream-stays-finished)
/// or where its reader is are no items: the end is the end of the items, and the position is the id of what follows.
/// One that was cut off or has failed ends with an event named `error`.
///
/// An event that is too long ends the body, as its end may never come.
pub type Events<T> = Items<EventsFormat<T>>;

/// One event that was received.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ReceivedEvent<T> {
    /// Its type: `message` when it has no name of its own.
    pub name: String,
    /// Its data.
    pub data: T,
    /// The last id at the time, which is that of an earlier event when this one has none.
    pub id: Arc<str>,
    /// The last `retry:` since the event before.
    pub retry: Option<Duration>,
}

/// What the data of an event can be read as: any [`Deserialize`](serde::Deserialize) type, from JSON, or [`Text`].
pub trait EventData: Sized + 'static {
    #[doc(hidden)]
    fn read(data: String) -> Result<Self, BodyError>;
}

impl<T: DeserializeOwned + 'static> EventData for T {
    fn read(data: String) -> Result<Self, BodyError> {
        value(&data)
    }
}

impl EventData for Text {
    fn read(data: String) -> Result<Self, BodyError> {
        Ok(Self(data))
    }
}

/// How [`Events`] are read.
pub struct EventsFormat<T> {
    decoder: Option<Decoder>,
    /// Where the event begins that comes next, as far as that is known.
    begins: u64,
    /// One was given, and it is not known yet where it ends.
    gave: bool,
    data: PhantomData<fn() -> T>,
}

/// Bytes that the decoder copies at a time.
const PIECE: usize = 16 * 1024;

impl<T> Default for EventsFormat<T> {
    fn default() -> Self {
        Self { decoder: None, begins: 0, gave: false, data: PhantomData }
    }
}

impl<T: EventData> Format for EventsFormat<T> {
    type Item = ReceivedEvent<T>;

    const EXPECTED: &'static str = "text/event-stream";
    const TEXT: bool = false;

    fn of(media: Option<&MediaTypeBuf>) -> Option<Self> {
        media.filter(|media| media::is(media, Self::EXPECTED)).map(|_| Self::default())
    }

    fn next(&mut self, input: &mut Input) -> Result<Option<ReceivedEvent<T>>, BodyError> {
        let decoder = self.decoder.get_or_insert_with(|| Decoder::new(input.most));
        loop {
            if let (true, Some(left)) = (self.gave, decoder.left()) {
                self.begins = input.offset() - left as u64;
                self.gave = false;
            }
            input.begin_at(self.begins);
            match decoder.next() {
                Ok(Some(event)) => {
                    self.gave = true;
                    if is_notice(&event) {
                        continue;
                    }
                    let data = T::read(event.data)?;
                    let (name, id, retry) = (event.name, event.id, event.retry);
                    return Ok(Some(ReceivedEvent { name, data, id, retry }));
                }
                Ok(None) => {}
                Err(_) => {
                    let what =
                        format!("the event is longer than {} bytes (max_record)", input.most);
                    return Err(BodyError::item(BodyErrorKind::RecordTooLong, what).ending());
                }
            }
            let length = input.chunk().len().min(PIECE);
            if length == 0 {
                return Ok(None);
            }
            decoder.push(&input.chunk()[..length]);
            input.advance(length);
        }
    }
}

impl<T> fmt::Debug for EventsFormat<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("EventsFormat")
    }
}
