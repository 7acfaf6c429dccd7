//! Streams of another server, read over a socket and sent on.

use std::sync::Arc;

use bolt::Text;
use bolt::extract::Events;
use bolt::prelude::*;
use bolt_tests::{Probe, Server};
use tokio::runtime::Handle;
use tokio::sync::Semaphore;

/// How many numbers the other server may give.
#[derive(Clone, Debug)]
struct Source {
    allowed: Arc<Semaphore>,
    probe: Probe,
}

/// A number for each that is allowed.
#[stream(get, "/numbers")]
async fn numbers(State(source): State<Source>) -> u32 {
    let _inside = source.probe.enter();
    for n in 0.. {
        source.allowed.acquire().await.expect("it is never closed").forget();
        emit!(n);
    }
}

/// Where the other server is.
#[derive(Clone, Debug)]
struct Address(String);

async fn ask(Address(url): Address) -> Events<Text> {
    let answer = reqwest::get(url).await.expect("an answer");
    Events::from_body(reqwest::Body::from(answer))
}

/// What the other server sends.
#[stream(get, "/relay")]
async fn relay(State(address): State<Address>) -> Result<Text, Problem> {
    let mut events = ask(address).await;
    while let Some(event) = events.next().await {
        emit!(event?.data);
    }
}

/// The same on a thread.
#[stream(get, "/relay/blocking")]
fn relay_blocking(State(address): State<Address>) -> Result<Text, Problem> {
    for event in Handle::current().block_on(ask(address)) {
        emit!(event?.data);
    }
}

#[tokio::test]
async fn each_event_is_sent_on_when_it_comes_and_no_longer_than_somebody_reads() {
    let source = Source { allowed: Arc::new(Semaphore::new(0)), probe: Probe::default() };
    let other = Server::start(App::new().mount::<numbers>().state(source.clone())).await;
    let app = App::new().mount::<relay>().mount::<relay_blocking>();
    let server = Server::start(app.state(Address(other.url("/numbers")))).await;
    for path in ["/relay", "/relay/blocking"] {
        let mut client = server.connect().await;
        client.get(path).await;
        for n in 0..3 {
            source.allowed.add_permits(1);
            client.until(&format!("data: {n}\n\n")).await;
        }
        source.probe.opens(1).await;
        // It waits for the other server, and is told that nobody wants more.
        drop(client);
        source.probe.opens(0).await;
    }
}
