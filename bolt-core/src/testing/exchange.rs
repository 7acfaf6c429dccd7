//! `Exchange`: one request and its response, on a connection of its own.

use std::fmt;
use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, ready};

use axum::body::Body;
use axum::http::{Request, response};
use bytes::Bytes;
use http_body::{Body as _, Frame};
use hyper::body::Incoming;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};

/// The connection, driven by whoever waits for the response and by nobody else: a test that does not read is a client
/// that does not read, and one that drops this has left.
pub(super) struct Exchange {
    body: Incoming,
    driver: Driver,
    /// Without it the connection is closed once the response is over.
    _sender: SendRequest<Body>,
}

/// Ends once.
struct Driver(Option<Pin<Box<dyn Future<Output = hyper::Result<()>> + Send>>>);

impl Driver {
    /// An error of the connection is that of the response too.
    fn poll(&mut self, cx: &mut Context<'_>) {
        if self.0.as_mut().is_some_and(|connection| connection.as_mut().poll(cx).is_ready()) {
            self.0 = None;
        }
    }
}

impl Exchange {
    /// Sends the request and waits for the head of the response.
    pub(super) async fn begin<S>(
        stream: S,
        request: Request<Body>,
    ) -> hyper::Result<(response::Parts, Self)>
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let (mut sender, connection) = handshake(TokioIo::new(stream)).await?;
        let mut driver = Driver(Some(Box::pin(connection)));
        let mut response = pin!(sender.send_request(request));
        let response = poll_fn(|cx| {
            driver.poll(cx);
            response.as_mut().poll(cx)
        });
        let (head, body) = response.await?.into_parts();
        Ok((head, Self { body, driver, _sender: sender }))
    }

    /// The next bytes of the body; none at its end.
    pub(super) fn poll_data(&mut self, cx: &mut Context<'_>) -> Poll<Option<hyper::Result<Bytes>>> {
        self.driver.poll(cx);
        while let Some(frame) = ready!(Pin::new(&mut self.body).poll_frame(cx)) {
            match frame.map(Frame::into_data) {
                Ok(Err(_trailers)) => {}
                Ok(Ok(data)) => return Poll::Ready(Some(Ok(data))),
                Err(error) => return Poll::Ready(Some(Err(error))),
            }
        }
        Poll::Ready(None)
    }
}

impl fmt::Debug for Exchange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Exchange").finish_non_exhaustive()
    }
}
