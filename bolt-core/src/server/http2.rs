//! HTTP/2, which stays with hyper.

use std::convert::Infallible;
use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;

use axum::body::Body;
use axum::http::Request;
use bytes::Bytes;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::{Instant, sleep_until};

use super::connection_limits::ConnectionPermit;
use super::context::ServerContext;
use super::handover::Handover;
use super::tap::Tap;

/// Serves requests until the connection ends. The first has to arrive by `due`.
pub(super) async fn serve<S, A>(
    context: &Arc<ServerContext>,
    stream: S,
    early: Bytes,
    client: A,
    permit: ConnectionPermit,
    due: Instant,
) where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    A: Clone + Send + Sync + 'static,
{
    let handover = Arc::new(Handover::default());
    let tap = Tap::new(stream, early, permit, Arc::clone(&handover));
    let service = service_fn(|request: Request<Incoming>| {
        handover.begin(request.headers());
        let (context, client) = (Arc::clone(context), client.clone());
        async move { Ok::<_, Infallible>(context.answer(request.map(Body::new), client).await) }
    });
    let mut connection = pin!(context.http2.serve_connection(TokioIo::new(tap), service));
    let mut draining = pin!(context.draining.waiter());
    let mut drains = false;
    let mut timer = pin!(sleep_until(due));
    let mut waits = true;
    loop {
        tokio::select! {
            biased;
            served = connection.as_mut() => {
                if let Err(error) = served {
                    tracing::debug!(%error, "a connection ended");
                }
                return;
            }
            () = poll_fn(|cx| draining.as_mut().poll(&context.draining, cx)), if !drains => {
                drains = true;
                connection.as_mut().graceful_shutdown();
            }
            () = timer.as_mut(), if waits => {
                waits = false;
                if !handover.was_asked() {
                    tracing::debug!("no request in time");
                    return;
                }
            }
        }
    }
}
