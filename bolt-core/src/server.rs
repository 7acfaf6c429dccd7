//! Running an app: the runtime, the listener, the log.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};

use axum::serve::ListenerExt;
use tokio::net::TcpListener;
use tracing::Level;

use crate::app::App;
use crate::error::{Error, Result};
use crate::stream::BLOCKING_STREAMS;

/// Where [`App::run`] listens.
const ADDRESS: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 8080);

/// Threads kept free of blocking streams, so that files and DNS, which use the same pool, keep working.
const BLOCKING_HEADROOM: usize = 64;

impl App {
    /// Runs the app on `127.0.0.1:8080` until the process is ended. For `fn main`: it builds the runtime.
    ///
    /// The log goes to standard error, unless the program has set up `tracing` itself.
    ///
    /// # Errors
    /// When two streams are on one route, the address is taken, or the runtime cannot be built.
    ///
    /// # Panics
    /// When called from inside an async runtime; use [`serve`](Self::serve) there.
    pub fn run(self) -> Result<()> {
        // Fails when the program has its own subscriber, which then is the log.
        let _ = tracing_subscriber::fmt()
            .with_max_level(Level::INFO)
            .with_writer(io::stderr)
            .try_init();
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .enable_all()
            .max_blocking_threads(BLOCKING_STREAMS + BLOCKING_HEADROOM)
            .build()
            .map_err(Error::runtime)?;
        let served = runtime.block_on(async {
            let listener =
                TcpListener::bind(ADDRESS).await.map_err(|error| Error::bind(ADDRESS, error))?;
            self.serve(listener).await
        });
        // A blocking generator may still run; do not wait for it.
        runtime.shutdown_background();
        served
    }

    /// Serves the app on a listener, for those who have a runtime.
    ///
    /// tokio's pool of blocking threads is 512 by default. Build the runtime with
    /// `max_blocking_threads` above the number of blocking streams that are to run at once.
    ///
    /// # Errors
    /// When two streams are on one route, or the listener fails.
    ///
    /// # Cancellation
    /// Dropped, it stops accepting; open connections go on until the runtime ends.
    pub async fn serve(self, listener: TcpListener) -> Result<()> {
        let router = self.into_router()?;
        let address = listener.local_addr().map_err(Error::serve)?;
        tracing::info!("listening on http://{address}");
        // An event is sent when it is emitted, not when the segment is full (Nagle).
        let listener = listener.tap_io(|stream| {
            if let Err(error) = stream.set_nodelay(true) {
                tracing::debug!(%error, "cannot set TCP_NODELAY");
            }
        });
        axum::serve(listener, router).await.map_err(Error::serve)
    }
}
