//! Accepting connections, and ending them.

use std::future::pending;
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::Router;
use axum::extract::ConnectInfo;
use hyper::body::Incoming;
use hyper::{Request, service::service_fn};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::time::{sleep, timeout};
use tower_service::Service as _;

use crate::app::{App, Parts};
use crate::error::{Error, Result};

/// After `server.drain`, how long the ends of streams may take to reach their clients.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// Bytes that hyper may hold of a request's head, and of a response that is not read.
const MAX_BUFFER: usize = 64 * 1024;

/// An HTTP/2 client that is silent for this long is asked whether it is there, and has this long to say so.
const PING_INTERVAL: Duration = Duration::from_secs(30);
const PING_TIMEOUT: Duration = Duration::from_secs(20);

/// The wait after an error of `accept` that is not the client's, such as too many open files.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

impl App {
    /// Serves the app on a listener, for those who have a runtime. Of the configuration, all applies but the
    /// address and what belongs to the runtime and the log.
    ///
    /// tokio's pool of blocking threads is 512 by default. Build the runtime with `max_blocking_threads` above
    /// `stream.max_blocking`; a blocking stream for which no thread comes free is refused.
    ///
    /// # Errors
    /// When the configuration has faults, two streams are on one route, or the listener fails.
    ///
    /// # Cancellation
    /// Dropped, it stops accepting and ends its connections.
    pub async fn serve(self, listener: TcpListener) -> Result<()> {
        serve(self.assemble()?, listener, pending()).await
    }

    /// Serves the app until `shutdown` is ready, then ends it as [`run`](Self::run) does on a signal.
    ///
    /// ```no_run
    /// # use bolt::prelude::*;
    /// # async fn serve(app: App) -> Result<(), Box<dyn std::error::Error>> {
    /// let listener = tokio::net::TcpListener::bind("127.0.0.1:8080").await?;
    /// app.serve_until(listener, async { _ = bolt::shutdown_signal().await }).await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`serve`](Self::serve).
    ///
    /// # Cancellation
    /// As [`serve`](Self::serve).
    pub async fn serve_until(
        self,
        listener: TcpListener,
        shutdown: impl Future<Output = ()>,
    ) -> Result<()> {
        serve(self.assemble()?, listener, shutdown).await
    }
}

/// What connections are told.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Phase {
    Serving,
    /// Finish what you are at.
    Draining,
}

pub(super) async fn serve(
    parts: Parts<()>,
    listener: TcpListener,
    shutdown: impl Future<Output = ()>,
) -> Result<()> {
    let settings = &parts.settings.server;
    let address = listener.local_addr().map_err(Error::serve)?;
    tracing::info!("listening on http://{address}");
    // Dropped with this future, it ends every connection.
    let (phase, _) = watch::channel(Phase::Serving);
    let connections = Connections {
        builder: builder(settings.header_timeout),
        router: parts.router,
        places: Arc::new(Semaphore::new(places(settings.max_connections))),
        header_timeout: settings.header_timeout,
        phase: phase.clone(),
    };
    let mut shutdown = pin!(shutdown);
    loop {
        tokio::select! {
            // First, so that it listens before anything is accepted.
            biased;
            () = &mut shutdown => break,
            accepted = connections.accept(&listener) => connections.spawn(accepted),
        }
    }
    drop(listener);
    // Only tasks of connections hold receivers, so the channel is closed when they have ended.
    phase.send_replace(Phase::Draining);
    parts.streams.drain();
    tracing::info!(drain = ?settings.drain, "shutting down");
    if timeout(settings.drain, phase.closed()).await.is_err() {
        parts.streams.end_all();
        let _ = timeout(LAST_WORDS, phase.closed()).await;
    }
    // Blocking generators hear of it at their next `emit!`; their destructors are to run.
    let _ = timeout(LAST_WORDS, parts.streams.idle()).await;
    Ok(())
}

