//! `ResponseHead`: headers that a stream's function sets itself.

use std::cell::RefCell;
use std::fmt;
use std::future::poll_fn;
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use axum::extract::FromRequestParts;
use axum::http::header::VARY;
use axum::http::request::Parts;
use axum::http::{self, HeaderMap, HeaderName, HeaderValue};
use axum::response::{IntoResponse as _, IntoResponseParts, Response};

use crate::openapi::{Operation, OperationInput};
use crate::problem::{InvalidHeader, Problem, checked_header, is_of_the_server};

/// The head of a stream's response, for its function to set headers and cookies before the first event.
///
/// An argument of a `#[stream]` function, of whatever kind: `async` or not, with `emit!` or with a returned stream or
/// iterator; and of extractors of your own, which may ask for it as they ask for others.
///
/// ```
/// use bolt::axum::http::header::SET_COOKIE;
/// use bolt::prelude::*;
///
/// #[stream(post, "/chat")]
/// async fn chat(head: ResponseHead) -> Result<String, Problem> {
///     head.insert("x-model", "small-1")?;
///     head.append(SET_COOKIE, "conversation=7; HttpOnly; SameSite=Lax")?;
///     emit!("Hello".to_owned());
/// }
/// ```
///
/// The response of such a function waits for its first event for at most `stream.head_deadline`, also when the function
/// cannot fail. It does not wait when the function has called [`send`](Self::send), or if it cannot fail, when it has
/// dropped every `ResponseHead`. Once it has sent the head, setting a header is an error. (In the moment between the
/// first event and that, what is set is sent.)
///
/// The headers are those of the stream, whose status is 200. If the function fails before its first event, the response
/// is its problem, which has [headers of its own](Problem::header); and so are other responses without the stream, such
/// as 406. The response to HEAD, for which the function does not run, has the headers that extractors set.
///
/// Its media type, its encoding and everything about the connection are the server's to set: see
/// [`insert`](Self::insert).
///
/// All clones are the same head.
///
/// # Errors
/// As an extractor of anything but a `#[stream]` function it rejects the request with 500, and the log says why.
pub struct ResponseHead(Arc<Mutex<State>>);

/// The head, from the extraction of its `ResponseHead` until it is sent.
pub(super) struct OwnHead(Arc<Mutex<State>>);

struct State {
    /// None once they are sent.
    headers: Option<HeaderMap>,
    /// How many `ResponseHead`s there are.
    handles: usize,
    /// The function wants the head to be sent.
    send: bool,
    /// Waits for either.
    response: Option<Waker>,
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    // Nothing that panics runs under it.
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

impl ResponseHead {
    /// Sets a header, in place of what it was before. The defaults `cache-control: no-cache` and `x-accel-buffering: no`
    /// can be replaced; `vary` has `accept` in any case.
    ///
    /// # Errors
    /// When the head has been sent, when no header can be like that, or when the header is the server's:
    /// `content-type`, `content-length`, `content-encoding`, `transfer-encoding`, `connection` and others of the
    /// connection. `?` makes it a [`Problem`] with status 500.
    pub fn insert<N, V>(&self, name: N, value: V) -> Result<(), HeadError>
    where
        N: TryInto<HeaderName, Error: Into<http::Error>>,
        V: TryInto<HeaderValue, Error: Into<http::Error>>,
    {
        let (name, value) = checked_header(name, value)?;
        self.change(|headers| {
            headers
                .try_insert(name, value)
                .map(drop)
                .map_err(|error| InvalidHeader::from(error).into())
        })
    }

    /// Adds a header to those of its name, such as `set-cookie`.
    ///
    /// # Errors
    /// As [`insert`](Self::insert).
    pub fn append<N, V>(&self, name: N, value: V) -> Result<(), HeadError>
    where
        N: TryInto<HeaderName, Error: Into<http::Error>>,
        V: TryInto<HeaderValue, Error: Into<http::Error>>,
    {
        let (name, value) = checked_header(name, value)?;
        self.change(|headers| {
            headers
                .try_append(name, value)
                .map(drop)
                .map_err(|error| InvalidHeader::from(error).into())
        })
    }

    /// Sets what axum's handlers return before a body: a `CookieJar` of axum-extra, an array of headers,
    /// `AppendHeaders`.
    ///
    /// ```
    /// use bolt::axum::response::AppendHeaders;
    /// use bolt::prelude::*;
    ///
    /// #[stream(get, "/ticks")]
    /// async fn ticks(head: ResponseHead) -> Result<u64, Problem> {
    ///     head.extend(AppendHeaders([("set-cookie", "a=1"), ("set-cookie", "b=2")]))?;
    ///     emit!(1);
    /// }
    /// ```
    ///
    /// # Errors
    /// As [`insert`](Self::insert), and when `parts` fail; nothing is set then.
    pub fn extend(&self, parts: impl IntoResponseParts) -> Result<(), HeadError> {
        /// Tells the response from that of an error.
        #[derive(Clone)]
        struct Whole;

        let Some(before) = lock(&self.0).headers.clone() else {
            return Err(HeadError(Fault::Sent));
        };
        let mut base: Response = Response::default();
        *base.headers_mut() = before;
        base.extensions_mut().insert(Whole);
        let (response, _) = (parts, base).into_response().into_parts();
        if response.extensions.get::<Whole>().is_none() {
            return Err(HeadError(Fault::Parts));
        }
        if let Some(name) = response.headers.keys().find(|name| is_of_the_server(name)) {
            return Err(InvalidHeader::OfTheServer(name.clone()).into());
        }
        self.change(|headers| {
            *headers = response.headers;
            Ok(())
        })
    }

