//! A collector that is a route of axum's reads what the example exports.

use std::time::Duration;

use bolt::axum::body::Bytes;
use bolt::axum::routing::post;
use bolt::axum::{self, Router};
use bolt_tests::{Events, Process};
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::trace::v1::Span;
use prost::Message as _;
use tokio::net::TcpListener;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::time::timeout;

/// Where a collector listens, and what it is sent.
async fn collector() -> (String, UnboundedReceiver<Span>) {
    let (sent, spans) = unbounded_channel();
    let take = move |body: Bytes| {
        let sent = sent.clone();
        async move {
            let request = ExportTraceServiceRequest::decode(body).expect("OTLP as protobuf");
            let scopes = request.resource_spans.into_iter().flat_map(|spans| spans.scope_spans);
            for span in scopes.flat_map(|scope| scope.spans) {
                sent.send(span).expect("the test listens");
            }
        }
    };
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let router = Router::new().route("/v1/traces", post(take));
    tokio::spawn(async move { axum::serve(listener, router).await.expect("it serves") });
    (format!("http://{address}"), spans)
}

fn attribute(span: &Span, name: &str) -> Option<Value> {
    let found = span.attributes.iter().find(|attribute| attribute.key == name)?;
    found.value.clone()?.value
}

#[tokio::test]
async fn the_span_of_a_stream_reaches_a_collector_in_the_callers_trace() {
    let (address, mut spans) = collector().await;
    let vars = [("OTEL_EXPORTER_OTLP_ENDPOINT", &*address)];
    let mut process = Process::start(env!("CARGO_BIN_EXE_observed"), &vars).await;
    let client = process.client();
    let caller = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    let request = client.event_source("/countdown/3").header("traceparent", caller);
    let mut events = Events::of(bolt_tests::client::answer(request).await);
    assert_eq!(events.rest_data().await, ["3", "2", "1", "0"]);
    process.signal("TERM").await;
    assert_eq!(process.ended().await.code(), Some(0));
    let mut all = Vec::new();
    // It has sent all it had before it ended.
    while let Ok(Some(span)) = timeout(Duration::from_millis(200), spans.recv()).await {
        all.push(span);
    }
    let named = |name: &str| {
        let found = all.iter().find(|span| span.name == name);
        found.unwrap_or_else(|| panic!("no {name}: {all:?}"))
    };
    let (request, stream) = (named("request"), named("stream"));
    assert_eq!(request.parent_span_id, 0x00f0_67aa_0ba9_02b7_u64.to_be_bytes());
    assert_eq!(stream.parent_span_id, request.span_id);
    let trace = 0x4bf9_2f35_77b3_4da6_a3ce_929d_0e0e_4736_u128.to_be_bytes();
    assert_eq!((&request.trace_id[..], &stream.trace_id[..]), (&trace[..], &trace[..]));
    for (name, value) in [
        ("route", Value::StringValue("/countdown/{from}".to_owned())),
        ("kind", Value::StringValue("async".to_owned())),
        ("reason", Value::StringValue("finished".to_owned())),
        ("events", Value::IntValue(4)),
    ] {
        assert_eq!(attribute(stream, name), Some(value), "{name}: {:?}", stream.attributes);
    }
    let lasted = Duration::from_nanos(stream.end_time_unix_nano - stream.start_time_unix_nano);
    assert!(
        lasted >= Duration::from_millis(60),
        "the span lasts as long as the stream: {lasted:?}"
    );
    assert!(stream.events.iter().any(|event| event.name == "lift-off"), "{:?}", stream.events);
}
