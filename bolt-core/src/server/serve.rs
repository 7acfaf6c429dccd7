//! The accept loop and graceful shutdown.

use std::future::pending;
use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::task::{JoinError, JoinSet};
use tokio::time::{Instant, sleep, sleep_until, timeout};

use super::connection::Connection;
use super::connection_limits::{ConnectionLimits, ConnectionPermit};
use super::context::ServerContext;
use super::listener::Listener;
#[cfg(feature = "tls")]
use super::tls;
use super::{refusal, socket};
use crate::app::{App, Parts};
use crate::config::ServerSettings;
use crate::health::Health;
use crate::problem::Problem;

/// How long, after `server.drain`, the ends of streams may take to reach their clients.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// The pause after an error of `accept` that is not caused by a client, such as too many open files.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Such errors are logged at most this often.
const WARN_EVERY: Duration = Duration::from_secs(1);

/// How many connections over the limit of their address are answered at a time; others are just closed.
const REFUSALS: usize = 16;

/// The `retry-after` of a client that has too many connections.
const RETRY_AFTER: Duration = Duration::from_secs(5);

impl App {
    /// Serves the app on a listener, in a runtime of your own. The configuration applies except for the address, the
    /// runtime and the log. With `server.tls`, it speaks TLS over the listener's streams.
    ///
    /// tokio's pool has 512 blocking threads by default. Build the runtime with `max_blocking_threads` above
    /// `stream.max_blocking`; a blocking stream for which no thread becomes free is refused.
    ///
    /// # Errors
    /// When the configuration has faults or two streams are on one route.
    ///
    /// # Cancellation
    /// Dropping the future stops accepting and closes all connections, except upgraded ones.
    pub async fn serve(self, listener: impl Listener) -> crate::Result<()> {
        serve(self.assemble()?, listener, pending()).await
    }

    /// Serves the app until `shutdown` completes, then shuts down as [`run`](Self::run) does on a signal.
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
        listener: impl Listener,
        shutdown: impl Future<Output = ()>,
    ) -> crate::Result<()> {
        serve(self.assemble()?, listener, shutdown).await
    }
}

pub(crate) async fn serve<L: Listener>(
    parts: Parts<()>,
    listener: L,
    shutdown: impl Future<Output = ()>,
) -> crate::Result<()> {
    let settings = &parts.settings.server;
    say(&listener, settings);
    let limits = limits(&parts);
    let (health, settings) = (Arc::clone(&parts.health), settings.clone());
    let shutdown = async move {
        shutdown.await;
        leave(&health, &settings).await;
    };
    accept(parts, limits, listener, shutdown).await;
    Ok(())
}

/// Serves the connections of a listener until `shutdown` completes and they have ended.
pub(super) async fn accept<L: Listener>(
    parts: Parts<()>,
    limits: Arc<ConnectionLimits>,
    listener: L,
    shutdown: impl Future<Output = ()>,
) {
    let settings = &parts.settings.server;
    let context = Arc::new(ServerContext::new(&parts));
    let mut acceptor = Acceptor::new(listener, limits);
    // Dropping it with this future ends every connection.
    let mut connections = JoinSet::new();
    let mut shutdown = pin!(shutdown);
    loop {
        tokio::select! {
            // Polled first, so that the signal handler is installed before anything is accepted.
            biased;
            () = &mut shutdown => break,
            Some(ended) = connections.join_next() => log_panic(ended),
            (stream, address, permit) = acceptor.accept() => {
                socket::prepare(&stream, settings.socket);
                match acceptor.limits.admit(permit, L::ip(&address)) {
                    Ok(permit) => {
                        let context = Arc::clone(&context);
                        match settings.tls.clone() {
                            None => connections.spawn(Connection::new(context, stream, address, permit)),
                            #[cfg(feature = "tls")]
                            Some(tls) => connections.spawn(tls::serve(tls, context, stream, address, permit)),
                        };
                    }
                    // A response would cost a handshake.
                    Err(_) if settings.tls.is_some() => {}
                    // Without a permit, which refused clients would keep from others; so only a few at a time get a
                    // response.
                    Err(_) => if let Ok(turn) = Arc::clone(&acceptor.refusals).try_acquire_owned() {
                        let context = Arc::clone(&context);
                        connections.spawn(async move {
                            refusal::send(stream, too_many(), context.problems()).await;
                            drop(turn);
                        });
                    },
                }
            }
        }
    }
    drop(acceptor);
    context.draining.set();
    parts.streams.drain();
    if timeout(settings.drain, all_ended(&mut connections)).await.is_err() {
        parts.streams.end_all();
        let _ = timeout(LAST_WORDS, all_ended(&mut connections)).await;
    }
    // Blocking generators end at their next `emit!`; gives their destructors time to run.
    let _ = timeout(LAST_WORDS, parts.streams.idle()).await;
}

