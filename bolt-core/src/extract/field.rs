//! `Field`: one field of a multipart body.

use std::error::Error as _;
use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};

use axum::http::HeaderMap;
use bytes::{Bytes, BytesMut};
use tokio_stream::Stream;

use super::blocking::Blocking;
use super::error::{BodyError, BodyErrorKind};
use super::input::utf8;

/// One field of a [`Multipart`](super::Multipart) body: its head, and its data chunk by chunk.
pub struct Field {
    // None only while it is dropped.
    field: Option<multer::Field<'static>>,
    number: u64,
    max_record: usize,
    over: bool,
    held: Arc<Held>,
}

impl Field {
    pub(super) fn new(
        field: multer::Field<'static>,
        number: u64,
        max_record: usize,
        held: Arc<Held>,
    ) -> Self {
        Self { field: Some(field), number, max_record, over: false, held }
    }

    /// Its name, from the `content-disposition`.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        self.field.as_ref()?.name()
    }

    /// The name of the file, as the client says: never a path to write to.
    #[must_use]
    pub fn file_name(&self) -> Option<&str> {
        self.field.as_ref()?.file_name()
    }

    /// Its `content-type`.
    #[must_use]
    pub fn content_type(&self) -> Option<&str> {
        self.field.as_ref()?.content_type().map(AsRef::as_ref)
    }

    /// All of its head.
    #[must_use]
    pub fn headers(&self) -> Option<&HeaderMap> {
        self.field.as_ref().map(multer::Field::headers)
    }

    /// The next chunk of its data; none at its end, and after an error. None is empty.
    ///
    /// # Errors
    /// What is wrong with the body, which ends it.
    ///
    /// # Cancellation
    /// Dropped before it is ready, nothing is lost.
    pub async fn next(&mut self) -> Option<Result<Bytes, BodyError>> {
        poll_fn(|cx| self.poll_chunk(cx)).await
    }

    /// All of its data.
    ///
    /// # Errors
    /// When it is longer than `max_record`, or something is wrong with the body.
    pub async fn bytes(mut self) -> Result<Bytes, BodyError> {
        let mut data = BytesMut::new();
        while let Some(chunk) = self.next().await {
            let chunk = chunk?;
            if data.len() + chunk.len() > self.max_record {
                let (number, most) = (self.number, self.max_record);
                let what = format!("field {number}: it is longer than {most} bytes (max_record)");
                return Err(BodyError::item(BodyErrorKind::RecordTooLong, what));
            }
            data.extend_from_slice(&chunk);
        }
        Ok(data.freeze())
    }

    /// All of its data, as text.
    ///
    /// # Errors
    /// As [`bytes`](Self::bytes), and when it is not UTF-8.
    pub async fn text(self) -> Result<String, BodyError> {
        let number = self.number;
        let bytes = self.bytes().await?;
        let text = utf8(&bytes)
            .map_err(|error| BodyError::item(error.kind(), format!("field {number}: {error}")))?;
        Ok(text.to_owned())
    }

    fn poll_chunk(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, BodyError>>> {
        let Some(field) = self.field.as_mut().filter(|_| !self.over) else {
            return Poll::Ready(None);
        };
        loop {
            let chunk = ready!(Pin::new(&mut *field).poll_next(cx));
            self.held.reset();
            match chunk {
                // The last may be.
                Some(Ok(chunk)) if chunk.is_empty() => {}
                Some(Ok(chunk)) => return Poll::Ready(Some(Ok(chunk))),
                Some(Err(error)) => {
                    self.over = true;
                    self.held.fail();
                    return Poll::Ready(Some(Err(in_field(self.number, error))));
                }
                None => {
                    self.over = true;
                    return Poll::Ready(None);
                }
            }
        }
    }
}

impl Stream for Field {
    type Item = Result<Bytes, BodyError>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.get_mut().poll_chunk(cx)
    }
}

impl IntoIterator for Field {
    type Item = Result<Bytes, BodyError>;
    type IntoIter = Blocking<Self>;

    /// The chunks in blocking code: the thread waits for them.
    ///
    /// # Panics
    /// On a thread that runs async code, and outside a tokio runtime.
    #[track_caller]
    fn into_iter(self) -> Blocking<Self> {
        Blocking::new(self)
    }
}

impl Drop for Field {
    fn drop(&mut self) {
        if !self.over {
            *self.held.rest() = self.field.take();
        }
    }
}

impl fmt::Debug for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Field").field("name", &self.name()).finish_non_exhaustive()
    }
}

/// What a body and its fields share.
#[derive(Debug, Default)]
pub(super) struct Held {
    /// Bytes that the parser got since it last gave something.
    bytes: AtomicUsize,
    /// Nothing can be read any more.
    failed: AtomicBool,
    /// A field that was dropped before its end.
    rest: Mutex<Option<multer::Field<'static>>>,
}

impl Held {
    pub(super) fn bytes(&self) -> usize {
        self.bytes.load(Ordering::Relaxed)
    }

    pub(super) fn add(&self, count: usize) {
        self.bytes.fetch_add(count, Ordering::Relaxed);
    }

    pub(super) fn reset(&self) {
        self.bytes.store(0, Ordering::Relaxed);
    }

    fn fail(&self) {
        self.failed.store(true, Ordering::Relaxed);
    }

    pub(super) fn has_failed(&self) -> bool {
        self.failed.load(Ordering::Relaxed)
    }

    fn rest(&self) -> MutexGuard<'_, Option<multer::Field<'static>>> {
        self.rest.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Passes over the field that was not read to its end.
    pub(super) fn poll_rest(&self, cx: &mut Context<'_>) -> Poll<multer::Result<()>> {
        let mut rest = self.rest();
        while let Some(field) = &mut *rest {
            let chunk = ready!(Pin::new(field).poll_next(cx)).transpose();
            self.reset();
            if !matches!(chunk, Ok(Some(_))) {
                *rest = None;
            }
            chunk?;
        }
        Poll::Ready(Ok(()))
    }
}

/// What the parser says of the field with this number.
pub(super) fn in_field(number: u64, error: multer::Error) -> BodyError {
    use multer::Error::{
        IncompleteFieldData, IncompleteHeaders, IncompleteStream, StreamReadFailed,
    };
    let what = match error {
        StreamReadFailed(cause) => match cause.downcast::<BodyError>() {
            Ok(ours) if ours.kind() == BodyErrorKind::RecordTooLong => {
                return BodyError::body(ours.kind(), format!("field {number}: {ours}"));
            }
            Ok(ours) => return *ours,
            Err(cause) => cause.to_string(),
        },
        IncompleteFieldData { .. } | IncompleteHeaders | IncompleteStream => {
            "the form ends before its last boundary".to_owned()
        }
        error => match error.source() {
            Some(cause) => format!("{error}: {cause}"),
            None => error.to_string(),
        },
    };
    BodyError::body(BodyErrorKind::Malformed, format!("field {number}: {what}"))
}
