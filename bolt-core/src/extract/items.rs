//! `Items`: what all extractors that read item by item have in common.

use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use axum::body::Body;
use axum::extract::{FromRequest, Request};
use axum::http::HeaderMap;
use bytes::Bytes;
use mediatype::MediaTypeBuf;
use tokio::task::coop::poll_proceed;
use tokio_stream::Stream;

use super::blocking::Blocking;
use super::coding::Coding;
use super::error::{BodyError, BodyErrorKind};
use super::field::Field;
use super::input::Input;
use super::limits::limits_of_all;
use super::media;
use super::source::Source;
use crate::config::RequestSettings;
use crate::problem::BoxError;
use crate::stream::{AppStreams, Shared};

/// How the items of a body are told apart and read. Sealed: bolt has those there are.
pub trait Format: sealed::Format {}

impl<F: sealed::Format> Format for F {}

pub(super) mod sealed {
    use mediatype::MediaTypeBuf;

    use super::{BodyError, Input};

    pub trait Format: Default + Send + Unpin + 'static {
        type Item;

        /// What the `content-type` has to be, in words.
        const EXPECTED: &'static str;

        /// Whether a byte order mark may stand in front.
        const TEXT: bool;

        /// Whether `max_items` counts them.
        const COUNTED: bool = true;

        /// How a body of this media type is read; none when it is not.
        fn of(media: Option<&MediaTypeBuf>) -> Option<Self>;

        /// The next item. None when more has to be read; at the end of the body, when there is none.
        ///
        /// # Errors
        /// What is wrong with it. Called again, it goes on with the next, unless the error ends the body.
        fn next(&mut self, input: &mut Input) -> Result<Option<Self::Item>, BodyError>;
    }
}

/// The body of a request, item by item: as a [`Stream`], by [`next`](Self::next), and in blocking code as an
/// [`Iterator`].
///
/// It is taken by the names of its formats: [`JsonLines<T>`](super::JsonLines), [`Csv<T>`](super::Csv),
/// [`Events<T>`](super::Events), [`Lines`](super::Lines) and [`Chunks`](super::Chunks).
pub struct Items<F> {
    pub(super) format: F,
    source: Source,
    input: Input,
    limits: RequestSettings,
    /// Items so far, the bad ones too.
    count: u64,
    over: bool,
}

impl<F: Format> Items<F> {
    /// Reads a body that is not the request's, such as the response of another server. To read a [`Stream`] of bytes,
    /// use [`Body::from_stream`].
    ///
    /// Faults of such a body are not the client's: the [status](BodyError::status) of each error is 502, or 504 if
    /// nothing came in time, after which an EventSource reconnects. The limits are the defaults of the configuration,
    /// not those of the app; the methods below change them.
    pub fn from_body<B>(body: B) -> Self
    where
        B: http_body::Body<Data = Bytes> + Send + 'static,
        B::Error: Into<BoxError>,
    {
        let limits = Shared::without_app().request;
        Self::new(F::default(), Source::of_server(Body::new(body)), limits)
    }

    /// Reads the items in a field of a form. `max_record` and `max_items` are those of the configuration; the limits of
    /// the body are those of the form.
    ///
    /// The `content-type` of the field decides how they are read if it is one of the format's; browsers often send
    /// another for a file.
    #[must_use]
    pub fn from_field(field: Field) -> Self {
        let media = field.content_type().and_then(media::parsed);
        let format = F::of(media.as_ref()).unwrap_or_default();
        let RequestSettings { max_record, max_items, .. } = field.of_items;
        // What the form has, it has for all of its fields.
        let limits = RequestSettings {
            max_record,
            max_items,
            max_body: None,
            max_ratio: None,
            idle_timeout: None,
            max_duration: None,
        };
        Self::new(format, Source::new(Body::from_stream(field), None), limits)
    }

    fn new(format: F, source: Source, limits: RequestSettings) -> Self {
        let input = Input::new(limits.max_record, F::TEXT);
        Self { format, source, input, limits, count: 0, over: false }
    }

    /// Sets how many bytes of one item are held. Default: `request.max_record` (1 MiB).
    #[must_use]
    pub fn max_record(mut self, bytes: usize) -> Self {
        self.limits.max_record = bytes.max(1);
        self.input.most = bytes.max(1);
        self
    }