/// Logs where the app listens.
pub(super) fn say(listener: &impl Listener, settings: &ServerSettings) {
    let name = listener.name();
    match settings.tls.clone() {
        None => tracing::info!("listening on {name}"),
        #[cfg(feature = "tls")]
        Some(tls) => {
            tracing::info!("listening on {}", name.replacen("http://", "https://", 1));
            if let Some(outdated) = tls.outdated {
                tracing::warn!("clients will refuse the certificate (server.tls.cert): {outdated}");
            }
        }
    }
}

/// The connection limits, as `/ready` knows them too.
pub(super) fn limits(parts: &Parts<()>) -> Arc<ConnectionLimits> {
    let limits = ConnectionLimits::new(&parts.settings.server, &parts.health.connections);
    parts.health.serves(limits.most());
    Arc::new(limits)
}

/// Marks the app as shutting down. Completes when it should stop accepting.
pub(super) async fn leave(health: &Health, settings: &ServerSettings) {
    health.leave();
    let (drain, delay) = (settings.drain, settings.drain_delay);
    tracing::info!(?drain, ?delay, "shutting down");
    sleep(delay).await;
}

async fn all_ended(connections: &mut JoinSet<()>) {
    while let Some(ended) = connections.join_next().await {
        log_panic(ended);
    }
}

/// A panic ends its own connection only.
fn log_panic(ended: Result<(), JoinError>) {
    if let Err(error) = ended {
        tracing::error!(%error, "a connection was given up");
    }
}

fn too_many() -> Problem {
    let detail = "too many connections from this address (server.max_connections_per_ip)";
    Problem::unavailable(detail, RETRY_AFTER)
}

/// Accepts connections, within the limits.
struct Acceptor<L> {
    listener: L,
    limits: Arc<ConnectionLimits>,
    /// Permits for connections that are being refused.
    refusals: Arc<Semaphore>,
    /// When to try again after an error.
    pause: Option<Instant>,
    warned: Option<Instant>,
}

impl<L: Listener> Acceptor<L> {
    fn new(listener: L, limits: Arc<ConnectionLimits>) -> Self {
        Self {
            listener,
            limits,
            refusals: Arc::new(Semaphore::new(REFUSALS)),
            pause: None,
            warned: None,
        }
    }

    /// The next connection. Pauses after errors, and never gives up.
    ///
    /// Cancel safe.
    async fn accept(&mut self) -> (L::Stream, L::Address, ConnectionPermit) {
        let permit = self.limits.acquire().await;
        loop {
            if let Some(pause) = self.pause {
                sleep_until(pause).await;
                self.pause = None;
            }
            match self.listener.accept().await {
                Ok((stream, address)) => return (stream, address, permit),
                Err(error) if is_clients(&error) => {}
                Err(error) => self.wait_out(&error),
            }
        }
    }

    fn wait_out(&mut self, error: &io::Error) {
        self.limits.errors.add(1);
        let now = Instant::now();
        self.pause = Some(now + ACCEPT_PAUSE);
        if self.warned.is_none_or(|warned| now >= warned + WARN_EVERY) {
            self.warned = Some(now);
            tracing::warn!(%error, "cannot accept a connection; trying again");
        }
    }
}

/// Errors of `accept` that concern a single connection, which ended before it was accepted.
fn is_clients(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset)
}
