//! `InApp`: what makes a request one of the app, in a router that bolt's server does not serve.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::extract::Request;
use pin_project_lite::pin_project;
use tower_layer::Layer;
use tower_service::Service;

use super::call::AppStreams;
use super::shared::Shared;

/// The layer around the routes of an app.
#[derive(Clone)]
pub(crate) struct InApp(pub(crate) Arc<Shared>);

impl<S> Layer<S> for InApp {
    type Service = AppService<S>;

    fn layer(&self, inner: S) -> AppService<S> {
        AppService { shared: Arc::clone(&self.0), inner }
    }
}

/// The routes of an app.
#[derive(Clone)]
pub(crate) struct AppService<S> {
    shared: Arc<Shared>,
    inner: S,
}

impl<S: Service<Request>> Service<Request> for AppService<S> {
    type Response = S::Response;
    type Error = S::Error;
    type Future = AppFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request) -> Self::Future {
        let shared = Arc::clone(&self.shared);
        let streams = AppStreams { shared: Arc::clone(&shared), request: None };
        request.extensions_mut().insert(streams);
        let _in = shared.problems.format.enter();
        AppFuture { answer: self.inner.call(request), shared: Arc::clone(&self.shared) }
    }
}

pin_project! {
    /// An answer of the app, with its problems in the app's format.
    pub(crate) struct AppFuture<F> {
        shared: Arc<Shared>,
        #[pin]
        answer: F,
    }
}

impl<F: Future> Future for AppFuture<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        let _in = this.shared.problems.format.enter();
        this.answer.poll(cx)
    }
}
