//! `ServerContext`: what the connections of one server share.

use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{Request, Response};
use axum::response::IntoResponse as _;
use hyper::server::conn::{http1, http2};
use hyper_util::rt::{TokioExecutor, TokioTimer};
use tower_service::Service as _;

use super::stall::Limits;
use crate::app::Parts;
use crate::latch::Latch;
use crate::panics::catch;
use crate::problem::ProblemFormat;
use crate::stream::{AppStreams, Shared};
use crate::trace::within;

/// Bytes that hyper may buffer of a request's head, and of a response that is not read.
const MAX_BUFFER: usize = 64 * 1024;

/// How long an HTTP/2 client may be silent before it is pinged, and how long it has to answer.
const PING_INTERVAL: Duration = Duration::from_secs(30);
const PING_TIMEOUT: Duration = Duration::from_secs(20);

/// The routes, hyper's settings, and the signal for shutdown.
pub(super) struct ServerContext {
    router: Router,
    streams: Arc<Shared>,
    pub(super) http1: http1::Builder,
    pub(super) http2: http2::Builder<TokioExecutor>,
    pub(super) header_timeout: Duration,
    pub(super) half_close: bool,
    pub(super) limits: Limits,
    /// Set when connections have to finish what they are doing.
    pub(super) draining: Latch,
}

impl ServerContext {
    pub(super) fn new(parts: &Parts<()>) -> Self {
        let (server, stream) = (&parts.settings.server, &parts.settings.stream);
        let mut http1 = http1::Builder::new();
        http1
            .timer(TokioTimer::new())
            .header_read_timeout(server.header_timeout)
            .half_close(server.half_close)
            .max_buf_size(MAX_BUFFER);
        let mut http2 = http2::Builder::new(TokioExecutor::new());
        http2
            .timer(TokioTimer::new())
            .keep_alive_interval(PING_INTERVAL)
            .keep_alive_timeout(PING_TIMEOUT);
        Self {
            router: parts.router.clone(),
            streams: Arc::clone(&parts.streams),
            http1,
            http2,
            header_timeout: server.header_timeout,
            half_close: server.half_close,
            limits: Limits::new(stream, server.socket.send_buffer),
            draining: Latch::default(),
        }
    }

    /// How the app answers what it cannot.
    pub(super) fn problems(&self) -> &ProblemFormat {
        &self.streams.problems.format
    }

    /// The app's response. A panic in a handler becomes a 500.
    pub(super) async fn answer<A>(&self, mut request: Request<Body>, client: A) -> Response<Body>
    where
        A: Clone + Send + Sync + 'static,
    {
        let request_context = self.streams.request_context(request.headers());
        let extensions = request.extensions_mut();
        extensions.insert(ConnectInfo(client));
        // Not with a layer, which would box every route once more.
        extensions.insert(AppStreams {
            shared: Arc::clone(&self.streams),
            request: Some(request_context.clone()),
        });
        let mut answer = pin!(self.router.clone().call(request));
        let answer = poll_fn(|cx| {
            let _in = self.problems().enter();
            match catch(|| answer.as_mut().poll(cx)) {
                Ok(Poll::Ready(Ok(response))) => Poll::Ready(response),
                Ok(Poll::Ready(Err(never))) => match never {},
                Ok(Poll::Pending) => Poll::Pending,
                Err(problem) => {
                    problem.log("a handler");
                    Poll::Ready(problem.into_response())
                }
            }
        });
        let mut response = within(&request_context.id, answer).await;
        request_context.answer(response.headers_mut());
        response
    }
}
