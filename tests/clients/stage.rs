//! A server, which can be stopped and started again at its address.

use std::net::SocketAddr;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Mutex, oneshot};
use tokio::task::JoinHandle;

use crate::app::{Settings, app};
use crate::cell::Cells;

pub(crate) struct Stage {
    cells: Cells,
    settings: Settings,
    address: SocketAddr,
    running: Mutex<Option<Running>>,
}

struct Running {
    stop: oneshot::Sender<()>,
    served: JoinHandle<()>,
}

impl Stage {
    pub(crate) async fn start(cells: &Cells, settings: Settings) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let stage = Self {
            cells: cells.clone(),
            settings,
            address: listener.local_addr().expect("an address"),
            running: Mutex::default(),
        };
        stage.serve(listener).await;
        stage
    }

    async fn serve(&self, listener: TcpListener) {
        let (stop, stopped) = oneshot::channel();
        let app = app(&self.cells, self.settings);
        let until = async move { _ = stopped.await };
        let served = async move { app.serve_until(listener, until).await.expect("it serves") };
        *self.running.lock().await = Some(Running { stop, served: tokio::spawn(served) });
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Shuts it down as SIGTERM does.
    pub(crate) async fn shut_down(&self) {
        if let Some(Running { stop, served }) = self.running.lock().await.take() {
            _ = stop.send(());
            served.await.expect("no panic");
        }
    }

    /// Ends it as SIGKILL does: connections break.
    pub(crate) async fn kill(&self) {
        if let Some(Running { served, .. }) = self.running.lock().await.take() {
            served.abort();
            _ = served.await;
        }
    }

    /// Starts it again where it was.
    pub(crate) async fn start_again(&self) {
        let listener = TcpListener::bind(self.address).await.expect("its port is free again");
        self.serve(listener).await;
    }

    /// A client that has a thread for as long as it is connected.
    pub(crate) async fn occupy(&self) -> TcpStream {
        let mut stream = TcpStream::connect(self.address).await.expect("connected");
        let request = "GET /occupies HTTP/1.1\r\nhost: x\r\n\r\n";
        stream.write_all(request.as_bytes()).await.expect("sent");
        let mut head = [0; 12];
        stream.read_exact(&mut head).await.expect("a head");
        assert_eq!(&head, b"HTTP/1.1 200", "a thread");
        stream
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        if let Some(running) = self.running.get_mut() {
            running.served.abort();
        }
    }
}
