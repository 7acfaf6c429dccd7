//! The client of a server in valgrind.

use std::error::Error;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

/// Without a byte. In valgrind all takes some fifty times as long.
const SILENCE: Duration = Duration::from_secs(60);

const LAST_CHUNK: &[u8] = b"\r\n0\r\n\r\n";
const EVENT: &[u8] = b"event: token\n";

/// Reads a stream to its end, and then tells the server to end.
pub(super) fn read(address: &str, target: &str, events: u64) -> Result<(), Box<dyn Error>> {
    let mut socket = TcpStream::connect(address.trim())?;
    socket.set_read_timeout(Some(SILENCE))?;
    write!(socket, "GET {target} HTTP/1.1\r\nhost: {address}\r\n\r\n")?;
    let mut answer = Vec::new();
    let mut buffer = vec![0; 64 * 1024];
    while !answer.ends_with(LAST_CHUNK) {
        match socket.read(&mut buffer)? {
            0 => return Err("the server left before the stream ended".into()),
            count => answer.extend_from_slice(&buffer[..count]),
        }
    }
    let seen = answer.windows(EVENT.len()).filter(|part| *part == EVENT).count() as u64;
    if seen != events {
        return Err(format!("{seen} events of {events} arrived").into());
    }
    write!(socket, "GET /end HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n")?;
    socket.read_to_end(&mut answer)?;
    Ok(())
}
