//! Streams as gzip, br or zstd, for clients that accept it.

use axum::Router;
use axum::http::{Response, StatusCode};
use axum::middleware::map_response;
use axum::response;
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
    // The layers in the order in which an answer passes them.
    router
        .layer(map_response(note_status))
        .layer(layer.compress_when(Streams))
        .layer(map_response(restore_status))
}

/// The status that a handler gave.
#[derive(Clone, Copy)]
struct Given(StatusCode);

async fn note_status(mut answer: response::Response) -> response::Response {
    let given = Given(answer.status());
    answer.extensions_mut().insert(given);
    answer
}

/// For a client that takes none of the codings, nor the body as it is, the layer makes any answer a 406 and sends it
/// all the same, to every route. It is sent what it would be without compression, under the status that it has.
async fn restore_status(mut answer: response::Response) -> response::Response {
    if let Some(Given(status)) = answer.extensions_mut().remove() {
        *answer.status_mut() = status;
    }
    answer
}

#[derive(Clone, Copy)]
struct Streams;

impl Predicate for Streams {
    fn should_compress<B: Body>(&self, response: &Response<B>) -> bool {
        is_stream(response)
    }
}
