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

/// One log, many readers: a client that returns gets what it missed, in order, once.
///
/// Clones are the same log; one is the state of an app.
///
/// ```
/// use bolt::prelude::*;
/// use bolt::replay::{Replay, Replayed};
/// use tokio_stream::Stream;
///
/// #[derive(Serialize, ToSchema)]
/// struct Post { text: String }
///
/// /// All posts from now on; for who returns, from where it was cut off.
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
/// Every event has an id, `<epoch>-<offset>`, which an EventSource brings back by itself. By it the client gets all
/// that followed. Where that is not held in full, it gets none of it: first a [`Gap`](super::Gap), then what a new
/// client gets. So between two events without a gap nothing is missing, and nothing comes twice.
///
/// A new client is first told where it begins, by a block that has only an id, which dispatches no event: cut off
/// before its first event, it goes on from there.
///
/// # Bounds
///
/// 1024 items, unless [`builder`](Self::builder) is told otherwise. Nothing is kept for a client beside its position and
/// the few items that it is being sent. One that is slower than the log is long gets a gap of the reason
/// [`Slow`](super::GapReason::Slow) and goes on as a new one.
///
/// The log ends with the process: the next one has another epoch.
pub struct Replay<T>(Arc<Memory<T>>);

impl<T> Replay<T> {
    /// A log of 1024 items.
    #[must_use]
    pub fn new() -> Self {
        Self::builder().build()
    }

    /// A log with other bounds.
    #[must_use]
    pub fn builder() -> ReplayBuilder<T> {
        ReplayBuilder {
            bounds: Bounds { items: 1024, bytes: None, age: None },
            epoch: Epoch::random(),
            of: PhantomData,
        }
    }

    /// Ends the log: subscriptions end when they have given all that is held. A stream that ends so is finished, and
    /// an EventSource does not come back to it.
    pub fn close(&self) {
        self.0.close();
    }

    /// The position of the newest item; its offset is 0 before the first. A state that is read after this call holds
    /// all up to it, so a page can be made with it and a stream be asked for from it (`?lastEventId=…`): where the state is
    /// changed before its event is [published](Self::publish).
    #[must_use]
    pub fn position(&self) -> Position {
        self.0.last()
    }
}

impl<T: StreamItem> Replay<T> {
    /// Adds an item to the log, and wakes who waits for it. It never waits for a client, and may be called from async
    /// and blocking code. To wake a client that waits takes some tenths of a microsecond, so one item for ten thousand of
    /// them some milliseconds of the caller's thread; whoever is awake already is not woken again. The order of the ids is
    /// the order of the calls, also of those at the same time.
    ///
    /// Where clients also read a state, change that first and publish then: a client that is told of this position
    /// takes it that the state has all up to it, and is sent only what follows. Do both under one lock, or in the order of
    /// the transactions, where several change the same.
    ///
    /// An id or name that the value has as an [`Event`](crate::Event): the name is sent, the id is replaced. The name
    /// `gap` is bolt's own.
    ///
    /// # Errors
    /// When the value cannot be serialised, or the log was closed.
    pub fn publish(&self, value: T) -> Result<Position, PublishError> {
        self.0.append(Draft::new(value)?)
    }
}

impl<T: Send + Sync + 'static> Replay<T> {
    /// What follows `last`; without it, what is published from this call on.
    pub fn subscribe(&self, last: impl Into<Option<LastEventId>>) -> Subscription<T> {
        Subscription::new(Arc::clone(&self.0), Since::End, last)
    }

    /// What follows `last`; without it, and after a gap, all that is held, and then what is published.
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

/// The bounds of a [`Replay`]. What is over any of them is dropped, the oldest first.
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

    /// Sets how many bytes of JSON are held. Default: as many as the items have. The newest item is held even when it
    /// is larger. An item takes about twice its JSON, and the value itself.
    #[must_use]
    pub fn bytes(mut self, bytes: usize) -> Self {
        self.bounds.bytes = Some(bytes);
        self
    }

    /// Sets for how long an item is held, also the newest. Default: no limit. Looked at when the log is written or
    /// read.
    #[must_use]
    pub fn age(mut self, age: Duration) -> Self {
        self.bounds.age = Some(age);
        self
    }

    /// Sets the epoch. Default: [`Epoch::random`]. The same after a restart only where the log is filled with the same
    /// items in the same order before clients come. Never the same for two logs: an id of one would be taken for a place
    /// in the other.
    #[must_use]
    pub fn epoch(mut self, epoch: Epoch) -> Self {
        self.epoch = epoch;
        self
    }

    /// Makes the log.
    #[must_use]
    pub fn build(self) -> Replay<T> {
        Replay(Arc::new(Memory::new(self.epoch, self.bounds)))
    }
}
