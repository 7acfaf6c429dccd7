//! Headers of a response: which ones are the server's, and why one was refused.

use std::fmt;

use axum::http::header::MaxSizeReached;
use axum::http::{self, HeaderName, HeaderValue, header};

/// Describe the body as it is sent, or the connection (RFC 9110, sections 6.4.1, 7.6.1 and 8.3 to 8.6). Another value
/// would break the response.
const OF_THE_SERVER: [HeaderName; 10] = [
    header::CONNECTION,
    header::CONTENT_ENCODING,
    header::CONTENT_LENGTH,
    header::CONTENT_TYPE,
    HeaderName::from_static("keep-alive"),
    HeaderName::from_static("proxy-connection"),
    header::TE,
    header::TRAILER,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
];

/// A header of a response, as code of the app sets it.
///
/// # Errors
/// When it is no header, or one that the server sets.
pub(crate) fn checked<N, V>(name: N, value: V) -> Result<(HeaderName, HeaderValue), InvalidHeader>
where
    N: TryInto<HeaderName, Error: Into<http::Error>>,
    V: TryInto<HeaderValue, Error: Into<http::Error>>,
{
    let name = name.try_into().map_err(|error| InvalidHeader::Name(error.into()))?;
    match value.try_into() {
        _ if is_of_the_server(&name) => Err(InvalidHeader::OfTheServer(name)),
        Ok(value) => Ok((name, value)),
        Err(error) => Err(InvalidHeader::Value(name, error.into())),
    }
}

/// Whether the server sets this header.
pub(crate) fn is_of_the_server(name: &HeaderName) -> bool {
    OF_THE_SERVER.contains(name)
}

/// Why a header was refused.
#[derive(Debug)]
pub(crate) enum InvalidHeader {
    Name(http::Error),
    Value(HeaderName, http::Error),
    OfTheServer(HeaderName),
    TooMany(MaxSizeReached),
}

impl From<MaxSizeReached> for InvalidHeader {
    fn from(error: MaxSizeReached) -> Self {
        Self::TooMany(error)
    }
}

impl fmt::Display for InvalidHeader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(error) => write!(f, "the name of a header is none: {error}"),
            Self::Value(name, error) => {
                write!(f, "the value of the header `{name}` is none: {error}")
            }
            Self::OfTheServer(name) => write!(
                f,
                "the header `{name}` is the server's, as it says how the body is sent: leave it out"
            ),
            Self::TooMany(error) => write!(f, "there are too many headers: {error}"),
        }
    }
}

impl std::error::Error for InvalidHeader {}