fn builder(header_timeout: Duration) -> Builder<TokioExecutor> {
    let mut builder = Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(header_timeout)
        .max_buf_size(MAX_BUFFER);
    builder
        .http2()
        .timer(TokioTimer::new())
        .keep_alive_interval(PING_INTERVAL)
        .keep_alive_timeout(PING_TIMEOUT);
    builder
}

/// How many connections there may be. Without a number, as many as leave an eighth of the files that the process
/// may open to the app.
fn places(max_connections: Option<usize>) -> usize {
    let fitting = || open_files().map(|files| (files - files / 8).max(1));
    max_connections.or_else(fitting).unwrap_or(usize::MAX).min(Semaphore::MAX_PERMITS)
}

/// How many files the process may open.
#[cfg(unix)]
fn open_files() -> Option<usize> {
    let (soft, _) = rlimit::Resource::NOFILE.get().ok()?;
    usize::try_from(soft).ok()
}

/// Not known.
#[cfg(not(unix))]
fn open_files() -> Option<usize> {
    None
}

struct Connections {
    builder: Builder<TokioExecutor>,
    router: Router,
    places: Arc<Semaphore>,
    header_timeout: Duration,
    phase: watch::Sender<Phase>,
}

struct Accepted {
    stream: TcpStream,
    peer: SocketAddr,
    // Held as long as the connection.
    place: OwnedSemaphorePermit,
}

impl Connections {
    /// The next connection. Errors are waited out: a server that stops accepting helps nobody.
    async fn accept(&self, listener: &TcpListener) -> Accepted {
        let place = loop {
            match Arc::clone(&self.places).acquire_owned().await {
                Ok(place) => break place,
                // Never closed.
                Err(_) => sleep(ACCEPT_PAUSE).await,
            }
        };
        loop {
            match listener.accept().await {
                Ok((stream, peer)) => return Accepted { stream, peer, place },
                Err(error) if is_clients(&error) => {}
                Err(error) => {
                    tracing::warn!(%error, "cannot accept a connection; trying again");
                    sleep(ACCEPT_PAUSE).await;
                }
            }
        }
    }

    fn spawn(&self, Accepted { stream, peer, place }: Accepted) {
        // An event is sent when it is emitted, not when the segment is full (Nagle).
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "cannot set TCP_NODELAY");
        }
        let router = self.router.clone();
        let builder = self.builder.clone();
        let mut phase = self.phase.subscribe();
        let header_timeout = self.header_timeout;
        tokio::spawn(async move {
            let _place = place;
            // hyper's own timer begins with the first byte of HTTP/1; a client may send none, or only the preface
            // of HTTP/2.
            let asked = Arc::new(AtomicBool::new(false));
            let seen = Arc::clone(&asked);
            let mut first_request = pin!(sleep(header_timeout));
            let service = service_fn(move |mut request: Request<Incoming>| {
                seen.store(true, Ordering::Relaxed);
                request.extensions_mut().insert(ConnectInfo(peer));
                router.clone().call(request)
            });
            let io = TokioIo::new(stream);
            let mut connection = pin!(builder.serve_connection_with_upgrades(io, service));
            let mut waited = false;
            loop {
                tokio::select! {
                    ended = connection.as_mut() => {
                        if let Err(error) = ended {
                            tracing::debug!(error, "a connection ended");
                        }
                        break;
                    }
                    () = &mut first_request, if !waited => {
                        waited = true;
                        if !asked.load(Ordering::Relaxed) {
                            tracing::debug!(%peer, "no request in time");
                            break;
                        }
                    }
                    changed = phase.changed() => match changed {
                        Ok(()) => connection.as_mut().graceful_shutdown(),
                        // The server is gone.
                        Err(_) => break,
                    }
                }
            }
        });
    }
}

/// Errors of `accept` that belong to one connection: it ended before it began.
fn is_clients(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset)
}
