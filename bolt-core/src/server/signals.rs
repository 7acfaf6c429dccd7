//! The signals that end an app.

use std::io;

/// Waits for SIGTERM or Ctrl-C; for [`App::serve_until`](crate::App::serve_until).
///
/// From the first call on, these signals no longer end the process by themselves.
///
/// # Errors
/// When the system does not let the process wait for them.
pub async fn shutdown_signal() -> io::Result<()> {
    next().await.map(|_| ())
}

/// The number of the next signal.
#[cfg(unix)]
pub(super) async fn next() -> io::Result<i32> {
    use tokio::signal::unix::{SignalKind, signal};

    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    tokio::select! {
        _ = terminate.recv() => Ok(SignalKind::terminate().as_raw_value()),
        _ = interrupt.recv() => Ok(SignalKind::interrupt().as_raw_value()),
    }
}

/// The number of the next signal.
#[cfg(not(unix))]
pub(super) async fn next() -> io::Result<i32> {
    tokio::signal::ctrl_c().await.map(|()| 2)
}
