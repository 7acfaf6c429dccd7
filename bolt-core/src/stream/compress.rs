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
    let quality = match level {
        Compression::Fastest => CompressionLevel::Fastest,
        Compression::Default => CompressionLevel::Default,
        Compression::Best => CompressionLevel::Best,
    };
    router.layer(CompressionLayer::new().quality(quality).compress_when(Streams))
}

#[derive(Clone, Copy)]
struct Streams;

impl Predicate for Streams {
    fn should_compress<B: Body>(&self, response: &Response<B>) -> bool {
        is_stream(response)
    }
}
