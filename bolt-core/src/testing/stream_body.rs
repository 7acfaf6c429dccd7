//! `StreamBody`: a request body that is sent chunk by chunk.

use std::convert::Infallible;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use axum::body::Body;
use bytes::Bytes;
use tokio_stream::{Stream, StreamExt as _};

/// Clones share the body, which can be sent once.
#[derive(Clone)]
pub(super) struct StreamBody(Arc<Mutex<Option<Body>>>);

impl StreamBody {
    pub(super) fn new<B: Into<Bytes>>(pieces: impl Stream<Item = B> + Send + 'static) -> Self {
        let body = Body::from_stream(pieces.map(|piece| Ok::<Bytes, Infallible>(piece.into())));
        Self(Arc::new(Mutex::new(Some(body))))
    }

    /// The body, the first time.
    pub(super) fn take(&self) -> Option<Body> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

impl fmt::Debug for StreamBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("StreamBody")
    }
}
