//! `Field`: one field of a multipart body.

use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};

use axum::http::HeaderMap;
use axum::http::header::CONTENT_TYPE;
use bytes::{Bytes, BytesMut};
use tokio_stream::Stream;

use super::blocking::Blocking;
use super::error::BodyError;
use super::form::Form;
use super::head::Head;
use super::input::{too_long, utf8};
use crate::config::RequestSettings;

/// Where the form is while nobody reads it. A field has it out, and brings it back when it is dropped.
#[derive(Clone)]
pub(super) struct FormSlot(Arc<Mutex<Option<Box<Form>>>>);

impl FormSlot {
    pub(super) fn of(form: Form) -> Self {
        Self(Arc::new(Mutex::new(Some(Box::new(form)))))
    }

    pub(super) fn take(&self) -> Option<Box<Form>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    pub(super) fn bring(&self, form: Box<Form>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(form);
    }
}

/// One field of a [`Multipart`](super::Multipart) body: its head, and its data chunk by chunk.
pub struct Field {
    // None only while it is dropped.
    form: Option<Box<Form>>,
    slot: FormSlot,
    head: Head,
    number: u64,
    began: u64,
    limits: RequestSettings,
    /// Those of the request, for the items in it.
    pub(super) of_items: RequestSettings,
    over: bool,
}

impl Field {
    /// The field whose head was read last.
    pub(super) fn new(
        form: Box<Form>,
        slot: FormSlot,
        head: Head,
        limits: RequestSettings,
        of_items: RequestSettings,
    ) -> Self {
        let (number, began) = (form.number(), form.began());
        Self { form: Some(form), slot, head, number, began, limits, of_items, over: false }
    }

    /// Its name, from the `content-disposition`.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        self.head.name.as_deref()
    }

    /// The name of the file, as the client says: never a path to write to.
    #[must_use]
    pub fn file_name(&self) -> Option<&str> {
        self.head.file_name.as_deref()
    }

    /// Its `content-type`.
    #[must_use]
    pub fn content_type(&self) -> Option<&str> {
        self.head.headers.get(CONTENT_TYPE)?.to_str().ok()
    }

    /// All of its head.
    #[must_use]
    pub fn headers(&self) -> &HeaderMap {
        &self.head.headers
    }

    /// The next chunk of its data; none at its end, and after an error. None is empty.
    ///
    /// # Errors
    /// What is wrong with the body, which ends it.
    ///
    /// # Cancellation
    /// Nothing is lost if the future is dropped before it completes.
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
            if data.len() + chunk.len() > self.limits.max_record {
                let error = too_long(self.limits.max_record);
                return Err(error.at_field(self.number, self.began));
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
        let (number, began) = (self.number, self.began);
        let bytes = self.bytes().await?;
        let text = utf8(&bytes).map_err(|error| error.at_field(number, began))?;
        Ok(text.to_owned())
    }

    fn poll_chunk(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, BodyError>>> {
        let Some(form) = self.form.as_mut().filter(|_| !self.over) else {
            return Poll::Ready(None);
        };
        let chunk = ready!(form.poll_data(cx, &self.limits));
        self.over = !matches!(chunk, Some(Ok(_)));
        Poll::Ready(chunk)
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
        if let Some(form) = self.form.take() {
            self.slot.bring(form);
        }
    }
}

impl fmt::Debug for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Field").field("name", &self.name()).finish_non_exhaustive()
    }
}
