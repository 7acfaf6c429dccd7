//! Streams as gzip, br or zstd, for clients that accept it.

use axum::Router;
use axum::http::Response;
use http_body::Body;
use tower_http::CompressionLevel;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::Predicate;

use super::head::is_stream;
use crate::config::Compression;

/// Compresses the streams of a router, and nothing else.
pub(crate) fn compressed<S>(router: Router<S>, level: Compression) -> Router<S>
where
    S: Clone + Send + Sync + 'static,
{
    // There is no better one: a compressor of zstd at its best holds 750 MiB.
    let layer = match level {
        // At this level brotli looks back no further than the last flush, and makes live events larger.
        Compression::Fastest => CompressionLayer::new().quality(CompressionLevel::Fastest).no_br(),
        Compression::Default => CompressionLayer::new(),
    };
    router.layer(layer.compress_when(Streams))
}

#[derive(Clone, Copy)]
struct Streams;

impl Predicate for Streams {
    fn should_compress<B: Body>(&self, response: &Response<B>) -> bool {
        is_stream(response)
    }
}
