//! `RequestContext`: the id and trace of a request.

use axum::http::{HeaderMap, HeaderName, HeaderValue};
use tracing::Span;

use super::id::{HEADER, RequestId};
use super::parent::Parent;

/// The draft of W3C that gives a trace back: `version-trace-child-flags`, as `traceparent` has it.
const TRACERESPONSE: HeaderName = HeaderName::from_static("traceresponse");

/// The flags of a trace that have a meaning: sampled, and random (Trace Context level 2, section 3.2.2.5).
const KNOWN_FLAGS: u8 = 0b11;

/// The id of a request, and the trace that it is part of. An extension of the request.
#[derive(Clone, Debug)]
pub(crate) struct RequestContext {
    pub(crate) id: RequestId,
    parent: Option<Parent>,
    /// The id of this app's span in the trace.
    child: u64,
}

impl RequestContext {
    /// Reads `x-request-id` and `traceparent`.
    pub(crate) fn read(headers: &HeaderMap, random: impl Fn() -> u64) -> Self {
        let made = || RequestId::made((u128::from(random()) << 64) | u128::from(random()));
        let parent = Parent::read(headers);
        // Zero is not a valid id.
        let child = parent.map_or(0, |_| random().max(1));
        Self { id: RequestId::read(headers).unwrap_or_else(made), parent, child }
    }

    /// Adds both to the response, unless the app has done so itself.
    pub(crate) fn answer(&self, headers: &mut HeaderMap) {
        if !headers.contains_key(HEADER)
            && let Some(id) = self.id.header()
        {
            headers.insert(HEADER, id);
        }
        if let Some(Parent { trace, flags, .. }) = self.parent
            && !headers.contains_key(TRACERESPONSE)
            && let Ok(trace) = HeaderValue::try_from(format!(
                "00-{trace:032x}-{:016x}-{:02x}",
                self.child,
                flags & KNOWN_FLAGS
            ))
        {
            headers.insert(TRACERESPONSE, trace);
        }
    }

    /// Records the trace in the span.
    pub(crate) fn trace(&self, span: &Span) {
        if let Some(parent) = self.parent {
            span.record("trace_id", format_args!("{:032x}", parent.trace));
            span.record("parent_id", format_args!("{:016x}", parent.span));
            span.record("span_id", format_args!("{:016x}", self.child));
        }
    }
}
