//! `StreamSpan`: the `tracing` span of a stream.

use tokio::time::Instant;
use tracing::field::Empty;
use tracing::{Level, Span, span};

use super::route_stats::{FormLabel, RouteStats};
use crate::trace::RequestContext;

/// The target of these spans, by which a log can leave them out.
pub(crate) const SPAN: &str = "bolt::span";

/// The span of a stream; empty unless a subscriber wants it.
#[derive(Clone, Debug)]
pub(crate) struct StreamSpan(Option<Box<Span>>);

impl StreamSpan {
    /// `stream` is the name of the function.
    pub(crate) fn new(
        stats: &RouteStats,
        form: FormLabel,
        stream: &'static str,
        request_context: &RequestContext,
    ) -> Self {
        let (route, method, kind) = stats.labels();
        let form = form.label();
        let request_id = tracing::field::display(&request_context.id);
        let span = span!(
            target: SPAN, Level::INFO, "stream",
            route, method, kind, form, stream, request_id,
            trace_id = Empty, parent_id = Empty, span_id = Empty,
            reason = Empty, events = Empty, bytes = Empty, seconds = Empty,
        );
        if span.is_disabled() {
            return Self(None);
        }
        request_context.trace(&span);
        Self(Some(Box::new(span)))
    }

    /// Runs what belongs to the stream.
    pub(crate) fn run<R>(&self, run: impl FnOnce() -> R) -> R {
        match &self.0 {
            Some(span) => span.in_scope(run),
            None => run(),
        }
    }

    /// `asked` is when the stream was requested.
    pub(super) fn end(&self, reason: Option<&str>, events: u64, bytes: u64, asked: Instant) {
        if let Some(span) = &self.0 {
            // OpenTelemetry has no other whole numbers.
            let number = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
            span.record("reason", reason);
            span.record("events", number(events)).record("bytes", number(bytes));
            span.record("seconds", asked.elapsed().as_secs_f64());
        }
    }
}
