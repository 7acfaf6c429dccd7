//! `Memory`: a bounded log in this process.

use std::collections::VecDeque;
use std::fmt;
use std::future::{Ready, ready};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::Instant;

use super::entry::{Draft, Entry};
use super::gap::GapReason;
use super::history::{History, Page, PageEnd, Read, Since};
use super::position::{Epoch, Position};
use super::publish_error::PublishError;

/// A bounded log in this process. [`Replay`](super::Replay) writes it.
pub struct Memory<T> {
    epoch: Epoch,
    bounds: Bounds,
    state: Mutex<State<T>>,
    changes: Arc<Notify>,
}

/// How much is held. The newest item always is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bounds {
    pub(super) items: usize,
    pub(super) bytes: Option<usize>,
    pub(super) age: Option<Duration>,
}

struct State<T> {
    /// Without a hole: the last has the offset `last`.
    held: VecDeque<Held<T>>,
    last: u64,
    bytes: usize,
    closed: bool,
}

struct Held<T> {
    entry: Entry<T>,
    since: Instant,
}

/// A read gives no more than this of JSON, in bytes, and one item: what a slow client keeps from being dropped.
const PAGE_BYTES: usize = 64 * 1024;

impl<T> Memory<T> {
    pub(super) fn new(epoch: Epoch, bounds: Bounds) -> Self {
        let state = State { held: VecDeque::new(), last: 0, bytes: 0, closed: false };
        Self { epoch, bounds, state: Mutex::new(state), changes: Arc::default() }
    }

    /// Appends an item. Its position is the order of this call among all others.
    pub(super) fn append(&self, draft: Draft<T>) -> Result<Position, PublishError> {
        let mut state = self.lock();
        if state.closed {
            return Err(PublishError::closed());
        }
        state.last += 1;
        let position = self.position(state.last);
        let entry = draft.at(position.clone());
        state.bytes += entry.size();
        state.held.push_back(Held { entry, since: Instant::now() });
        let dropped = state.keep(&self.bounds);
        drop(state);
        self.changes.notify_waiters();
        // A `Drop` of the user's may publish, so not under the lock.
        drop(dropped);
        Ok(position)
    }

    pub(super) fn close(&self) {
        self.lock().closed = true;
        self.changes.notify_waiters();
    }

    pub(super) fn last(&self) -> Position {
        self.position(self.lock().last)
    }

    fn position(&self, offset: u64) -> Position {
        Position { epoch: self.epoch.clone(), offset }
    }

    fn lock(&self) -> MutexGuard<'_, State<T>> {
        // No code of the user's runs under the lock.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn page(&self, state: &State<T>, since: Since, most: usize) -> Read<T> {
        let first = state.first();
        let after = match since {
            Since::End => state.last,
            Since::Oldest => first - 1,
            Since::After(position) if position.epoch != self.epoch => {
                return Read::Lost(GapReason::Epoch);
            }
            Since::After(position) if position.offset > state.last => {
                return Read::Lost(GapReason::Unknown);
            }
            Since::After(position) if position.offset + 1 < first => {
                return Read::Lost(GapReason::Expired);
            }
            Since::After(position) => position.offset,
        };
        let skipped = usize::try_from(after + 1 - first).unwrap_or(usize::MAX);
        let mut bytes = 0;
        let fits = |held: &&Held<T>| {
            let fits = bytes < PAGE_BYTES;
            bytes += held.entry.size();
            fits
        };
        let entries = state.held.iter().skip(skipped).take(most).take_while(fits);
        let entries: Vec<_> = entries.map(|held| held.entry.clone()).collect();
        let more = skipped.saturating_add(entries.len()) < state.held.len();
        let end = match more {
            true => PageEnd::More,
            false if state.closed => PageEnd::Closed,
            false => PageEnd::CaughtUp,
        };
        Read::Page(Page { after: self.position(after), entries, end })
    }
}

impl<T> State<T> {
    /// The offset of the oldest item that is held, or that will be the next.
    fn first(&self) -> u64 {
        self.last + 1 - self.held.len() as u64
    }

    /// Takes out what is over the bounds.
    fn keep(&mut self, bounds: &Bounds) -> Vec<Held<T>> {
        // Without a limit of age the clock is not looked at.
        let oldest = bounds.age.and_then(|age| Instant::now().checked_sub(age));
        let mut dropped = Vec::new();
        while let Some(held) = self.held.front() {
            let newest = self.held.len() == 1;
            let over = self.held.len() > bounds.items
                || bounds.bytes.is_some_and(|bytes| self.bytes > bytes);
            let old = oldest.is_some_and(|oldest| held.since < oldest);
            if !(old || over && !newest) {
                break;
            }
            self.bytes -= held.entry.size();
            dropped.extend(self.held.pop_front());
        }
        dropped
    }
}

impl<T: Send + Sync + 'static> History<T> for Memory<T> {
    type Reading = Ready<Read<T>>;

    /// Read at once, in the call.
    fn read(&self, since: Since, most: usize) -> Ready<Read<T>> {
        let mut state = self.lock();
        let dropped = state.keep(&self.bounds);
        let read = self.page(&state, since, most);
        drop(state);
        drop(dropped);
        ready(read)
    }

    fn changes(&self) -> &Arc<Notify> {
        &self.changes
    }
}

impl<T> fmt::Debug for Memory<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Memory");
        shown.field("epoch", &self.epoch).field("bounds", &self.bounds).finish_non_exhaustive()
    }
}
