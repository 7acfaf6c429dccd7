//! `Watch`: one stream, as it is counted.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;
use tracing::field::display;

use super::because::why;
use super::end::End;
use super::span::StreamSpan;
use super::tally::{FormLabel, Tally};
use crate::trace::{RequestId, enter};

/// One stream, from the beginning of its function to its end, which is counted once whatever happens.
#[derive(Debug)]
pub(crate) struct Watch {
    tally: Arc<Tally>,
    /// When it was asked for.
    asked: Instant,
    events: u64,
    bytes: u64,
    end: Option<End>,
    id: RequestId,
    span: StreamSpan,
}

impl Watch {
    /// The function begins.
    pub(crate) fn begin(
        tally: Arc<Tally>,
        form: FormLabel,
        asked: Instant,
        id: RequestId,
        span: StreamSpan,
    ) -> Self {
        tally.open.raise();
        tally.started(form).add(1);
        Self { tally, asked, events: 0, bytes: 0, end: None, id, span }
    }

    /// Runs what belongs to the stream.
    pub(crate) fn run<R>(&self, run: impl FnOnce() -> R) -> R {
        self.span.run(run)
    }

    /// The same where something may be said of the request.
    pub(crate) fn at_end<R>(&self, run: impl FnOnce() -> R) -> R {
        let _at = enter(&self.id);
        self.span.run(run)
    }

    /// A frame is given to the connection.
    pub(crate) fn sent(&mut self, events: u64, bytes: usize) {
        let bytes = bytes as u64;
        if events > 0 {
            if self.events == 0 {
                self.tally.first.record(self.asked.elapsed());
            }
            self.events += events;
            self.tally.events.add(events);
        }
        self.bytes += bytes;
        self.tally.bytes.add(bytes);
    }

    /// `emit!` has waited for the client.
    pub(crate) fn waited(&self, time: Duration) {
        self.tally.waited(time);
    }

    /// It has ended. The first reason counts.
    pub(crate) fn end(&mut self, end: End) {
        if self.end.is_some() {
            return;
        }
        self.end = Some(end);
        self.tally.open.lower();
        self.tally.ended(end).add(1);
        self.tally.duration.record(self.asked.elapsed());
    }

    /// It is dropped before its end: for the reason that was given, or for this one.
    pub(crate) fn end_early(&mut self, end: End) {
        self.end(why().unwrap_or(end));
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.end_early(End::ClientLeft);
        let reason = self.end.map(End::label);
        let (events, bytes, duration) = (self.events, self.bytes, self.asked.elapsed());
        self.span.end(reason, events, bytes, duration);
        self.span.run(|| {
            let (route, request_id) = (self.tally.route(), display(&self.id));
            tracing::debug!(route, request_id, reason, events, bytes, ?duration, "a stream ended");
        });
    }
}
