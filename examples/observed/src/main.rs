//! Streams as spans of OpenTelemetry, in the trace of whoever asked for them.
//!
//! `cargo run -p observed` sends to a collector on this machine (`http://localhost:4318`); the variables of OpenTelemetry,
//! such as `OTEL_EXPORTER_OTLP_ENDPOINT`, say where else. Metrics are at <http://127.0.0.1:8080/metrics>.

use std::error::Error;
use std::time::Duration;

use bolt::axum::extract::Request;
use bolt::axum::http::HeaderMap;
use bolt::axum::middleware::{Next, from_fn};
use bolt::axum::response::Response;
use bolt::prelude::*;
use opentelemetry::propagation::{Extractor, TextMapPropagator as _};
use opentelemetry::trace::TracerProvider as _;
use opentelemetry_otlp::SpanExporter;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::SdkTracerProvider;
use tracing::Instrument as _;
use tracing::level_filters::LevelFilter;
use tracing_opentelemetry::OpenTelemetrySpanExt as _;
use tracing_subscriber::fmt;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

/// Counts down, and says so in the log.
#[stream(get, "/countdown/{from}")]
async fn countdown(Path(from): Path<u32>) -> u32 {
    for n in (0..=from).rev() {
        emit!(n);
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    // An event of the stream's span, as a collector shows it.
    tracing::info!("lift-off");
}

/// The headers of a request, as OpenTelemetry reads them.
struct Headers<'a>(&'a HeaderMap);

impl Extractor for Headers<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key)?.to_str().ok()
    }

    fn keys(&self) -> Vec<&str> {
        self.0.keys().map(|name| name.as_str()).collect()
    }
}

/// A span around each request, in the trace that the caller has begun. The span of a stream is made inside of it, and
/// lasts for as long as the stream.
async fn in_the_callers_trace(request: Request, next: Next) -> Response {
    let caller = TraceContextPropagator::new().extract(&Headers(request.headers()));
    let path = request.uri().path();
    let span = tracing::info_span!("request", otel.kind = "server", url.path = path);
    // An error is that nothing exports spans.
    let _ = span.set_parent(caller);
    next.run(request).instrument(span).await
}

fn main() -> Result<(), Box<dyn Error>> {
    let exporter = SpanExporter::builder().with_http().build()?;
    let provider = SdkTracerProvider::builder()
        .with_batch_exporter(exporter)
        .with_resource(Resource::builder().with_service_name("observed").build())
        .build();
    // The program's own subscriber: bolt sets up none.
    tracing_subscriber::registry()
        .with(LevelFilter::INFO)
        .with(fmt::layer().with_writer(std::io::stderr).with_ansi(false))
        .with(tracing_opentelemetry::layer().with_tracer(provider.tracer("observed")))
        .init();
    let served = App::new().mount::<countdown>().layer(from_fn(in_the_callers_trace)).run();
    // Sends what is left.
    provider.shutdown()?;
    Ok(served?)
}