    /// Sets how many items there may be. Default: `request.max_items` (off).
    #[must_use]
    pub fn max_items(mut self, count: u64) -> Self {
        self.limits.max_items = Some(count);
        self
    }

    limits_of_all!();

    /// The next item, or `None` at the end of the body and after an error that [ends it](BodyError::ends_body).
    ///
    /// # Errors
    /// What is wrong with the item, or with the body.
    ///
    /// # Cancellation
    /// Nothing is lost if the future is dropped before it completes.
    pub async fn next(&mut self) -> Option<Result<F::Item, BodyError>> {
        poll_fn(|cx| self.poll_item(cx)).await
    }

    fn poll_item(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<F::Item, BodyError>>> {
        while !self.over {
            let found = match self.format.next(&mut self.input) {
                Ok(Some(item)) => Ok(item),
                Err(error) => Err(error),
                Ok(None) if self.input.has_ended() => {
                    self.over = true;
                    break;
                }
                Ok(None) => {
                    // A body that is always there lets others run all the same.
                    let coop = ready!(poll_proceed(cx));
                    let chunk = ready!(self.source.poll_chunk(cx, &self.limits));
                    coop.made_progress();
                    match chunk {
                        Some(Ok(chunk)) => self.input.push(chunk),
                        None => self.input.end(),
                        Some(Err(error)) => {
                            self.over = true;
                            return Poll::Ready(Some(Err(error)));
                        }
                    }
                    continue;
                }
            };
            return Poll::Ready(Some(self.counted(found)));
        }
        Poll::Ready(None)
    }

    /// Gives an item its number, unless there may be no more.
    fn counted(&mut self, found: Result<F::Item, BodyError>) -> Result<F::Item, BodyError> {
        self.count += 1;
        if let Some(most) = self.limits.max_items.filter(|most| F::COUNTED && self.count > *most) {
            self.over = true;
            let what = format!("there are more than {most} items (max_items)");
            return Err(BodyError::body(BodyErrorKind::TooManyItems, what).of(self.source.sender));
        }
        found.map_err(|error| {
            self.over = error.ends_body();
            error.at(self.count, self.input.began()).of(self.source.sender)
        })
    }
}

impl<F: Format> Stream for Items<F> {
    type Item = Result<F::Item, BodyError>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.get_mut().poll_item(cx)
    }
}

impl<F: Format> IntoIterator for Items<F> {
    type Item = Result<F::Item, BodyError>;
    type IntoIter = Blocking<Self>;

    /// The items in blocking code: the thread waits for each.
    ///
    /// # Panics
    /// On a thread that runs async code, and outside a tokio runtime.
    #[track_caller]
    fn into_iter(self) -> Blocking<Self> {
        Blocking::new(self)
    }
}

impl<F: Format, S: Sync> FromRequest<S> for Items<F> {
    type Rejection = BodyError;

    async fn from_request(request: Request, _state: &S) -> Result<Self, BodyError> {
        let headers = request.headers();
        let format = format_of(headers)?;
        let coding = Coding::of(headers)?;
        let limits = limits(&request);
        Ok(Self::new(format, Source::new(request.into_body(), coding), limits))
    }
}

fn format_of<F: Format>(headers: &HeaderMap) -> Result<F, BodyError> {
    let media: Option<MediaTypeBuf> = media::media_type(headers);
    F::of(media.as_ref()).ok_or_else(|| {
        let known = |media: &MediaTypeBuf| F::of(Some(&media.essence().into())).is_some();
        let charset = media.filter(known).and_then(|media| media::wrong_charset(&media));
        charset.unwrap_or_else(|| media::refusal(headers, F::EXPECTED))
    })
}

/// Those of the app that a request is for.
pub(super) fn limits(request: &Request) -> RequestSettings {
    match request.extensions().get::<AppStreams>() {
        Some(streams) => streams.shared.request,
        None => Shared::without_app().request,
    }
}

impl<F> fmt::Debug for Items<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Items")
            .field("count", &self.count)
            .field("limits", &self.limits)
            .finish_non_exhaustive()
    }
}
