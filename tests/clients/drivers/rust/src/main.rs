//! Clients in Rust that others wrote, as their READMEs use them; `drive.mjs` says how a driver speaks.
//!
//! The argument names the crate.

use std::collections::HashMap;
use std::error::Error;

use eventsource_client::Client as _;
use futures::StreamExt as _;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, BufReader, stdin};
use tokio::task::JoinHandle;

/// Prints what the client of one stream shows its user.
struct Show(String);

impl Show {
    fn print(&self, mut shown: Value) {
        shown["key"] = json!(self.0);
        println!("{shown}");
    }

    fn event(&self, name: &str, id: Option<&str>, data: &str) {
        self.print(json!({ "what": "event", "name": name, "id": id, "data": data }));
    }

    fn error(&self, error: &dyn Error) {
        self.print(json!({ "what": "error", "text": error.to_string() }));
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let name = std::env::args().nth(1).expect("the name of a crate");
    let mut tasks: HashMap<String, JoinHandle<()>> = HashMap::new();
    let mut lines = BufReader::new(stdin()).lines();
    println!("ready");
    while let Some(line) = lines.next_line().await.expect("text") {
        let command: Value = serde_json::from_str(&line).expect("JSON");
        if let Some(key) = command["open"].as_str() {
            let url = command["url"].as_str().expect("an address").to_owned();
            let last = command["last"].as_str().map(str::to_owned);
            let run = run(name.clone(), Show(key.to_owned()), url, last);
            tasks.insert(key.to_owned(), tokio::spawn(run));
        } else if let Some(task) = command["close"].as_str().and_then(|key| tasks.remove(key)) {
            task.abort();
        }
    }
}

async fn run(name: String, show: Show, url: String, last: Option<String>) {
    let read = match name.as_str() {
        "reqwest-eventsource" => reqwest_eventsource(&show, &url).await,
        "eventsource-client" => eventsource_client(&show, &url, true).await,
        "eventsource-client-bare" => eventsource_client(&show, &url, false).await,
        "sse-stream" => sse_stream(&show, &url, last).await,
        _ => panic!("no client named {name}"),
    };
    if let Err(error) = read {
        show.error(&*error);
    }
    show.print(json!({ "what": "end" }));
}

async fn reqwest_eventsource(show: &Show, url: &str) -> Result<(), Box<dyn Error>> {
    use reqwest_eventsource::{Event, EventSource};

    let mut source = EventSource::get(url);
    while let Some(event) = source.next().await {
        match event {
            Ok(Event::Open) => {}
            Ok(Event::Message(event)) => show.event(&event.event, Some(&event.id), &event.data),
            Err(error) => show.error(&error),
        }
    }
    Ok(())
}

/// It asks again after every end, so that it is up to its user to `stop` at the last event.
async fn eventsource_client(show: &Show, url: &str, stop: bool) -> Result<(), Box<dyn Error>> {
    use eventsource_client::{ClientBuilder, SSE};
    use launchdarkly_sdk_transport::HyperTransport;

    let client = ClientBuilder::for_url(url)?.build_with_transport(HyperTransport::new()?);
    let mut stream = client.stream();
    while let Some(event) = stream.next().await {
        match event {
            Ok(SSE::Event(event)) => {
                show.event(&event.event_type, event.id.as_deref(), &event.data);
                if stop && event.id.as_deref() == Some("bolt-finished") {
                    break;
                }
            }
            Ok(SSE::Connected(_) | SSE::Comment(_)) => {}
            Err(error) => show.error(&error),
        }
    }
    Ok(())
}

/// A parser only: `reqwest` asks, and the id is remembered by hand.
async fn sse_stream(show: &Show, url: &str, last: Option<String>) -> Result<(), Box<dyn Error>> {
    let mut request = reqwest::Client::new().get(url).header("accept", "text/event-stream");
    if let Some(last) = last {
        request = request.header("last-event-id", last);
    }
    let response = request.send().await?.error_for_status()?;
    let mut events = sse_stream::SseStream::from_bytes_stream(response.bytes_stream());
    while let Some(event) = events.next().await {
        let event = event?;
        let name = event.event.as_deref().unwrap_or("message");
        show.event(name, event.id.as_deref(), event.data.as_deref().unwrap_or_default());
    }
    Ok(())
}
