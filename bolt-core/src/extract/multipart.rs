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
        self.limits.max_record = bytes.max(1);
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
        if self.held.has_failed() {
            self.stage = Stage::Over;
        }
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
            let gate = Gate {
                source,
                limits: self.limits,
                held: Arc::clone(&self.held),
                gave: false,
                full: false,
            };
            self.stage = Stage::Reading(multer::Multipart::new(gate, boundary));
        }
    }
}

/// The bytes of the body for the parser, which would otherwise read until there is nothing more to read.
struct Gate {
    source: Source,
    limits: RequestSettings,
    held: Arc<Held>,
    /// The parser has a chunk that it has not looked at.
    gave: bool,
    /// The parser holds as much as it may.
    full: bool,
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
        if this.held.bytes() <= most {
            this.full = false;
        } else if !std::mem::replace(&mut this.full, true) {
            // It may be there already what the parser looks for.
            cx.waker().wake_by_ref();
            return Poll::Pending;
        } else {
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

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use tokio::task::coop::unconstrained;

    use super::*;

    const HEAD: &str = "\r\ncontent-disposition: form-data; name=";

    async fn form(body: Body) -> Multipart {
        let request = Request::builder().header("content-type", "multipart/form-data; boundary=b");
        let request = request.body(body).expect("a request");
        Multipart::from_request(request, &()).await.expect("accepted").max_record(200)
    }

    fn pieces<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> Body {
        let pieces =
            pieces.into_iter().map(|piece| Ok::<_, BodyError>(Bytes::copy_from_slice(piece)));
        Body::from_stream(tokio_stream::iter(pieces.collect::<Vec<_>>()))
    }

    /// Each field with its text, but those named `skip`.
    async fn read(body: Body) -> Vec<String> {
        let mut form = form(body).await;
        let mut said = Vec::new();
        while let Some(field) = form.next().await {
            match field {
                Err(error) => said.push(error.to_string()),
                Ok(field) if field.name() == Some("skip") => {}
                Ok(field) => {
                    let name = field.name().unwrap_or_default().to_owned();
                    said.push(match field.text().await {
                        Ok(text) => format!("{name}={text}"),
                        Err(error) => error.to_string(),
                    });
                }
            }
        }
        said
    }

    #[tokio::test]
    async fn fields_are_the_same_at_every_cut() {
        let long = "x".repeat(300);
        let body = format!(
            "preamble\r\n--b{HEAD}a\r\n\r\n1\r\n2\r\n--b{HEAD}skip\r\n\r\n{long}\r\n\
             --b{HEAD}long\r\n\r\n{long}\r\n--b{HEAD}c\r\n\r\n\r\n--b--\r\n"
        );
        let body = body.as_bytes();
        let expected = ["a=1\r\n2", "field 3: it is longer than 200 bytes (max_record)", "c="];
        for cut in 0..=body.len() {
            assert_eq!(read(pieces([&body[..cut], &body[cut..]])).await, expected, "{cut}");
        }
        assert_eq!(read(pieces(body.chunks(1))).await, expected);
    }

    #[tokio::test]
    async fn what_is_wrong_says_the_field() {
        let fields = |rest: &str| format!("--b{HEAD}a\r\n\r\n1\r\n--b{rest}");
        for (body, expected) in [
            (fields(""), "field 2: the form ends before its last boundary"),
            (
                fields(&format!("{HEAD}b\r\n\r\n1")),
                "field 2: the form ends before its last boundary",
            ),
            (
                fields("\r\nx\x01: y\r\n\r\n"),
                "field 2: failed to read headers: invalid header name",
            ),
            (
                fields(&format!("\r\nx: {}", "y".repeat(1000))),
                "field 2: its head is longer than 200 bytes (max_record)",
            ),
        ] {
            let said = read(pieces(body.as_bytes().chunks(50))).await;
            assert_eq!(said, ["a=1", expected]);
        }
    }

    #[tokio::test]
    async fn no_more_is_read_than_a_head_and_a_chunk() {
        for piece in [&[b'x'; 100][..], b"\r\n--c", b"--b\r\nx: "] {
            let given = Arc::new(Held::default());
            let counts = Arc::clone(&given);
            let endless = std::iter::repeat_with(move || {
                counts.add(piece.len());
                Ok::<_, BodyError>(Bytes::from_static(piece))
            });
            let body = Body::from_stream(tokio_stream::iter(endless));
            let mut form = form(body).await;
            let error = unconstrained(form.next()).await.expect("a field").expect_err("no head");
            assert_eq!(
                error.to_string(),
                "field 1: its head is longer than 200 bytes (max_record)"
            );
            assert!(given.bytes() < 500, "{} bytes were read", given.bytes());
            assert!(form.next().await.is_none());
        }
    }

    #[tokio::test]
    async fn a_field_that_is_held_is_in_the_way_of_the_next() {
        let body = format!("--b{HEAD}a\r\n\r\n1\r\n--b{HEAD}b\r\n\r\n2\r\n--b--");
        let mut form = form(body.into()).await;
        let first = form.next().await.expect("a field").expect("well");
        let error = form.next().await.expect("an error").expect_err("held");
        assert_eq!(error.kind(), BodyErrorKind::FieldInUse);
        assert!(!error.ends_body());
        drop(first);
        let second = form.next().await.expect("a field").expect("well");
        assert_eq!(second.text().await.expect("text"), "2");
        assert!(form.next().await.is_none());
    }
}
