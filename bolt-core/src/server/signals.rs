//! The signals that end an app.

use std::io;
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use tokio::runtime::Builder;

use crate::latch::Latch;

/// Waits for SIGTERM or Ctrl-C; for [`App::serve_until`](crate::App::serve_until).
///
/// From the first call on, these signals no longer end the process by themselves.
///
/// # Errors
/// When the system does not let the process wait for them.
pub async fn shutdown_signal() -> io::Result<()> {
    Signals::new()?.next().await;
    Ok(())
}

/// The signals from now on. None that arrives between two waits is lost.
#[cfg(unix)]
pub(super) struct Signals {
    terminate: tokio::signal::unix::Signal,
    interrupt: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    pub(super) fn new() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        let terminate = signal(SignalKind::terminate())?;
        Ok(Self { terminate, interrupt: signal(SignalKind::interrupt())? })
    }

    /// The number of the next one.
    pub(super) async fn next(&mut self) -> i32 {
        use tokio::signal::unix::SignalKind;
        tokio::select! {
            _ = self.terminate.recv() => SignalKind::terminate().as_raw_value(),
            _ = self.interrupt.recv() => SignalKind::interrupt().as_raw_value(),
        }
    }
}

/// Ctrl-C, on systems without signals.
#[cfg(not(unix))]
pub(super) struct Signals;

#[cfg(not(unix))]
impl Signals {
    #[expect(clippy::unnecessary_wraps, reason = "as on unix")]
    pub(super) fn new() -> io::Result<Self> {
        Ok(Self)
    }

    /// The number of the next one.
    pub(super) async fn next(&mut self) -> i32 {
        match tokio::signal::ctrl_c().await {
            Ok(()) => 2,
            Err(_) => std::future::pending().await,
        }
    }
}

/// A signal this soon after the first counts as the same.
const SAME_SIGNAL: Duration = Duration::from_millis(500);

/// Sets the latch at the first signal, and ends the process at the second. Returns once the handlers are installed.
///
/// Runs in a thread of its own: the others may be stuck, which may be why the app is told to stop.
///
/// # Errors
/// When the system does not let the process wait for signals.
pub(super) fn attend(ending: Arc<Latch>) -> io::Result<()> {
    let runtime = Builder::new_current_thread().enable_io().build()?;
    let (listens, listening) = mpsc::channel();
    let attend = async move {
        let mut signals = match Signals::new() {
            Ok(signals) => signals,
            Err(error) => return drop(listens.send(Err(error))),
        };
        drop(listens.send(Ok(())));
        signals.next().await;
        ending.set();
        let first = Instant::now();
        // Programs such as `timeout` signal both the process and its group, and mean one signal.
        let mut signal = signals.next().await;
        while first.elapsed() < SAME_SIGNAL {
            signal = signals.next().await;
        }
        tracing::warn!("a second signal: ending at once");
        exit(128 + signal);
    };
    thread::Builder::new().name("signals".to_owned()).spawn(move || runtime.block_on(attend))?;
    listening.recv().unwrap_or_else(|_| Err(io::ErrorKind::Other.into()))
}

#[expect(clippy::exit, reason = "what a second signal asks for")]
fn exit(status: i32) {
    std::process::exit(status);
}
