//! Listening on a unix socket: a path in place of an address.

use std::fs::{self, File, TryLockError};
use std::io;
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use socket2::{Domain, SockAddr, SockRef, Socket, Type};
use tokio::net::{UnixListener, UnixStream};

use super::cores::Share;
use super::listener::Listener;

/// An app that starts at the same time is waited for, but not longer than a second.
const LOCK_TRIES: u32 = 50;
const LOCK_PAUSE: Duration = Duration::from_millis(20);

/// A listener whose file goes with it.
pub(super) struct UnixSocket {
    // The first to be dropped: a file without a listener would be taken for that of an app that has crashed, and
    // replaced; removing it then would remove the file of the next app. None when it belongs to whoever passed it.
    _file: Option<SocketFile>,
    listener: UnixListener,
}

impl UnixSocket {
    /// A listener that was opened by somebody else.
    #[cfg(target_os = "linux")]
    pub(super) fn passed(listener: UnixListener) -> Self {
        Self { _file: None, listener }
    }
}

impl Share for UnixSocket {
    fn share(&self) -> io::Result<Socket> {
        SockRef::from(&self.listener).try_clone()
    }

    fn join(socket: Socket) -> io::Result<Self> {
        // The file goes with the first.
        Ok(Self { _file: None, listener: UnixListener::from_std(socket.into())? })
    }
}

impl Listener for UnixSocket {
    type Stream = UnixStream;
    type Address = <UnixListener as Listener>::Address;

    async fn accept(&mut self) -> io::Result<(Self::Stream, Self::Address)> {
        Listener::accept(&mut self.listener).await
    }

    fn name(&self) -> String {
        self.listener.name()
    }
}

/// Listens at a path. The file of an app that has crashed is replaced, any other is left alone.
pub(super) fn bind(path: &Path, backlog: u32) -> io::Result<UnixSocket> {
    if path.as_os_str().is_empty() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "there is no path"));
    }
    // Of two apps that start at once, one would find the file of the other before it listens, and replace it. A
    // folder that cannot be opened has no such lock.
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let lock = File::open(folder.unwrap_or(Path::new("."))).ok();
    lock.as_ref().map_or(Ok(()), wait_for_lock)?;
    let address = SockAddr::unix(path)?;
    let socket = Socket::new(Domain::UNIX, Type::STREAM, None)?;
    if let Err(error) = socket.bind(&address) {
        if error.kind() != io::ErrorKind::AddrInUse {
            return Err(error);
        }
        remove_if_dead(path, &address)?;
        socket.bind(&address)?;
    }
    let file = SocketFile::of(path)?;
    socket.listen(i32::try_from(backlog).unwrap_or(i32::MAX))?;
    socket.set_nonblocking(true)?;
    Ok(UnixSocket { _file: Some(file), listener: UnixListener::from_std(socket.into())? })
}

/// Takes the lock; it goes with the file. Whoever may read the folder can hold it, so not for ever.
fn wait_for_lock(folder: &File) -> io::Result<()> {
    for _ in 0..LOCK_TRIES {
        match folder.try_lock() {
            Err(TryLockError::WouldBlock) => thread::sleep(LOCK_PAUSE),
            // Not every file system has locks.
            Ok(()) | Err(TryLockError::Error(_)) => return Ok(()),
        }
    }
    Err(io::Error::new(io::ErrorKind::ResourceBusy, "another process holds a lock on the folder"))
}

/// Removes a socket that nobody listens on.
fn remove_if_dead(path: &Path, address: &SockAddr) -> io::Result<()> {
    if !fs::symlink_metadata(path)?.file_type().is_socket() {
        return Err(io::Error::new(
            io::ErrorKind::AlreadyExists,
            "there is a file of another kind",
        ));
    }
    let client = Socket::new(Domain::UNIX, Type::STREAM, None)?;
    // One that listens and has no time would be waited for.
    client.set_nonblocking(true)?;
    match client.connect(address) {
        Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => fs::remove_file(path),
        Err(error) if error.kind() != io::ErrorKind::WouldBlock => Err(error),
        _ => Err(io::ErrorKind::AddrInUse.into()),
    }
}

/// The file of a socket. It is removed when this is dropped, unless another has been put in its place.
struct SocketFile {
    path: PathBuf,
    id: (u64, u64),
}

impl SocketFile {
    fn of(path: &Path) -> io::Result<Self> {
        // Should the app change its folder meanwhile.
        Ok(Self { path: std::path::absolute(path)?, id: id(path)? })
    }
}

impl Drop for SocketFile {
    fn drop(&mut self) {
        if id(&self.path).is_ok_and(|id| id == self.id) {
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// What tells a file from another of the same path.
fn id(path: &Path) -> io::Result<(u64, u64)> {
    let file = fs::symlink_metadata(path)?;
    Ok((file.dev(), file.ino()))
}
