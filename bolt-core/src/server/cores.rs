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

use super::listener::Listener;
use super::places::Places;
use super::serve::{accept, say};
use crate::app::Parts;
use crate::error::{Error, Result};
use crate::word::Word;

/// How much longer than this thread another may take to end.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// A listener that several runtimes take connections from.
pub(super) trait Share: Listener + Sized {
    /// The same socket once more.
    fn share(&self) -> io::Result<Socket>;

    /// A listener of the runtime that this is called in.
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

/// Serves on this thread and on as many others as make `cores`, until `shutdown` is ready and all connections have
/// ended. Each thread takes a connection when it has time for it.
pub(super) async fn serve<L: Share>(
    parts: Parts<()>,
    listener: L,
    cores: usize,
    runtime: impl Fn() -> Result<Runtime>,
    shutdown: impl Future<Output = ()>,
) -> Result<()> {
    let ending = Arc::new(Word::default());
    let places = Arc::new(Places::new(&parts.settings.server));
    let mut others = Vec::new();
    for number in 1..cores {
        let (socket, runtime) = (listener.share().map_err(Error::runtime)?, runtime()?);
        let (parts, places, ending) = (parts.clone(), Arc::clone(&places), Arc::clone(&ending));
        let (ended, end) = oneshot::channel::<()>();
        let run = move || {
            runtime.block_on(async {
                match L::join(socket) {
                    Ok(listener) => accept(parts, places, listener, ending.heard()).await,
                    Err(error) => tracing::error!(%error, "a core takes no connections"),
                }
            });
            runtime.shutdown_background();
            drop(ended);
        };
        thread::Builder::new().name(format!("core-{number}")).spawn(run).map_err(Error::runtime)?;
        others.push(end);
    }
    say(&listener, &parts.settings.server);
    let shutdown = async {
        shutdown.await;
        ending.say();
    };
    accept(parts, places, listener, shutdown).await;
    for end in others {
        // It is not waited for longer than a generator that does not end.
        let _ = timeout(LAST_WORDS, end).await;
    }
    Ok(())
}
