//! What the `content-type` of a request has to be.

use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, HeaderValue, header};
use mediatype::{MediaType, MediaTypeBuf, Name, ReadParams as _};

use super::error::{BodyError, BodyErrorKind};

/// The `content-type`, when there is one that can be read.
pub(super) fn media_type(headers: &HeaderMap) -> Option<MediaTypeBuf> {
    parsed(headers.get(CONTENT_TYPE)?.to_str().ok()?)
}

pub(super) fn parsed(content_type: &str) -> Option<MediaTypeBuf> {
    MediaType::parse(content_type).ok().map(MediaTypeBuf::from)
}

/// Whether it is this one, without its parameters: `text/csv`, or `text/*`.
pub(super) fn is(media: &MediaTypeBuf, expected: &str) -> bool {
    let Some((ty, subtype)) = expected.split_once('/') else { return false };
    let full = match media.suffix() {
        Some(suffix) => format!("{}+{suffix}", media.subty()),
        None => media.subty().to_string(),
    };
    media.ty().as_str().eq_ignore_ascii_case(ty)
        && (subtype == "*" || full.eq_ignore_ascii_case(subtype))
}

/// The value of a parameter, without quotes.
pub(super) fn parameter(media: &MediaTypeBuf, name: &str) -> Option<String> {
    media.get_param(Name::new(name)?).map(|value| value.unquoted_str().into_owned())
}

/// Whether its text is UTF-8: what is not said is taken for it.
pub(super) fn is_utf8(media: &MediaTypeBuf) -> bool {
    parameter(media, "charset").is_none_or(|charset| {
        ["utf-8", "utf8", "us-ascii"].iter().any(|utf8| charset.eq_ignore_ascii_case(utf8))
    })
}

/// What a client is told whose text is in another charset. None when that is not what is wrong.
pub(super) fn wrong_charset(media: &MediaTypeBuf) -> Option<BodyError> {
    let charset = parameter(media, "charset").filter(|_| !is_utf8(media))?;
    let what =
        format!("the `charset` of the `content-type` is {charset:?}, and only UTF-8 is read");
    Some(BodyError::body(BodyErrorKind::ContentType, what))
}

/// What a client is told that sent another (RFC 9110, section 15.5.16).
pub(super) fn refusal(headers: &HeaderMap, expected: &'static str) -> BodyError {
    let what = match headers.get(CONTENT_TYPE) {
        Some(found) => {
            format!(
                "the `content-type` is {:?}, not {expected}",
                String::from_utf8_lossy(found.as_bytes())
            )
        }
        None => format!("there is no `content-type`; it has to be {expected}"),
    };
    let accept = expected.replace(" or ", ", ").replace(" in UTF-8", "");
    let error = BodyError::body(BodyErrorKind::ContentType, what);
    match HeaderValue::try_from(accept) {
        Ok(accept) => error.header(header::ACCEPT, accept),
        Err(_) => error,
    }
}
