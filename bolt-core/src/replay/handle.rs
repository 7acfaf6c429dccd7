//! `Replay`: the publisher's end of a log in memory.

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

use super::entry::Draft;
use super::history::Since;
use super::last_event_id::LastEventId;
use super::memory::{Bounds, Memory};
use super::position::{Epoch, Position};
use super::publish_error::PublishError;
use super::subscription::Subscription;
use crate::event::StreamItem;

/// A log with many readers: a client that returns gets what it missed, in order and once.
///
/// Clones share the log; keep one in the state of the app.
///
/// ```
/// use bolt::prelude::*;
/// use bolt::replay::{Replay, Replayed};
/// use tokio_stream::Stream;
///
/// #[derive(Serialize, ToSchema)]
/// struct Post { text: String }
///
/// /// All posts from now on; for a client that returns, from where it was cut off.
/// #[stream(get, "/feed")]
/// async fn feed(
///     State(feed): State<Replay<Post>>,
///     last: Option<LastEventId>,
/// ) -> impl Stream<Item = Replayed<Post>> {
///     feed.subscribe(last)
/// }
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let posts = Replay::new();
/// let app = App::new().mount::<feed>().state(posts.clone());
/// posts.publish(Post { text: "hello".to_owned() })?; // from anywhere, at any time
/// # let _ = app;
/// # Ok(())
/// # }
/// ```
///
/// # What a client gets
///
/// Every event has an id, `<epoch>-<offset>`, which an EventSource sends back when it reconnects. The client then gets
/// everything that followed. If that is not held in full, it gets none of it: first a [`Gap`](super::Gap), then what a
/// new client gets. So between two events without a gap nothing is missing, and nothing comes twice.
///
/// A new client is first told where it starts, by an event named `position` whose data is `null`. If it is cut off before
/// its first event, it resumes from there.
///
/// # Bounds
///
/// 1024 items, unless [`builder`](Self::builder) says otherwise. For each client, only its position and the few items
/// that are being sent to it are kept. A client that falls behind by more than the log holds gets a gap with the reason
/// [`Slow`](super::GapReason::Slow), and continues as a new client.
///
/// The log ends with the process; that of the next process has another epoch.
pub struct Replay<T>(Arc<Memory<T>>);

impl<T> Replay<T> {
    /// A log of 1024 items.
    #[must_use]
    pub fn new() -> Self {
        Self::builder().build()
    }

    /// Builds a log with other bounds.
    #[must_use]
    pub fn builder() -> ReplayBuilder<T> {
        ReplayBuilder {
            bounds: Bounds { items: 1024, bytes: None, age: None },
            epoch: Epoch::random(),
            of: PhantomData,
        }
    }

    /// Ends the log: subscriptions end when they have returned everything that is held. Their streams are then
    /// finished, and an EventSource does not reconnect.
    pub fn close(&self) {
        self.0.close();
    }

    /// The position of the newest item; its offset is 0 before the first.
    ///
    /// If state is changed before its event is [published](Self::publish), state that is read after this call includes
    /// everything up to this position. So a page can be rendered from it that requests the stream from here
    /// (`?lastEventId=…`).
    #[must_use]
    pub fn position(&self) -> Position {
        self.0.last()
    }
}

impl<T: StreamItem> Replay<T> {
    /// Appends an item to the log, and wakes the clients that wait for it. It never waits for a client, and may be
    /// called from async and blocking code. Waking a client takes about 0.2 µs, so an item for 10,000 waiting clients
    /// takes about 2 ms of the caller's thread; clients that are not waiting are not woken. The ids are in the order of
    /// the calls.
    ///
    /// If clients also read state, change the state first and publish then: a client that learns of this position
    /// assumes that the state includes everything up to it, and is only sent what follows. If several callers change
    /// the same state, do both under one lock, or in the order of the transactions.
    ///
    /// If the value is an [`Event`](crate::Event), its name is sent and its id is replaced. The names `gap` and
    /// `position` are reserved.
    ///
    /// # Errors
    /// When the value cannot be serialised, or the log was closed.
    pub fn publish(&self, value: T) -> Result<Position, PublishError> {
        self.0.append(Draft::new(value)?)
    }
}

impl<T: Send + Sync + 'static> Replay<T> {
    /// Subscribes to what follows `last`, or without it to what is published from this call on.
    pub fn subscribe(&self, last: impl Into<Option<LastEventId>>) -> Subscription<T> {
        Subscription::new(Arc::clone(&self.0), Since::End, last)
    }

    /// Subscribes to what follows `last`, or without it, and after a gap, to everything that is held and what is
    /// published then.
    pub fn subscribe_from_oldest(&self, last: impl Into<Option<LastEventId>>) -> Subscription<T> {
        Subscription::new(Arc::clone(&self.0), Since::Oldest, last)
    }
}

impl<T> Default for Replay<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T> Clone for Replay<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T> fmt::Debug for Replay<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Replay").field(&self.0).finish()
    }
}

/// The bounds of a [`Replay`]. The oldest items beyond any of them are dropped.
///
/// ```
/// use std::time::Duration;
/// use bolt::replay::Replay;
///
/// let prices: Replay<f64> =
///     Replay::builder().items(100_000).bytes(16 << 20).age(Duration::from_secs(300)).build();
/// ```
#[derive(Debug)]
pub struct ReplayBuilder<T> {
    bounds: Bounds,
    epoch: Epoch,
    of: PhantomData<fn() -> T>,
}

impl<T> ReplayBuilder<T> {
    /// Sets how many items are held. Default 1024, at least 1.
    #[must_use]
    pub fn items(mut self, items: usize) -> Self {
        self.bounds.items = items.max(1);
        self
    }

    /// Sets how many bytes of JSON are held. Default: no limit. The newest item is held even if it is larger. An item
    /// takes about twice the size of its JSON, and the value itself.
    #[must_use]
    pub fn bytes(mut self, bytes: usize) -> Self {
        self.bounds.bytes = Some(bytes);
        self
    }

    /// Sets for how long an item is held, including the newest. Default: no limit. Checked when the log is written or
    /// read.
    #[must_use]
    pub fn age(mut self, age: Duration) -> Self {
        self.bounds.age = Some(age);
        self
    }

    /// Sets the epoch. Default: [`Epoch::random`]. Only reuse an epoch after a restart if the log is filled with the
    /// same items in the same order before clients connect. Never give two logs the same epoch: an id from one would be
    /// read as a position in the other.
    #[must_use]
    pub fn epoch(mut self, epoch: Epoch) -> Self {
        self.epoch = epoch;
        self
    }

    /// Builds the log.
    #[must_use]
    pub fn build(self) -> Replay<T> {
        Replay(Arc::new(Memory::new(self.epoch, self.bounds)))
    }
}
