//! An app that serves on a port of its own.

use std::net::SocketAddr;

use bolt::App;
use bolt::axum::Router;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

use crate::client::Client;
use crate::wire::Raw;

/// A running app; it stops when this is dropped.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    task: JoinHandle<()>,
}

impl Server {
    /// Serves the app on a free port of this machine.
    pub async fn start(app: App) -> Self {
        let (listener, address) = listen().await;
        let task = tokio::spawn(async move { app.serve(listener).await.expect("the app serves") });
        Self { address, task }
    }

    /// Serves a plain axum router, without an `App`.
    pub async fn start_router(router: Router) -> Self {
        let (listener, address) = listen().await;
        let task =
            tokio::spawn(async move { bolt::axum::serve(listener, router).await.expect("serves") });
        Self { address, task }
    }

    /// A connection to this server, for bytes.
    pub async fn connect(&self) -> Raw<TcpStream> {
        Raw::new(TcpStream::connect(self.address).await.expect("connected"))
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The address of a path.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// A client of this server.
    pub fn client(&self) -> Client {
        Client::new(format!("http://{}", self.address))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn listen() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("the listener has an address");
    (listener, address)
}
