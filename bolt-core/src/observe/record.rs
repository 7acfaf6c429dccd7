//! `StreamRecord`: one stream, as it is counted.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;
use tracing::field::display;

use super::drop_reason::drop_reason;
use super::end::End;
use super::route_stats::{FormLabel, RouteStats};
use super::span::StreamSpan;
use crate::trace::{RequestId, enter};

/// One stream, from the start of its function to its end, which is counted once whatever happens.
#[derive(Debug)]
pub(crate) struct StreamRecord {
    stats: Arc<RouteStats>,
    /// When it was requested.
    asked: Instant,
    events: u64,
    bytes: u64,
    end: Option<End>,
    id: RequestId,
    span: StreamSpan,
}

impl StreamRecord {
    /// The function starts.
    pub(crate) fn begin(
        stats: Arc<RouteStats>,
        form: FormLabel,
        asked: Instant,
        id: RequestId,
        span: StreamSpan,
    ) -> Self {
        stats.open.raise();
        stats.started(form).add(1);
        Self { stats, asked, events: 0, bytes: 0, end: None, id, span }
    }

    /// Runs code of the stream in its span.
    pub(crate) fn run<R>(&self, run: impl FnOnce() -> R) -> R {
        self.span.run(run)
    }

    /// The same for code that may log, with the request's id.
    pub(crate) fn at_end<R>(&self, run: impl FnOnce() -> R) -> R {
        let _at = enter(&self.id);
        self.span.run(run)
    }

    /// A frame is passed to the connection.
    pub(crate) fn sent(&mut self, events: u64, bytes: usize) {
        let bytes = bytes as u64;
        if events > 0 {
            if self.events == 0 {
                self.stats.first.record_since(self.asked);
            }
            self.events += events;
            self.stats.events.add(events);
        }
        self.bytes += bytes;
        self.stats.bytes.add(bytes);
    }

    /// `emit!` has waited for the client.
    pub(crate) fn waited(&self, time: Duration) {
        self.stats.waited(time);
    }

    /// The stream has ended. Only the first reason counts.
    pub(crate) fn end(&mut self, end: End) {
        if self.end.is_some() {
            return;
        }
        self.end = Some(end);
        self.stats.open.lower();
        self.stats.ended(end).add(1);
        self.stats.duration.record_since(self.asked);
    }

    /// The stream is dropped before its end: for the reason given by whoever drops it, or else this one.
    pub(crate) fn end_early(&mut self, end: End) {
        self.end(drop_reason().unwrap_or(end));
    }
}

impl Drop for StreamRecord {
    fn drop(&mut self) {
        self.end_early(End::ClientLeft);
        let reason = self.end.map(End::label);
        let (events, bytes) = (self.events, self.bytes);
        self.span.end(reason, events, bytes, self.asked);
        self.span.run(|| {
            let (route, request_id) = (self.stats.route(), display(&self.id));
            // Fields are only evaluated if the message is logged.
            let asked = self.asked;
            tracing::debug!(
                route, request_id, reason, events, bytes,
                duration = ?asked.elapsed(),
                "a stream ended"
            );
        });
    }
}
