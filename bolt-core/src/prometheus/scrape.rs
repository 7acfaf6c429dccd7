//! The recorder, and the route that says what it has.

use std::sync::OnceLock;
use std::thread;
use std::time::Duration;

use axum::Router;
use axum::http::header;
use axum::routing::get;
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};

use crate::config::MetricsSettings;
use crate::observe::buckets;
use crate::routes::Reserved;

/// What the version of the format is (<https://prometheus.io/docs/instrumenting/exposition_formats>).
const TEXT: &str = "text/plain; version=0.0.4; charset=utf-8";

/// How often what histograms were told is put into their buckets, so that it takes no memory while nobody asks.
const UPKEEP: Duration = Duration::from_secs(5);

/// The recorder of the program, which all its apps share; none when the program has one of its own.
static RECORDER: OnceLock<Option<PrometheusHandle>> = OnceLock::new();

/// Makes bolt's recorder that of the program, unless it has one. Before the first metric is asked for.
pub(crate) fn install(settings: &MetricsSettings) {
    if settings.enabled {
        RECORDER.get_or_init(start);
    }
}

/// The route, and where it is.
pub(crate) fn routes<S>(settings: &MetricsSettings) -> Option<(Reserved<'_>, Router<S>)>
where
    S: Clone + Send + Sync + 'static,
{
    if !settings.enabled {
        return None;
    }
    let Some(Some(recorder)) = RECORDER.get() else {
        tracing::info!(
            "the program has a recorder of its own: metrics go there, and {} is not served",
            settings.path
        );
        return None;
    };
    let reserved = Reserved {
        what: "the metrics",
        paths: vec![&settings.path],
        instead: "set metrics.path to another path, or metrics.enabled to false",
    };
    let headers = [(header::CONTENT_TYPE, TEXT), (header::CACHE_CONTROL, "no-store")];
    let scrape = move || async move { (headers, recorder.render()) };
    Some((reserved, Router::new().route(&settings.path, get(scrape))))
}

fn start() -> Option<PrometheusHandle> {
    let builder =
        buckets().into_iter().try_fold(PrometheusBuilder::new(), |builder, (name, bounds)| {
            builder.set_buckets_for_metric(Matcher::Full(name.to_owned()), bounds)
        });
    // An error is that a histogram has no bounds, or that there is a recorder.
    let recorder = builder.and_then(PrometheusBuilder::install_recorder).ok()?;
    let again = recorder.clone();
    // A thread, because there may be several runtimes, or none of bolt's.
    let upkeep = move || loop {
        thread::sleep(UPKEEP);
        again.run_upkeep();
    };
    if let Err(error) = thread::Builder::new().name("metrics".to_owned()).spawn(upkeep) {
        tracing::warn!(%error, "no thread for metrics: they take memory until they are asked for");
    }
    Some(recorder)
}
