//! `Link`: how a request reaches the app, and what has become of the app when it does not.

use std::net::SocketAddr;
use std::time::Duration;

use axum::body::Body;
use axum::http::{Request, response};
use tokio::net::TcpStream;
use tokio::sync::watch;

use super::exchange::Exchange;
use super::patience::within;
use super::pipes::Caller;

/// How long a request that failed waits to hear that the app has ended, which would be the reason.
const HEARSAY: Duration = Duration::from_millis(200);

#[derive(Clone, Debug)]
pub(super) struct Link {
    pub(super) transport: Transport,
    /// The longest wait for anything.
    pub(super) limit: Duration,
    /// Why the app has ended, once it has.
    pub(super) outcome: watch::Receiver<Option<String>>,
}

/// Where the app listens.
#[derive(Clone, Debug)]
pub(super) enum Transport {
    Pipes(Caller),
    Tcp(SocketAddr),
}

impl Link {
    /// What requests name as their host.
    pub(super) fn host(&self) -> String {
        match &self.transport {
            Transport::Pipes(_) => "localhost".to_owned(),
            Transport::Tcp(address) => address.to_string(),
        }
    }

    /// Sends a request on a connection of its own.
    ///
    /// # Errors
    /// Why there is no answer, in words.
    pub(super) async fn begin(
        &self,
        request: Request<Body>,
    ) -> Result<(response::Parts, Exchange), String> {
        let begun = match &self.transport {
            Transport::Pipes(caller) => match caller.call() {
                Ok(stream) => Exchange::begin(stream, request).await.map_err(|e| e.to_string()),
                Err(error) => Err(error.to_string()),
            },
            Transport::Tcp(address) => match TcpStream::connect(address).await {
                Ok(stream) => Exchange::begin(stream, request).await.map_err(|e| e.to_string()),
                Err(error) => Err(error.to_string()),
            },
        };
        match begun {
            Ok(begun) => Ok(begun),
            Err(error) => Err(self.end_of_app().await.unwrap_or(error)),
        }
    }

    /// Why the app has ended, when it has.
    pub(super) async fn end_of_app(&self) -> Option<String> {
        let mut outcome = self.outcome.clone();
        let said = within(HEARSAY, outcome.wait_for(Option::is_some)).await?;
        said.ok().and_then(|said| said.clone())
    }
}
