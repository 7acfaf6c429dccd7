//! `Event`: data with the other fields of the format.

use std::borrow::Cow;
use std::time::Duration;

use super::field::{EventId, EventName, InvalidField};

/// One event with more than data: an `id`, a name, a `retry` hint, a comment.
///
/// A plain value is an event already; this adds the other fields of the format.
///
/// ```
/// use bolt::prelude::*;
///
/// #[derive(Serialize, ToSchema)]
/// struct Tick { n: u64 }
///
/// #[stream(get, "/ticks")]
/// async fn ticks() -> Event<Tick> {
///     for n in 0..3_u64 {
///         emit!(Event::new(Tick { n }).id(n));
///     }
/// }
/// ```
///
/// Text that a field cannot carry is refused where it is set (`try_id`, `try_name`), so that no input
/// can add a field or an event that was not asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event<T> {
    pub(super) data: Option<T>,
    pub(super) fields: Fields,
}

/// The fields of an event other than its data.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Fields {
    pub(super) name: Option<EventName>,
    pub(super) id: Option<EventId>,
    pub(super) retry: Option<Duration>,
    pub(super) comment: Option<Cow<'static, str>>,
}

impl Fields {
    pub(super) fn with_id(mut self, id: EventId) -> Self {
        self.id = Some(id);
        self
    }
}

impl<T> Event<T> {
    /// An event with this data.
    #[must_use]
    pub fn new(data: T) -> Self {
        Self { data: Some(data), fields: Fields::default() }
    }

    /// An event without data. Clients dispatch nothing for it, but take its `retry`; its comment keeps the connection
    /// busy. By the standard they take its `id` too (HTML, section 9.2.6), but Firefox and several libraries do not
    /// remember it: give an event data if its id matters.
    #[must_use]
    pub fn without_data() -> Self {
        Self { data: None, fields: Fields::default() }
    }

    /// Sets the id. Any integer is one; for text see [`try_id`](Self::try_id).
    #[must_use]
    pub fn id(mut self, id: impl Into<EventId>) -> Self {
        self.fields.id = Some(id.into());
        self
    }

    /// Sets the id from text.
    ///
    /// # Errors
    /// When the text holds NUL, CR or LF.
    pub fn try_id(self, text: impl Into<Cow<'static, str>>) -> Result<Self, InvalidField> {
        EventId::new(text).map(|id| self.id(id))
    }

    /// Sets the name, which a browser's `addEventListener` takes. Default: none, a `message` event; for
    /// a [`StreamEvent`](macro@crate::StreamEvent) the name of its variant.
    #[must_use]
    pub fn name(mut self, name: EventName) -> Self {
        self.fields.name = Some(name);
        self
    }

    /// Sets the name from text.
    ///
    /// # Errors
    /// When the text is empty or holds CR or LF.
    pub fn try_name(self, text: impl Into<Cow<'static, str>>) -> Result<Self, InvalidField> {
        EventName::new(text).map(|name| self.name(name))
    }

    /// Sets how long the client waits before it reconnects, should the connection be lost. Sent in whole
    /// milliseconds. The client keeps it until it is told another.
    #[must_use]
    pub fn retry(mut self, wait: Duration) -> Self {
        self.fields.retry = Some(wait);
        self
    }

    /// Sets a comment: seen by people and proxies, ignored by clients. May have several lines.
    #[must_use]
    pub fn comment(mut self, text: impl Into<Cow<'static, str>>) -> Self {
        self.fields.comment = Some(text.into());
        self
    }
}
