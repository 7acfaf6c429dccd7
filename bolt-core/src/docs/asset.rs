//! `Asset`: bytes that do not change while the app runs.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::io::{self, Read as _, Write as _};
use std::sync::Arc;

use axum::body::Body;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, ETAG, VARY,
    X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, get};
use bytes::{Buf as _, Bytes};
use flate2::Compression;
use flate2::bufread::GzDecoder;
use flate2::write::GzEncoder;

use super::encoding::takes_gzip;
use super::etag::is_known;

/// Only the compressed form is kept. The plain one is made anew, piece by piece, for the rare client without gzip.
#[derive(Debug)]
pub(super) struct Asset {
    media_type: &'static str,
    cache: Cache,
    gzip: Bytes,
    /// Of the compressed bytes, which the plain ones follow from.
    hash: String,
    headers: &'static [(HeaderName, HeaderValue)],
}

/// For how long a client may take what it has for what there is.
#[derive(Clone, Copy, Debug)]
pub(super) enum Cache {
    /// It has to ask each time.
    Ask,
    /// For ever, because the path has the hash in it.
    #[cfg_attr(
        not(feature = "docs"),
        expect(dead_code, reason = "only the page's scripts are kept")
    )]
    Keep,
}

/// Bytes of the plain form that are made at once.
const PIECE: usize = 64 * 1024;

impl Asset {
    /// Compresses this.
    pub(super) fn new(media_type: &'static str, cache: Cache, plain: &[u8]) -> Self {
        let mut gzip = GzEncoder::new(Vec::new(), Compression::default());
        let written = gzip.write_all(plain).and_then(|()| gzip.finish());
        let gzip = written.expect("memory can be written to");
        let mut hash = DefaultHasher::new();
        gzip.hash(&mut hash);
        Self::compressed(media_type, cache, gzip.into(), format!("{:016x}", hash.finish()))
    }

    /// What is compressed already, and its hash.
    pub(super) fn compressed(
        media_type: &'static str,
        cache: Cache,
        gzip: Bytes,
        hash: String,
    ) -> Self {
        Self { media_type, cache, gzip, hash, headers: &[] }
    }

    /// Adds headers of its own.
    #[cfg(feature = "docs")]
    pub(super) fn with(self, headers: &'static [(HeaderName, HeaderValue)]) -> Self {
        Self { headers, ..self }
    }

    #[cfg(feature = "docs")]
    pub(super) fn hash(&self) -> &str {
        &self.hash
    }

    /// The route that answers with this.
    pub(super) fn route<S: Clone + Send + Sync + 'static>(self) -> MethodRouter<S> {
        let asset = Arc::new(self);
        get(move |headers: HeaderMap| async move { asset.answer(&headers) })
    }

    fn answer(&self, request: &HeaderMap) -> Response {
        let gzip = takes_gzip(request);
        let tag = format!("\"{}{}\"", self.hash, if gzip { "-gzip" } else { "" });
        let cache = match self.cache {
            Cache::Ask => "no-cache",
            Cache::Keep => "public, max-age=31536000, immutable",
        };
        let known = is_known(request, &tag);
        let always = [
            (CACHE_CONTROL, cache),
            (VARY, "accept-encoding"),
            (X_CONTENT_TYPE_OPTIONS, "nosniff"),
            (ETAG, &tag),
        ];
        if known {
            return (StatusCode::NOT_MODIFIED, always).into_response();
        }
        let about = [(CONTENT_TYPE, self.media_type)];
        let mut response = if gzip {
            (always, about, [(CONTENT_ENCODING, "gzip")], self.gzip.clone()).into_response()
        } else {
            let length = [(CONTENT_LENGTH, self.plain_length())];
            let pieces = tokio_stream::iter(Pieces(GzDecoder::new(self.gzip.clone().reader())));
            (always, about, length, Body::from_stream(pieces)).into_response()
        };
        response.headers_mut().extend(self.headers.iter().cloned());
        response
    }

    /// The length of the plain form, which gzip has at its end (RFC 1952, section 2.3.1: ISIZE).
    fn plain_length(&self) -> u32 {
        self.gzip.last_chunk().map_or(0, |length| u32::from_le_bytes(*length))
    }
}

/// The plain form, in pieces.
struct Pieces(GzDecoder<bytes::buf::Reader<Bytes>>);

impl Iterator for Pieces {
    type Item = io::Result<Bytes>;

    fn next(&mut self) -> Option<io::Result<Bytes>> {
        let mut piece = Vec::with_capacity(PIECE);
        match self.0.by_ref().take(PIECE as u64).read_to_end(&mut piece) {
            Ok(0) => None,
            Ok(_) => Some(Ok(piece.into())),
            Err(error) => Some(Err(error)),
        }
    }
}
