//! `History`: where a subscription reads from. In memory now; an outside store fits the same trait.

use std::sync::Arc;

use tokio::sync::Notify;

use super::entry::Entry;
use super::gap::GapReason;
use super::position::Position;

/// A log that subscriptions read: what was published, in order, as far as it is held.
///
/// [`Memory`](super::Memory) is one. A store outside the process is another:
///
/// * **Positions.** The store gives them, once for an item, in the order in which readers see them: the sequence of a
///   NATS stream, an `INCR` in the same Lua script as the `XADD` in Redis, in Postgres a counter row that is
///   incremented in the inserting transaction. A `bigserial` does not do: its numbers become visible out of order.
///   The epoch is stored beside them, and made anew where the store is emptied or was restored from a copy.
/// * **Writing** is the store's own affair, and often another process's: so it is not in this trait.
/// * **[`read`](Self::read)** asks the store for what follows an offset: `XRANGE`, `SELECT … WHERE offset > $1 ORDER BY
///   offset LIMIT $2`, a pull of a NATS stream. In one transaction, or with the first offset that is held checked
///   after the items were read: else an item can be dropped in between unseen. Many clients want the same at once, so
///   a store keeps its newest entries in memory and shares them: a clone of an [`Entry`] is an `Arc`.
/// * **[`changes`](Self::changes)** is woken by one task of the process that listens: Redis pub/sub, `LISTEN`, a NATS
///   consumer. A word that is lost only delays: that task also wakes all after it has connected again.
/// * **A store that is away** does not answer until it is back. The stream stays open meanwhile.
pub trait History<T>: Send + Sync + 'static {
    /// An answer that is on its way.
    type Reading: Future<Output = Read<T>> + Send;

    /// Reads at most `most` items. The answer is of the time of the call or later.
    fn read(&self, since: Since, most: usize) -> Self::Reading;

    /// Woken (`notify_waiters`) after every change that a `read` would see: items, or the end.
    fn changes(&self) -> &Arc<Notify>;
}

/// Where to read from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Since {
    /// Only what will come.
    End,
    /// All that is held.
    Oldest,
    /// What follows this position.
    After(Position),
}

/// What a history answers.
#[derive(Debug)]
pub enum Read<T> {
    /// Items.
    Page(Page<T>),
    /// What follows the position that was asked for is not held in full: never for [`Since::End`] and
    /// [`Since::Oldest`]. A part of it is not given.
    Lost(GapReason),
}

/// Items that follow each other.
#[derive(Debug)]
pub struct Page<T> {
    /// What the first of them follows: the position that was asked for, if one was.
    pub after: Position,
    /// In order, and none left out. Empty where nothing is there yet.
    pub entries: Vec<Entry<T>>,
    /// What follows them.
    pub end: PageEnd,
}

/// What follows a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PageEnd {
    /// There is more already.
    More,
    /// Nothing yet; a change will be told.
    CaughtUp,
    /// Nothing, ever: the log is closed.
    Closed,
}
