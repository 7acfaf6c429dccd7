//! A body, whoever wrote it: a panic in it is its own end, and nobody else's.

use std::mem;
use std::pin::Pin;
use std::task::{Context, Poll};

use axum::body::Body;
use bytes::Bytes;
use http_body::{Body as _, Frame};

use crate::panics::{catch, catch_and_log};

/// For the log.
const NAME: &str = "a body";

/// Polls for a frame. A panic is an error, after which the body is gone.
pub(super) fn poll_frame(
    body: &mut Body,
    cx: &mut Context<'_>,
) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
    match catch(|| Pin::new(&mut *body).poll_frame(cx)) {
        Ok(polled) => polled,
        Err(problem) => {
            problem.log(NAME);
            // Not by whoever unwinds: a second panic would end the process.
            discard(body);
            Poll::Ready(Some(Err(axum::Error::new(problem))))
        }
    }
}

/// Drops what the body holds.
pub(super) fn discard(body: &mut Body) {
    let body = mem::take(body);
    catch_and_log(NAME, || drop(body));
}
