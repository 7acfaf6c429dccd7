//! `Coding`: how a body is compressed.

use axum::http::header::{ACCEPT_ENCODING, CONTENT_ENCODING};
use axum::http::{HeaderMap, HeaderValue};

use super::error::{BodyError, BodyErrorKind};

/// One that bolt can undo.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Coding {
    Gzip,
    /// The zlib format (RFC 9110, section 8.4.1.2).
    Deflate,
    #[cfg(feature = "brotli")]
    Brotli,
    #[cfg(feature = "zstd")]
    Zstd,
}

/// All of them, by the names that they have in a header.
const KNOWN: &[(&str, Coding)] = &[
    ("gzip", Coding::Gzip),
    ("deflate", Coding::Deflate),
    #[cfg(feature = "brotli")]
    ("br", Coding::Brotli),
    #[cfg(feature = "zstd")]
    ("zstd", Coding::Zstd),
];

impl Coding {
    /// The coding of a request's body; none when it is as it is.
    ///
    /// # Errors
    /// When it is another, or there are several.
    pub(super) fn of(headers: &HeaderMap) -> Result<Option<Self>, BodyError> {
        let values = headers.get_all(CONTENT_ENCODING).into_iter();
        let names = values.flat_map(|value| value.as_bytes().split(|byte| *byte == b','));
        let mut names = names
            .map(<[u8]>::trim_ascii)
            .filter(|name| !name.is_empty() && !name.eq_ignore_ascii_case(b"identity"));
        let Some(name) = names.next() else { return Ok(None) };
        if names.next().is_some() {
            return Err(refusal("the body has more than one `content-encoding`".to_owned()));
        }
        // RFC 9110, section 8.4.1.3: a recipient takes the one for the other.
        let name = if name.eq_ignore_ascii_case(b"x-gzip") { b"gzip" } else { name };
        let known = KNOWN.iter().find(|(known, _)| name.eq_ignore_ascii_case(known.as_bytes()));
        known.map(|(_, coding)| Some(*coding)).ok_or_else(|| {
            let name = String::from_utf8_lossy(name);
            refusal(format!(
                "the `content-encoding` {name:?} is not known here, but {}",
                names_of_all()
            ))
        })
    }

    pub(super) fn name(self) -> &'static str {
        KNOWN.iter().find(|(_, known)| *known == self).map_or("", |(name, _)| name)
    }
}

fn names_of_all() -> String {
    KNOWN.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ")
}

/// RFC 9110, section 15.5.16: the answer says which there are.
fn refusal(what: String) -> BodyError {
    let error = BodyError::body(BodyErrorKind::ContentEncoding, what);
    match HeaderValue::try_from(names_of_all()) {
        Ok(names) => error.header(ACCEPT_ENCODING, names),
        Err(_) => error,
    }
}
