//! `server.runtime = "per-core"`: a runtime of one thread for each core, and no task that moves between them.

use std::io;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use socket2::{SockRef, Socket};
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tokio::sync::oneshot;
use tokio::time::timeout;

use super::connection_limits::ConnectionLimits;
use super::listener::Listener;
use super::serve::{accept, leave, limits, say};
use crate::app::Parts;
use crate::error::{Error, Result};
use crate::latch::Latch;

/// How much longer than `server.drain` a thread may take to shut down.
const LAST_WORDS: Duration = Duration::from_secs(3);

/// A listener from which several runtimes accept connections.
pub(super) trait Share: Listener + Sized {
    /// Duplicates the socket.
    fn share(&self) -> io::Result<Socket>;

    /// Registers the listener with the current runtime.
    fn join(socket: Socket) -> io::Result<Self>;
}

impl Share for TcpListener {
    fn share(&self) -> io::Result<Socket> {
        SockRef::from(self).try_clone()
    }

    fn join(socket: Socket) -> io::Result<Self> {
        Self::from_std(socket.into())
    }
}

/// Serves on `cores` threads until `shutdown` completes and all connections have ended. Each thread accepts connections
/// when it has time. The calling thread accepts none.
pub(super) async fn serve<L: Share>(
    parts: Parts<()>,
    listener: L,
    cores: usize,
    runtime: impl Fn() -> Result<Runtime>,
    shutdown: impl Future<Output = ()>,
) -> Result<()> {
    let ending = Arc::new(Latch::default());
    let limits = limits(&parts);
    let core = Core { parts: parts.clone(), limits, ending: Arc::clone(&ending) };
    let start = |number| {
        let socket = listener.share().map_err(Error::runtime)?;
        core.clone().start::<L>(number, socket, runtime()?).map_err(Error::runtime)
    };
    let ends: Vec<_> = match (0..cores).map(start).collect() {
        Ok(ends) => ends,
        Err(error) => {
            // To those that have started.
            ending.set();
            return Err(error);
        }
    };
    say(&listener, &parts.settings.server);
    shutdown.await;
    leave(&parts.health, &parts.settings.server).await;
    ending.set();
    // The socket is closed when all have closed theirs.
    drop(listener);
    let all = async {
        for end in ends {
            // An error, for nothing is ever sent.
            let _ = end.await;
        }
    };
    // Each ends by itself in this time, unless something blocks it.
    let _ = timeout(parts.settings.server.drain + LAST_WORDS, all).await;
    Ok(())
}

/// What a thread serves.
#[derive(Clone)]
struct Core {
    parts: Parts<()>,
    limits: Arc<ConnectionLimits>,
    ending: Arc<Latch>,
}

impl Core {
    /// Starts a thread that takes connections. What it gives back is closed at its end.
    fn start<L: Share>(
        self,
        number: usize,
        socket: Socket,
        runtime: Runtime,
    ) -> io::Result<oneshot::Receiver<()>> {
        let (ended, end) = oneshot::channel();
        let stack = self.parts.settings.stream.blocking_stack;
        let run = move || {
            runtime.block_on(async {
                match L::join(socket) {
                    Ok(listener) => {
                        accept(self.parts, self.limits, listener, self.ending.wait()).await;
                    }
                    Err(error) => tracing::error!(%error, "a core takes no connections"),
                }
            });
            runtime.shutdown_background();
            drop::<oneshot::Sender<()>>(ended);
        };
        thread::Builder::new().name(format!("core-{number}")).stack_size(stack).spawn(run)?;
        Ok(end)
    }
}
