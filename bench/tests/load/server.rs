//! A server that says what it is told to.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

/// The head of a stream in chunks.
pub(crate) const HEAD: &str =
    "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n";

/// The end of one.
pub(crate) const END: &str = "0\r\n\r\n";

pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    connections: Arc<AtomicUsize>,
}

impl Server {
    /// Handles every connection on a thread of its own. `serve` gets its number, counted from 0; the connection is
    /// closed when it returns.
    pub(crate) fn start(
        serve: impl Fn(usize, &mut Connection) -> io::Result<()> + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        let connections = Arc::new(AtomicUsize::new(0));
        let (serve, count) = (Arc::new(serve), Arc::clone(&connections));
        thread::spawn(move || {
            for socket in listener.incoming().flatten() {
                let number = count.fetch_add(1, Ordering::SeqCst);
                let serve = Arc::clone(&serve);
                // The tool may leave at any time.
                thread::spawn(move || _ = serve(number, &mut Connection(socket)));
            }
        });
        Self { address, connections }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}/events?of=all", self.address)
    }

    pub(crate) fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }
}

pub(crate) struct Connection(pub(crate) TcpStream);

impl Connection {
    /// Reads a request without a body.
    pub(crate) fn request(&mut self) -> io::Result<String> {
        let mut request = String::new();
        while !request.ends_with("\r\n\r\n") {
            let mut byte = [0];
            self.0.read_exact(&mut byte)?;
            request.push(byte[0].into());
        }
        Ok(request)
    }

    pub(crate) fn send(&mut self, text: impl AsRef<[u8]>) -> io::Result<()> {
        self.0.write_all(text.as_ref())
    }

    pub(crate) fn chunk(&mut self, text: &str) -> io::Result<()> {
        self.send(format!("{:x}\r\n{text}\r\n", text.len()))
    }

    /// Until the tool closes the connection.
    pub(crate) fn hold(&mut self) -> io::Result<()> {
        io::copy(&mut self.0, &mut io::sink()).map(drop)
    }
}
