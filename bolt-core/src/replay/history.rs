//! `History`: where a subscription reads from. In memory now; an outside store fits the same trait.

use std::sync::Arc;

use tokio::sync::Notify;

use super::entry::Entry;
use super::gap::GapReason;
use super::position::Position;

/// A log that subscriptions read: what was published, in order, as far back as it is held.
///
/// [`Memory`](super::Memory) implements it in the process. For a store outside the process:
///
/// * **Positions.** The store assigns them, once for each item, in the order in which readers see them: the sequence of
///   a NATS stream, an `INCR` in the same Lua script as the `XADD` in Redis, in Postgres a counter row that is
///   incremented in the inserting transaction. A `bigserial` is not enough: its numbers become visible out of order.
///   The epoch is stored beside them, and renewed when the store is emptied or restored from a backup.
/// * **Writing** is up to the store, and often done by another process, so it is not part of this trait.
/// * **[`read`](Self::read)** asks the store for what follows an offset: `XRANGE`,
///   `SELECT … WHERE offset > $1 ORDER BY offset LIMIT $2`, a pull of a NATS stream. Do it in one transaction, or check
///   the first offset that is held after reading the items: otherwise an item can be dropped unnoticed in between. Many
///   clients want the same items at once, so keep the newest entries in memory and share them: a clone of an [`Entry`]
///   is an `Arc`.
/// * **[`changes`](Self::changes)** is notified by one task of the process that listens to the store: Redis pub/sub,
///   `LISTEN`, a NATS consumer. A lost notification only delays: that task also notifies after it has reconnected.
/// * **If the store is unavailable**, `read` completes when it is back. The stream stays open meanwhile.
pub trait History<T>: Send + Sync + 'static {
    /// The future that `read` returns.
    type Reading: Future<Output = Read<T>> + Send;

    /// Reads at most `most` items. The result reflects the time of the call or later.
    fn read(&self, since: Since, most: usize) -> Self::Reading;

    /// Notified (`notify_waiters`) after every change that a `read` would see: new items, or the end of the log.
    fn changes(&self) -> &Arc<Notify>;
}

/// Where to read from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Since {
    /// Only what is appended from now on.
    End,
    /// Everything that is held.
    Oldest,
    /// What follows this position.
    After(Position),
}

/// What [`History::read`] returns.
#[derive(Debug)]
pub enum Read<T> {
    /// Items.
    Page(Page<T>),
    /// What follows the requested position is not held in full, and no part of it is returned. Never for [`Since::End`]
    /// and [`Since::Oldest`].
    Lost(GapReason),
}

/// Consecutive items.
#[derive(Debug)]
pub struct Page<T> {
    /// The position that the first of them follows: the requested one, if there was one.
    pub after: Position,
    /// In order, without omissions. Empty if there is nothing yet.
    pub entries: Vec<Entry<T>>,
    /// What comes after them.
    pub end: PageEnd,
}

/// What comes after a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PageEnd {
    /// More items can be read at once.
    More,
    /// Nothing yet; `changes` will be notified.
    CaughtUp,
    /// Nothing will follow: the log is closed.
    Closed,
}
