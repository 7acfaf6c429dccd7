//! `TestClient`: a running app, and requests to it.

use std::fmt;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::panic::{Location, resume_unwind};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use axum::http::Method;
use tokio::net::TcpListener;
use tokio::runtime::Handle;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::link::{Link, Transport};
use super::outcome::Outcome;
use super::pipes::pipes;
use super::request::TestRequest;
use super::stuck;
use crate::app::App;
use crate::error::Result;
use crate::server::{self, Listener};
use crate::stream::Shared;

/// How long a test waits, unless it says otherwise.
const PATIENCE: Duration = Duration::from_secs(10);

/// Runs an [`App`] and sends requests to it. Dropped, it stops the app.
///
/// [`new`](Self::new) serves in process, over pipes instead of sockets; everything else is the same as in
/// [`App::serve_until`]. [`bind`](Self::bind) serves on a port. Both have the same methods, and every request has a
/// connection of its own.
///
/// An app takes its configuration from the folder of its package, where tests run, and from the variables of the
/// process, unless [`App::config`] says otherwise; [`Config::defaults`](crate::Config::defaults) reads neither.
///
/// # Time
///
/// With a paused clock (`#[tokio::test(start_paused = true)]`, of tokio's feature `test-util`), an hour of the app
/// takes no time. Use `new` for this: a paused clock does not wait for bytes in a socket. The client's own limits are
/// measured by the real clock, so it does not give up on a stream that is silent for an hour.
///
/// # The log
///
/// A server fault, such as [`Problem::internal`](crate::Problem::internal), does not tell the client its reason. It is
/// in the log; in a test without a `tracing` subscriber it is printed, so that a failing test shows it.
///
/// # Threads
///
/// A blocking stream whose client has left ends at its next `emit!`, and the runtime of a test waits for it. If it
/// never emits, the test hangs, and standard error says why after [`timeout`](Self::timeout).
pub struct TestClient {
    link: Link,
    stop: oneshot::Sender<()>,
    app: JoinHandle<Result<()>>,
    outcome: Outcome,
    /// Once it has started.
    streams: Arc<OnceLock<Arc<Shared>>>,
    place: &'static Location<'static>,
}

impl TestClient {
    /// Serves the app in process.
    ///
    /// An error that keeps the app from starting, such as a fault in its configuration, is reported by the first
    /// request.
    ///
    /// # Panics
    /// Outside a tokio runtime.
    #[must_use]
    #[track_caller]
    pub fn new(app: App) -> Self {
        let (caller, listener) = pipes();
        Self::serve(app, listener, Transport::Pipes(caller), Location::caller())
    }

    /// Serves the app on a free port of this machine, for tests in which the socket matters or another client is used.
    ///
    /// # Panics
    /// When no port is available.
    #[track_caller]
    pub fn bind(app: App) -> impl Future<Output = Self> {
        let place = Location::caller();
        async move {
            let (listener, address) = listen().await.expect("this machine has a free port");
            Self::serve(app, listener, Transport::Tcp(address), place)
        }
    }

    #[track_caller]
    fn serve(
        app: App,
        listener: impl Listener,
        transport: Transport,
        place: &'static Location<'static>,
    ) -> Self {
        let Ok(runtime) = Handle::try_current() else {
            panic!("no runtime to run the app in: make the test `#[tokio::test] async fn`")
        };
        let (stop, stopped) = oneshot::channel::<()>();
        let outcome = Outcome::default();
        let streams = Arc::new(OnceLock::new());
        let link = Link { transport, limit: PATIENCE, outcome: outcome.watch() };
        let (of_app, started) = (outcome.clone(), Arc::clone(&streams));
        let app = runtime.spawn(of_app.of(async move {
            let parts = app.assemble()?;
            started.get_or_init(|| Arc::clone(&parts.streams));
            server::serve(parts, listener, async { _ = stopped.await }).await
        }));
        Self { link, stop, app, outcome, streams, place }
    }

    /// Sets the longest wait for a response, for the rest of a body, or for one event. Default: 10 s.
    #[must_use]
    pub fn timeout(mut self, limit: Duration) -> Self {
        self.link.limit = limit;
        self
    }

    /// The address on which the app listens.
    ///
    /// # Panics
    /// When it is served in process.
    #[must_use]
    #[track_caller]
    pub fn addr(&self) -> SocketAddr {
        match self.link.transport {
            Transport::Tcp(address) => address,
            Transport::Pipes(_) => {
                panic!("an app in process has no address: use `TestClient::bind`")
            }
        }
    }

    /// The address of a path, such as `http://127.0.0.1:41373/ticks`, for other clients.
    ///
    /// # Panics
    /// When the app is served in process.
    #[must_use]
    #[track_caller]
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.addr())
    }

    /// A GET of a path, which may have a query.
    ///
    /// # Panics
    /// When the path is not valid.
    #[track_caller]
    pub fn get(&self, path: &str) -> TestRequest {
        self.request(Method::GET, path)
    }

    /// A POST.
    ///
    /// # Panics
    /// When the path is not valid.
    #[track_caller]
    pub fn post(&self, path: &str) -> TestRequest {
        self.request(Method::POST, path)
    }

    /// A PUT.
    ///
    /// # Panics
    /// When the path is not valid.
    #[track_caller]
    pub fn put(&self, path: &str) -> TestRequest {
        self.request(Method::PUT, path)
    }

    /// A PATCH.
    ///
    /// # Panics
    /// When the path is not valid.
    #[track_caller]
    pub fn patch(&self, path: &str) -> TestRequest {
        self.request(Method::PATCH, path)
    }

    /// A DELETE.
    ///
    /// # Panics
    /// When the path is not valid.
    #[track_caller]
    pub fn delete(&self, path: &str) -> TestRequest {
        self.request(Method::DELETE, path)
    }

    /// A request with any method.
    ///
    /// # Panics
    /// When the path is not valid: it begins with `/`, with special characters percent-encoded.
    #[track_caller]
    pub fn request(&self, method: Method, path: &str) -> TestRequest {
        TestRequest::new(self.link.clone(), method, path)
    }

    /// Shuts the app down as SIGTERM does, and waits for it: streams may go on for `server.drain` (10 s). Returns what
    /// [`App::serve_until`] returned.
    ///
    /// # Errors
    /// When the app could not start.
    ///
    /// # Panics
    /// When the app has.
    pub async fn shutdown(mut self) -> Result<()> {
        let (unused, _) = oneshot::channel();
        // An app that did not start listens to nobody.
        let _ = std::mem::replace(&mut self.stop, unused).send(());
        match (&mut self.app).await {
            Ok(served) => served,
            Err(error) if error.is_panic() => resume_unwind(error.into_panic()),
            Err(error) => unreachable!("only its drop aborts it: {error}"),
        }
    }
}

impl Drop for TestClient {
    fn drop(&mut self) {
        self.outcome.is_dropped(self.place);
        self.app.abort();
        if let Some(streams) = self.streams.get() {
            stuck::watch(Arc::clone(streams), self.link.limit, self.place);
        }
    }
}

impl fmt::Debug for TestClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TestClient")
            .field("transport", &self.link.transport)
            .finish_non_exhaustive()
    }
}

async fn listen() -> io::Result<(TcpListener, SocketAddr)> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let address = listener.local_addr()?;
    Ok((listener, address))
}
