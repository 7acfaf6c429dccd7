//! Multipart bodies, field by field.

use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll};

use axum::extract::{FromRequest, Request};
use tokio_stream::Stream;

use super::blocking::Blocking;
use super::coding::Coding;
use super::error::{BodyError, BodyErrorKind};
use super::field::{Field, FormSlot};
use super::form::Form;
use super::items::limits;
use super::limits::limits_of_all;
use super::media;
use super::source::Source;
use crate::config::RequestSettings;

/// A form (`multipart/form-data`, RFC 7578), field by field, and each field chunk by chunk.
///
/// ```
/// use bolt::extract::Multipart;
/// use bolt::prelude::*;
///
/// #[derive(Deserialize)]
/// struct Person { name: String }
///
/// /// A form with a file of CSV in it, row by row.
/// #[stream(post, "/upload")]
/// async fn upload(mut form: Multipart) -> Result<String, Problem> {
///     while let Some(field) = form.next().await {
///         let field = field?;
///         match field.name() {
///             Some("note") => emit!(field.text().await?),
///             Some("people") => {
///                 let mut rows = Csv::<Person>::from_field(field);
///                 while let Some(row) = rows.next().await {
///                     emit!(row?.name);
///                 }
///             }
///             // What is not read is passed over.
///             _ => {}
///         }
///     }
/// }
/// ```
///
/// A field must be dropped before the next is asked for. `max_items` bounds the fields, `max_record` what
/// [`Field::text`] and [`Field::bytes`] hold; the head of a field may have 16 KiB. The items in a field
/// ([`from_field`](super::Items::from_field)) have the limits of the configuration.
pub struct Multipart {
    slot: FormSlot,
    limits: RequestSettings,
    /// As they are configured.
    of_items: RequestSettings,
}

impl Multipart {
    /// Sets how many bytes are held of one field. Default: `request.max_record` (1 MiB).
    #[must_use]
    pub fn max_record(mut self, bytes: usize) -> Self {
        self.limits.max_record = bytes.max(1);
        self
    }

    /// Sets how many fields there may be. Default: `request.max_items` (off).
    #[must_use]
    pub fn max_items(mut self, count: u64) -> Self {
        self.limits.max_items = Some(count);
        self
    }

    limits_of_all!();

    /// The next field, or `None` at the end of the body and after an error. What was not read of the previous field is
    /// skipped.
    ///
    /// # Errors
    /// When the body is malformed, too large or incomplete; or when the previous field has not been dropped, after
    /// which it can be called again.
    ///
    /// # Cancellation
    /// Nothing is lost if the future is dropped before it completes.
    pub async fn next(&mut self) -> Option<Result<Field, BodyError>> {
        poll_fn(|cx| self.poll_field(cx)).await
    }

    fn poll_field(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Field, BodyError>>> {
        let Some(mut form) = self.slot.take() else {
            let what = "a field is asked for while the one before is held: drop it first";
            return Poll::Ready(Some(Err(BodyError::item(BodyErrorKind::FieldInUse, what))));
        };
        let most = self.limits.max_items;
        let found = match form.poll_head(cx, &self.limits) {
            Poll::Pending => Poll::Pending,
            Poll::Ready(None) => Poll::Ready(None),
            Poll::Ready(Some(Err(error))) => Poll::Ready(Some(Err(error))),
            Poll::Ready(Some(Ok(head))) => match most.filter(|most| form.number() > *most) {
                None => {
                    let (limits, of_items) = (self.limits, self.of_items);
                    let field = Field::new(form, self.slot.clone(), head, limits, of_items);
                    return Poll::Ready(Some(Ok(field)));
                }
                Some(most) => {
                    form.end();
                    let what = format!("there are more than {most} fields (max_items)");
                    Poll::Ready(Some(Err(BodyError::body(BodyErrorKind::TooManyItems, what))))
                }
            },
        };
        self.slot.bring(form);
        found
    }
}

impl Stream for Multipart {
    type Item = Result<Field, BodyError>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.get_mut().poll_field(cx)
    }
}

impl IntoIterator for Multipart {
    type Item = Result<Field, BodyError>;
    type IntoIter = Blocking<Self>;

    /// The fields in blocking code: the thread waits for them.
    ///
    /// # Panics
    /// On a thread that runs async code, and outside a tokio runtime.
    #[track_caller]
    fn into_iter(self) -> Blocking<Self> {
        Blocking::new(self)
    }
}

impl<S: Sync> FromRequest<S> for Multipart {
    type Rejection = BodyError;

    async fn from_request(request: Request, _state: &S) -> Result<Self, BodyError> {
        let headers = request.headers();
        let media = media::media_type(headers).filter(|media| media::is(media, EXPECTED));
        let media = media.ok_or_else(|| media::refusal(headers, EXPECTED))?;
        let boundary = media::parameter(&media, "boundary").filter(|boundary| !boundary.is_empty());
        let boundary = boundary.ok_or_else(|| {
            let what = "the `content-type` has no `boundary`, without which no field can be found";
            BodyError::body(BodyErrorKind::Malformed, what)
        })?;
        if boundary.len() > MAX_BOUNDARY {
            let what =
                format!("the `boundary` of the `content-type` is longer than {MAX_BOUNDARY} bytes");
            return Err(BodyError::body(BodyErrorKind::Malformed, what));
        }
        let coding = Coding::of(headers)?;
        let limits = limits(&request);
        let form = Form::new(Source::new(request.into_body(), coding), &boundary);
        Ok(Self { slot: FormSlot::of(form), limits, of_items: limits })
    }
}

const EXPECTED: &str = "multipart/form-data";

/// Bytes of a boundary (RFC 2046, section 5.1.1).
const MAX_BOUNDARY: usize = 70;

impl fmt::Debug for Multipart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Multipart").field("limits", &self.limits).finish_non_exhaustive()
    }
}