    /// Sends the head now, without waiting for the first event.
    pub fn send(&self) {
        let mut state = lock(&self.0);
        state.send = true;
        wake(state);
    }

    /// Whether the head has been sent, so that nothing can be set any more.
    #[must_use]
    pub fn is_sent(&self) -> bool {
        lock(&self.0).headers.is_none()
    }

    /// A handle to this head.
    fn new(state: &Arc<Mutex<State>>) -> Self {
        lock(state).handles += 1;
        Self(Arc::clone(state))
    }

    fn change(
        &self,
        change: impl FnOnce(&mut HeaderMap) -> Result<(), HeadError>,
    ) -> Result<(), HeadError> {
        match &mut lock(&self.0).headers {
            Some(headers) => change(headers),
            None => Err(HeadError(Fault::Sent)),
        }
    }
}

fn wake(mut state: MutexGuard<'_, State>) {
    let response = state.response.take();
    drop(state);
    if let Some(response) = response {
        response.wake();
    }
}

impl Clone for ResponseHead {
    fn clone(&self) -> Self {
        Self::new(&self.0)
    }
}

impl Drop for ResponseHead {
    fn drop(&mut self) {
        let mut state = lock(&self.0);
        state.handles -= 1;
        if state.handles == 0 {
            wake(state);
        }
    }
}

impl fmt::Debug for ResponseHead {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseHead").field("is_sent", &self.is_sent()).finish()
    }
}

impl OwnHead {
    /// Ready when the head need not wait for the first event. `may_fail`: that would decide the status.
    pub(super) fn poll_settled(&self, cx: &mut Context<'_>, may_fail: bool) -> Poll<()> {
        let mut state = lock(&self.0);
        if state.send || (state.handles == 0 && !may_fail) {
            return Poll::Ready(());
        }
        state.response = Some(cx.waker().clone());
        Poll::Pending
    }

    /// Gives the headers to the response, which is sent now.
    pub(super) fn write(self, response: &mut Response) {
        let Some(own) = lock(&self.0).headers.take() else { return };
        let headers = response.headers_mut();
        // Caches have to know that one address has several forms.
        let vary = headers.remove(VARY);
        headers.extend(own);
        if let Some(vary) = vary {
            headers.append(VARY, vary);
        }
    }
}

impl Drop for OwnHead {
    // Whatever was sent, what is set from now on would be lost.
    fn drop(&mut self) {
        lock(&self.0).headers = None;
    }
}

thread_local! {
    /// What the extractors of a stream have asked for, while they run.
    static EXTRACTION: RefCell<Option<Asked>> = const { RefCell::new(None) };
}

/// The head that was asked for, if it was.
type Asked = Option<Arc<Mutex<State>>>;

/// Runs the extractors of a stream. The second is the head that one of them has asked for.
///
/// It costs nothing for a stream without one: there is nothing in the request that they would have to share.
pub(super) async fn collect<F: Future>(extract: F) -> (F::Output, Option<OwnHead>) {
    let mut asked: Asked = None;
    let mut extract = pin!(extract);
    let output = poll_fn(|cx| {
        let _here = Extraction::begin(&mut asked);
        extract.as_mut().poll(cx)
    })
    .await;
    (output, asked.map(OwnHead))
}

/// Marks this thread as running the extractors of a stream, until dropped.
struct Extraction<'a> {
    asked: &'a mut Asked,
    outer: Option<Asked>,
}

impl<'a> Extraction<'a> {
    fn begin(asked: &'a mut Asked) -> Self {
        let outer = EXTRACTION.replace(Some(asked.take()));
        Self { asked, outer }
    }
}

impl Drop for Extraction<'_> {
    fn drop(&mut self) {
        *self.asked = EXTRACTION.replace(self.outer.take()).flatten();
    }
}

impl<S: Sync> FromRequestParts<S> for ResponseHead {
    type Rejection = Problem;

    async fn from_request_parts(_: &mut Parts, _: &S) -> Result<Self, Problem> {
        EXTRACTION.with_borrow_mut(|extraction| match extraction {
            Some(asked) => Ok(Self::new(asked.get_or_insert_with(|| {
                Arc::new(Mutex::new(State {
                    headers: Some(HeaderMap::new()),
                    handles: 0,
                    send: false,
                    response: None,
                }))
            }))),
            None => {
                let problem = Problem::internal(HeadError(Fault::NoStream));
                problem.log("ResponseHead");
                Err(problem)
            }
        })
    }
}

/// It asks for nothing.
impl OperationInput for ResponseHead {
    fn describe(_operation: &mut Operation) {}
}

/// Why a header of a stream's response was not set.
#[derive(Debug)]
pub struct HeadError(Fault);

#[derive(Debug)]
enum Fault {
    Sent,
    Header(InvalidHeader),
    Parts,
    NoStream,
}

impl HeadError {
    /// Whether it came too late.
    #[must_use]
    pub fn is_sent(&self) -> bool {
        matches!(self.0, Fault::Sent)
    }
}

impl fmt::Display for HeadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Fault::Sent => f.write_str(
                "the head of the response has been sent: set headers before the first event, and within \
                 stream.head_deadline",
            ),
            Fault::Header(fault) => fault.fmt(f),
            Fault::Parts => f.write_str("what was to be added to the head of the response is an error itself"),
            Fault::NoStream => f.write_str(
                "`ResponseHead` is an argument of `#[stream]` functions, and of extractors that only those have; \
                 other handlers return their headers",
            ),
        }
    }
}

impl std::error::Error for HeadError {}

impl From<InvalidHeader> for HeadError {
    fn from(fault: InvalidHeader) -> Self {
        Self(Fault::Header(fault))
    }
}

impl From<HeadError> for Problem {
    fn from(error: HeadError) -> Self {
        Self::internal(error)
    }
}
