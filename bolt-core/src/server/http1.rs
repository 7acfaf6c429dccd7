//! HTTP/1: hyper up to the head of a live stream.

use std::convert::Infallible;
use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::body::Body;
use axum::http::{HeaderValue, Method, Request, Response, Version, header};
use bytes::Bytes;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::{Instant, sleep, sleep_until};

use super::connection_limits::ConnectionPermit;
use super::context::ServerContext;
use super::handover::{Handover, Lent, Taken, is_live};
use super::pump::Live;
use super::stall::StallTimer;
use super::tap::Tap;
use super::{linger, refusal, request};
use crate::observe::{End, drop_with_reason};
use crate::problem::{ErrorStatus, Problem};

/// How long a draining connection may take to finish a read or write that has begun.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// The outcome of driving hyper.
enum Turn {
    /// A live stream can be taken over.
    Leaves,
    /// The client of a live stream is too slow.
    Slow,
    /// The connection has ended.
    Ended(hyper::Result<()>),
}

/// Serves requests until one is answered with a live stream. None if the connection has ended. The first request has to
/// arrive by `due`.
pub(super) async fn serve<S, A>(
    context: &ServerContext,
    stream: S,
    early: Bytes,
    client: A,
    permit: ConnectionPermit,
    due: Instant,
) -> Option<Live<S>>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    A: Clone + Send + Sync + 'static,
{
    let handover = Arc::new(Handover::default());
    let tap = Tap::new(stream, early, permit, Arc::clone(&handover));
    let service = service_fn(|request: Request<Incoming>| {
        handover.begin(request.headers());
        let chunked = request.version() == Version::HTTP_11 && request.method() != Method::HEAD;
        let (request, reading) = request::watch(request, &handover);
        let (handover, client) = (&handover, client.clone());
        async move {
            let response = answer(context, request, client).await;
            let live = is_live(&response);
            // The connection cannot leave hyper while the handler still reads the request.
            let leaves = live && chunked && reading.finish().await;
            Ok::<_, Infallible>(Lent::new(response, handover, live, leaves))
        }
    });
    let mut connection = context.http1.serve_connection(TokioIo::new(tap), service).with_upgrades();
    let mut draining = pin!(context.draining.waiter());
    let mut stall = StallTimer::default();
    let mut drains = false;
    let mut timer = pin!(sleep_until(due));
    let mut waits = true;
    loop {
        let served = poll_fn(|cx| match Pin::new(&mut connection).poll(cx) {
            Poll::Pending if handover.is_ready() => Poll::Ready(Turn::Leaves),
            Poll::Pending => poll_slow(context, cx, &handover, &mut stall).map(|()| Turn::Slow),
            Poll::Ready(served) => Poll::Ready(Turn::Ended(served)),
        });
        tokio::select! {
            biased;
            served = served => match served {
                Turn::Leaves => break,
                Turn::Slow => {
                    drop_with_reason(End::Stalled, connection);
                    return None;
                }
                Turn::Ended(served) => {
                    let tap = connection.into_parts()?.io.into_inner();
                    ended(context, tap, served, handover.is_unread()).await;
                    return None;
                }
            },
            () = poll_fn(|cx| draining.as_mut().poll(&context.draining, cx)), if !drains => {
                (drains, waits) = (true, true);
                Pin::new(&mut connection).graceful_shutdown();
                timer.set(sleep(LAST_WORDS));
            }
            () = timer.as_mut(), if waits => {
                if drains {
                    if !handover.is_busy() {
                        return None;
                    }
                    timer.set(sleep(LAST_WORDS));
                } else if handover.was_asked() {
                    // hyper has a timer for the following requests.
                    waits = false;
                } else {
                    tracing::debug!("no request in time");
                    late(context, connection.into_parts()?.io.into_inner()).await;
                    return None;
                }
            }
        }
    }
    let parts = connection.into_parts()?;
    // hyper has dropped the body by now.
    let (Taken { body, first }, close) = handover.take()?;
    let (stream, early, permit) = parts.io.into_inner().into_parts(parts.read_buf);
    Some(Live { stream, body, first, early, close, permit })
}

/// The app's response to a request with a valid `host`.
async fn answer<A>(context: &ServerContext, request: Request<Body>, client: A) -> Response<Body>
where
    A: Clone + Send + Sync + 'static,
{
    // hyper hides a `content-length` beside it, which is how requests are smuggled past a proxy; such a connection has
    // to be closed (RFC 9112, section 6.1).
    let coded = request.headers().contains_key(header::TRANSFER_ENCODING);
    let mut response = match request::check_host(&request) {
        Ok(()) => context.answer(request, client).await,
        Err(problem) => refusal::last(problem, context.problems()),
    };
    if coded {
        response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
    response
}

/// Ready if the client of a live stream is too slow while hyper still has the connection.
fn poll_slow(
    context: &ServerContext,
    cx: &mut Context<'_>,
    handover: &Handover,
    stall: &mut StallTimer,
) -> Poll<()> {
    let Some(taken) = handover.held_up() else {
        stall.rest();
        return Poll::Pending;
    };
    ready!(stall.poll_over(context.limits, cx, taken));
    tracing::debug!("the client of a stream is too slow");
    Poll::Ready(())
}

/// Lets a client that has not sent all of its request read its response, and one whose request took too long.
async fn ended<S: AsyncRead + AsyncWrite + Unpin>(
    context: &ServerContext,
    mut tap: Tap<S>,
    served: hyper::Result<()>,
    unread: bool,
) {
    match served {
        Ok(()) if unread => linger::linger(&mut tap.stream, &context.draining).await,
        Ok(()) => {}
        Err(error) => {
            tracing::debug!(%error, "a connection ended");
            if error.is_timeout() {
                late(context, tap).await;
            }
        }
    }
}

/// Answers 408 to a client whose request took too long; one that has sent nothing gets no response.
async fn late<S: AsyncRead + AsyncWrite + Unpin>(context: &ServerContext, tap: Tap<S>) {
    if tap.heard {
        let problem = Problem::new(ErrorStatus::REQUEST_TIMEOUT)
            .detail("the head of the request was not complete in time (server.header_timeout)");
        refusal::send(tap.stream, problem, context.problems()).await;
    }
}
