//! Layers that others wrote, around streams, and streams that are not bolt's.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bolt::axum::http::{HeaderMap, HeaderName, HeaderValue};
use bolt::axum::response::sse::{self, KeepAlive, Sse};
use bolt::axum::routing::get;
use bolt::prelude::*;
use bolt_tests::Server;
use bytes::Bytes;
use tokio::sync::Mutex;
use tokio::sync::mpsc::unbounded_channel;
use tower_http::compression::CompressionLayer;
use tower_http::set_header::SetResponseHeaderLayer;
use tower_http::trace::TraceLayer;

use crate::compression::{fed, read_each};

#[stream(get, "/three")]
async fn three() -> u32 {
    for n in 0..3 {
        emit!(n);
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

#[tokio::test]
async fn a_compressed_event_is_readable_before_the_next_is_made() {
    let (feed, fed_by) = unbounded_channel();
    // By default the layer leaves event streams alone.
    let layer = CompressionLayer::new().compress_when(|_, _, _: &_, _: &_| true);
    let app = App::new().mount::<fed>().layer(layer).state(Arc::new(Mutex::new(fed_by)));
    let server = Server::start(app).await;
    read_each(&server, feed, "gzip").await;
}

#[tokio::test]
async fn layers_see_the_head_every_chunk_and_the_end() {
    let (chunks, ends) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let (chunk, end) = (Arc::clone(&chunks), Arc::clone(&ends));
    let trace = TraceLayer::new_for_http()
        .on_body_chunk(move |_: &Bytes, _: Duration, _: &tracing::Span| {
            chunk.fetch_add(1, Ordering::SeqCst);
        })
        .on_eos(move |_: Option<&HeaderMap>, _: Duration, _: &tracing::Span| {
            end.fetch_add(1, Ordering::SeqCst);
        });
    let name = HeaderName::from_static("x-layer");
    let mark = SetResponseHeaderLayer::overriding(name, HeaderValue::from_static("seen"));
    let server = Server::start(App::new().mount::<three>().layer(trace).layer(mark)).await;
    for round in 1..4 {
        let mut events = server.client().events("/three").await;
        assert_eq!(events.headers()["x-layer"], "seen");
        assert_eq!(events.rest_data().await, ["0", "1", "2"]);
        assert_eq!(ends.load(Ordering::SeqCst), round);
        assert!(chunks.load(Ordering::SeqCst) >= 3 * round);
    }
}

/// axum's own way.
async fn axums() -> Sse<impl tokio_stream::Stream<Item = Result<sse::Event, Infallible>>> {
    let events = async_stream::stream! {
        for n in 0..3 {
            yield Ok(sse::Event::default().data(n.to_string()));
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    Sse::new(events).keep_alive(KeepAlive::new().interval(Duration::from_millis(5)))
}

#[tokio::test]
async fn streams_of_axum_are_served_as_well() {
    let server = Server::start(App::new().route("/axums", get(axums)).mount::<three>()).await;
    let mut events = server.client().events("/axums").await;
    assert_eq!(events.rest_data().await, ["0", "1", "2"]);
    assert!(!events.parser().comments.is_empty());
    let mut client = server.connect().await;
    for path in ["/axums", "/three", "/axums"] {
        client.get(path).await;
        assert!(client.response().await.text().contains("data: 2\n\n"), "{path}");
    }
}
