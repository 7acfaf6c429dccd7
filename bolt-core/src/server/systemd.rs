//! What systemd, or another service manager, passes to the app and hears from it.

use std::io;
use std::net::TcpListener;
use std::os::unix::net::UnixListener;

use listenfd::ListenFd;
use sd_notify::NotifyState;
use socket2::SockRef;

use crate::error::{Error, Result};

/// A listener that somebody else has opened.
pub(super) enum Passed {
    Tcp(TcpListener),
    Unix(UnixListener),
}

/// The listener that was passed to the process, if one was (`LISTEN_FDS`).
///
/// For the beginning, when there is one thread: it takes the variables out of the environment.
pub(super) fn passed() -> Result<Option<Passed>> {
    let mut passed = ListenFd::from_env();
    match passed.len() {
        0 => Ok(None),
        1 => take(&mut passed).map(Some).map_err(Error::passed_socket),
        count => Err(Error::passed_socket(io::Error::other(format!("there are {count}")))),
    }
}

fn take(passed: &mut ListenFd) -> io::Result<Passed> {
    let (taken, listens) = match passed.take_tcp_listener(0) {
        Ok(Some(tcp)) => {
            let listens = SockRef::from(&tcp).is_listener()?;
            (Passed::Tcp(tcp), listens)
        }
        _ => {
            let unix = passed.take_unix_listener(0)?;
            let unix = unix.ok_or_else(|| io::Error::other("it is not there"))?;
            let listens = SockRef::from(&unix).is_listener()?;
            (Passed::Unix(unix), listens)
        }
    };
    // With `Accept=yes`, systemd would pass a connection.
    if listens { Ok(taken) } else { Err(io::Error::other("it does not listen")) }
}

/// Says that the app serves.
pub(super) fn ready() {
    tell(NotifyState::Ready);
}

/// Says that the app is about to end.
pub(super) fn stopping() {
    tell(NotifyState::Stopping);
}

fn tell(state: NotifyState<'_>) {
    if let Err(error) = sd_notify::notify(&[state]) {
        tracing::warn!(%error, "cannot tell the service manager (NOTIFY_SOCKET)");
    }
}
