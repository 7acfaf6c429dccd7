//! A client that reads streams as events.

use std::collections::VecDeque;

use reqwest::header::HeaderMap;
use reqwest::{Method, RequestBuilder, Response, StatusCode};
use serde::de::DeserializeOwned;
use tokio::time::timeout;

use crate::PATIENCE;
use crate::notice::is_notice;
use crate::spec::{Dispatched, Parser};

/// Sends requests to one server.
#[derive(Clone, Debug)]
pub struct Client {
    base: String,
    http: reqwest::Client,
}

impl Client {
    /// A client of the server at `base`, such as `http://127.0.0.1:8080`.
    pub fn new(base: String) -> Self {
        Self { base, http: reqwest::Client::new() }
    }

    /// A request, to be completed and sent.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, format!("{}{path}", self.base))
    }

    /// The answer to a GET.
    pub async fn get(&self, path: &str) -> Response {
        answer(self.request(Method::GET, path)).await
    }

    /// A GET as a browser's EventSource sends it.
    pub fn event_source(&self, path: &str) -> RequestBuilder {
        let request = self.request(Method::GET, path);
        request.header("accept", "text/event-stream").header("cache-control", "no-cache")
    }

    /// The events of a GET, which must be an event stream.
    pub async fn events(&self, path: &str) -> Events {
        Events::of(self.get(path).await)
    }
}

/// Sends a request and waits for the head of its answer.
pub async fn answer(request: RequestBuilder) -> Response {
    timeout(PATIENCE, request.send()).await.expect("no answer came").expect("the request was sent")
}

/// An event stream that is being read.
#[derive(Debug)]
pub struct Events {
    response: Response,
    parser: Parser,
    ready: VecDeque<Dispatched>,
    notices: Vec<Dispatched>,
}

impl Events {
    /// Reads a response as events.
    pub fn of(response: Response) -> Self {
        assert_eq!(response.status(), StatusCode::OK);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        Self { response, parser: Parser::default(), ready: VecDeque::new(), notices: Vec::new() }
    }

    /// The next event that the function sent, or the error; `None` at the end of the stream.
    pub async fn next(&mut self) -> Option<Dispatched> {
        while self.ready.is_empty() {
            let chunk = timeout(PATIENCE, self.response.chunk()).await;
            let chunk =
                chunk.expect("the stream neither sent nor ended").expect("the body is whole");
            for event in self.parser.feed(&chunk?) {
                match is_notice(&event) {
                    true => self.notices.push(event),
                    false => self.ready.push_back(event),
                }
            }
        }
        self.ready.pop_front()
    }

    /// The data of the next event, from its JSON.
    pub async fn next_json<T: DeserializeOwned>(&mut self) -> T {
        let event = self.next().await.expect("the stream goes on");
        serde_json::from_str(&event.data).expect("the data is the JSON that was expected")
    }

    /// All events up to the end.
    pub async fn rest(&mut self) -> Vec<Dispatched> {
        let mut events = Vec::new();
        while let Some(event) = self.next().await {
            events.push(event);
        }
        events
    }

    /// The data of all events up to the end.
    pub async fn rest_data(&mut self) -> Vec<String> {
        self.rest().await.into_iter().map(|event| event.data).collect()
    }

    /// What bolt has said of the stream so far: where it begins, and that it has ended.
    pub fn notices(&self) -> &[Dispatched] {
        &self.notices
    }

    /// What the stream said beside its events.
    pub fn parser(&self) -> &Parser {
        &self.parser
    }

    /// The headers of the response.
    pub fn headers(&self) -> &HeaderMap {
        self.response.headers()
    }
}
