//! `Subscription`: a log, read from where a client was cut off.

use std::fmt;
use std::future::poll_fn;
use std::mem;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::vec;

use pin_project_lite::pin_project;
use tokio::sync::futures::OwnedNotified;
use tokio_stream::Stream;

use super::entry::Entry;
use super::gap::{Gap, GapReason};
use super::history::{History, PageEnd, Read, Since};
use super::last_event_id::LastEventId;
use super::memory::Memory;
use super::position::Position;
use super::replayed::{Kind, Replayed};

/// How many items are read at once: what a client that does not read keeps from being dropped.
const PAGE: usize = 32;

pin_project! {
    /// A log, read from where a client was cut off, as a stream of items to emit.
    ///
    /// [`Replay::subscribe`](super::Replay::subscribe) returns one; for another [`History`] use [`new`](Self::new). It
    /// ends when the log is closed and everything has been returned. A `#[stream]` function returns it, or emits what
    /// [`next`](Self::next) returns; [`filter`](Self::filter) leaves values out.
    ///
    /// It is not an iterator: a blocking function would hold its thread while nothing is published, even if its client
    /// has left, and there are only `stream.max_blocking` threads. Make the function an `async fn`, and do blocking
    /// work in `tokio::task::spawn_blocking`.
    ///
    /// # Cancellation
    /// Dropping it leaves nothing behind. An item that it has returned has to be emitted, or the client misses it.
    pub struct Subscription<T, H: History<T> = Memory<T>> {
        history: Arc<H>,
        // Where a new client begins, and one that was told of a gap.
        fresh: Since,
        // What the client has been given up to; none while it begins as a new one.
        at: Option<Position>,
        // What is to be said when it has.
        opening: Opening,
        page: vec::IntoIter<Entry<T>>,
        end: PageEnd,
        // Whether the log has answered once: what is missing later was missed on this connection.
        live: bool,
        #[pin]
        reading: Option<H::Reading>,
        // Listens from before the last reading began, so that nothing comes unseen in between. Boxed, so that a
        // subscription can be moved.
        changed: Pin<Box<OwnedNotified>>,
    }
}

/// What a client is told before its items.
enum Opening {
    /// It goes on where it was.
    Nothing,
    /// It is new.
    Start,
    Gap {
        reason: GapReason,
        from: Option<Position>,
    },
}

impl<T, H: History<T>> Subscription<T, H> {
    /// Subscribes to what follows `last`, or without it, and after a gap, to what follows `fresh`. If `fresh` is a
    /// position that is no longer held either, to what is appended from then on. The log is read at once.
    pub fn new(history: Arc<H>, fresh: Since, last: impl Into<Option<LastEventId>>) -> Self {
        let (opening, at) = match last.into().map(|last| last.0.parse::<Position>()) {
            None => (Opening::Start, None),
            Some(Ok(position)) => (Opening::Nothing, Some(position)),
            Some(Err(_)) => (Opening::Gap { reason: GapReason::Unknown, from: None }, None),
        };
        let changed = Box::pin(Arc::clone(history.changes()).notified_owned());
        let since = at.clone().map_or_else(|| fresh.clone(), Since::After);
        let reading = Some(history.read(since, PAGE));
        let (page, end) = (Vec::new().into_iter(), PageEnd::More);
        Self { history, fresh, at, opening, page, end, live: false, reading, changed }
    }

    /// The next item, or `None` when the log is closed and everything has been returned.
    ///
    /// # Cancellation
    /// Nothing is lost if the future is dropped before it completes.
    pub async fn next(&mut self) -> Option<Replayed<T>>
    where
        Self: Unpin,
    {
        poll_fn(|cx| Pin::new(&mut *self).poll_next(cx)).await
    }

    /// What has been read of the log: the position of the last item that was given.
    pub(super) fn at(&self) -> Option<&Position> {
        self.at.as_ref()
    }
}

impl<T, H: History<T>> Stream for Subscription<T, H> {
    type Item = Replayed<T>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Replayed<T>>> {
        let mut this = self.project();
        loop {
            if let Some(entry) = this.page.next() {
                *this.at = Some(entry.position().clone());
                return Poll::Ready(Some(Replayed::new(Kind::Entry(entry))));
            }
            let Some(reading) = this.reading.as_mut().as_pin_mut() else {
                match this.end {
                    PageEnd::Closed => return Poll::Ready(None),
                    PageEnd::CaughtUp => {
                        // Who waits keeps no buffer.
                        *this.page = Vec::new().into_iter();
                        ready!(this.changed.as_mut().poll(cx));
                    }
                    PageEnd::More => {}
                }
                this.changed.set(Arc::clone(this.history.changes()).notified_owned());
                let since = this.at.clone().map_or_else(|| this.fresh.clone(), Since::After);
                this.reading.set(Some(this.history.read(since, PAGE)));
                continue;
            };
            let read = ready!(reading.poll(cx));
            this.reading.set(None);
            let page = match read {
                Read::Page(page) => page,
                Read::Lost(reason) => {
                    let reason = match reason {
                        GapReason::Expired if *this.live => GapReason::Slow,
                        reason => reason,
                    };
                    let from = match this.at.take() {
                        Some(at) => Some(at),
                        // Where new clients begin is lost too. The end never is.
                        None => match mem::replace(this.fresh, Since::End) {
                            Since::After(position) => Some(position),
                            Since::End | Since::Oldest => None,
                        },
                    };
                    // What the client was cut off by counts, not what became of its new beginning.
                    if !matches!(this.opening, Opening::Gap { .. }) {
                        *this.opening = Opening::Gap { reason, from };
                    }
                    *this.end = PageEnd::More;
                    continue;
                }
            };
            *this.live = true;
            *this.at = Some(page.after.clone());
            *this.page = page.entries.into_iter();
            *this.end = page.end;
            match mem::replace(this.opening, Opening::Nothing) {
                Opening::Nothing => {}
                Opening::Start => return Poll::Ready(Some(Replayed::at(page.after))),
                Opening::Gap { reason, from } => {
                    let gap = Gap { reason, from, to: page.after };
                    return Poll::Ready(Some(Replayed::new(Kind::Gap(gap))));
                }
            }
        }
    }
}

impl<T, H: History<T>> fmt::Debug for Subscription<T, H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Subscription").field("at", &self.at).finish_non_exhaustive()
    }
}
