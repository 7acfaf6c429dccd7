//! Multipart bodies. The parser is multer, which axum's extractor has too; here are its bounds.

use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use axum::extract::{FromRequest, Request};
use bytes::Bytes;
use tokio_stream::Stream;

use super::blocking::Blocking;
use super::coding::Coding;
use super::error::{BodyError, BodyErrorKind};
use super::field::{Field, Held, in_field};
use super::items::limits;
use super::media;
use super::source::Source;
use crate::config::RequestSettings;

/// A form (`multipart/form-data`, RFC 7578), field by field, and each field chunk by chunk.
///
/// ```
/// use bolt::axum::body::Body;
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
///                 let mut rows = Csv::<Person>::from_body(Body::from_stream(field));
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
/// A field must be dropped before the next is asked for. `max_items` bounds the fields, `max_record` the head of each
/// and what [`Field::text`] and [`Field::bytes`] hold.
pub struct Multipart {
    stage: Stage,
    limits: RequestSettings,
    held: Arc<Held>,
    /// Fields so far.
    count: u64,
}

enum Stage {
    /// Not begun: the limits may change.
    New(Box<(Source, String)>),
    Reading(multer::Multipart<'static>),
    Over,
}

impl Multipart {
    /// Sets how many bytes are held of one field. Default: `request.max_record` (1 MiB).
    #[must_use]
    pub fn max_record(mut self, bytes: usize) -> Self {
        self.limits.max_record = bytes;
        self
    }

    /// Sets how many fields there may be. Default: `request.max_items` (off).
    #[must_use]
    pub fn max_items(mut self, count: u64) -> Self {
        self.limits.max_items = Some(count);
        self
    }

    /// Sets how many bytes the body may have, after decompression. Default: `request.max_body` (off).
    #[must_use]
    pub fn max_body(mut self, bytes: u64) -> Self {
        self.limits.max_body = Some(bytes);
        self
    }

    /// The next field; none at the end of the body, and after an error. What was not read of the field before is passed
    /// over.
    ///
    /// # Errors
    /// What is wrong with the body; or that the field before is not dropped, after which one can go on.
    ///
    /// # Cancellation
    /// Dropped before it is ready, nothing is lost.
    pub async fn next(&mut self) -> Option<Result<Field, BodyError>> {
        poll_fn(|cx| self.poll_field(cx)).await
    }

    fn poll_field(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Field, BodyError>>> {
        let polled = match &mut self.stage {
            Stage::Over => return Poll::Ready(None),
            Stage::Reading(parser) => match ready!(self.held.poll_rest(cx)) {
                Err(error) => Poll::Ready(Err(error)),
                Ok(()) => parser.poll_next_field(cx),
            },
            Stage::New(_) => {
                self.begin();
                return self.poll_field(cx);
            }
        };
        let field = match ready!(polled) {
            Ok(Some(field)) => field,
            Ok(None) => {
                self.stage = Stage::Over;
                return Poll::Ready(None);
            }
            Err(multer::Error::LockFailure) => {
                let what = "a field is asked for while the one before is held: drop it first";
                return Poll::Ready(Some(Err(BodyError::item(BodyErrorKind::FieldInUse, what))));
            }
            Err(error) => {
                self.stage = Stage::Over;
                return Poll::Ready(Some(Err(in_field(self.count + 1, error))));
            }
        };
        self.held.reset();
        self.count += 1;
        if let Some(most) = self.limits.max_items.filter(|most| self.count > *most) {
            self.stage = Stage::Over;
            let what = format!("there are more than {most} fields (max_items)");
            return Poll::Ready(Some(Err(BodyError::body(BodyErrorKind::TooManyItems, what))));
        }
        let held = Arc::clone(&self.held);
        Poll::Ready(Some(Ok(Field::new(field, self.count, self.limits.max_record, held))))
    }

    fn begin(&mut self) {
        if let Stage::New(new) = std::mem::replace(&mut self.stage, Stage::Over) {
            let (source, boundary) = *new;
            let gate =
                Gate { source, limits: self.limits, held: Arc::clone(&self.held), gave: false };
            self.stage = Stage::Reading(multer::Multipart::new(gate, boundary));
        }
    }
}

/// The bytes of the body for the parser, which would otherwise read until there is nothing more to read.
struct Gate {
    source: Source,
    limits: RequestSettings,
    held: Arc<Held>,
    gave: bool,
}

impl Stream for Gate {
    type Item = Result<Bytes, BodyError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        if std::mem::take(&mut this.gave) {
            // The parser looks at what it has got, and asks again.
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        let most = this.limits.max_record;
        if this.held.bytes() > most {
            let what = format!("its head is longer than {most} bytes (max_record)");
            return Poll::Ready(Some(Err(BodyError::body(BodyErrorKind::RecordTooLong, what))));
        }
        let chunk = ready!(this.source.poll_chunk(cx, &this.limits));
        if let Some(Ok(chunk)) = &chunk {
            this.gave = true;
            this.held.add(chunk.len());
        }
        Poll::Ready(chunk)
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
        let coding = Coding::of(headers)?;
        let limits = limits(&request);
        let source = Source::new(request.into_body(), coding);
        let stage = Stage::New(Box::new((source, boundary)));
        Ok(Self { stage, limits, held: Arc::default(), count: 0 })
    }
}

const EXPECTED: &str = "multipart/form-data";

impl fmt::Debug for Multipart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Multipart")
            .field("count", &self.count)
            .field("limits", &self.limits)
            .finish_non_exhaustive()
    }
}
