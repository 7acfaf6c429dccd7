//! `RequestId`: the id of a request, in the log and for its client.

use std::fmt;
use std::sync::Arc;

use axum::http::{HeaderMap, HeaderName, HeaderValue};

pub(super) const HEADER: HeaderName = HeaderName::from_static("x-request-id");

/// Longer ids are not accepted, in bytes.
const MAX: usize = 128;

/// The id that a proxy or the client has given a request, or else a random number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum RequestId {
    Given(Arc<str>),
    // Not on the heap, since every open stream has one.
    Made([u8; 16]),
}

impl RequestId {
    /// The id in the request's header, if there is one header of letters, digits and `-_.~:/+=@`. Anything else could
    /// forge or flood the log.
    pub(super) fn read(headers: &HeaderMap) -> Option<Self> {
        let mut values = headers.get_all(HEADER).iter();
        let value = values.next().filter(|_| values.next().is_none())?;
        let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_.~:/+=@".contains(byte);
        let bytes = value.as_bytes();
        let sane = (1..=MAX).contains(&bytes.len()) && bytes.iter().all(plain);
        sane.then(|| value.to_str().ok()).flatten().map(|id| Self::Given(id.into()))
    }

    pub(super) fn made(random: u128) -> Self {
        Self::Made(random.to_be_bytes())
    }

    /// The value of the response's header.
    pub(super) fn header(&self) -> Option<HeaderValue> {
        match self {
            Self::Given(id) => HeaderValue::from_str(id).ok(),
            Self::Made(id) => HeaderValue::from_bytes(&hex(*id)).ok(),
        }
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Given(id) => f.write_str(id),
            Self::Made(id) => write!(f, "{:032x}", u128::from_be_bytes(*id)),
        }
    }
}

/// As `{:032x}`, which takes several times as long: every response has one.
fn hex(id: [u8; 16]) -> [u8; 32] {
    let digit = |nibble: u8| b"0123456789abcdef"[usize::from(nibble)];
    let mut digits = [0; 32];
    for (pair, byte) in digits.chunks_exact_mut(2).zip(id) {
        pair[0] = digit(byte >> 4);
        pair[1] = digit(byte & 0xf);
    }
    digits
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn read(values: &[&[u8]]) -> Option<String> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(HEADER, HeaderValue::from_bytes(value).expect("a value"));
        }
        RequestId::read(&headers).map(|id| id.to_string())
    }

    #[test]
    fn only_an_id_that_is_plain_and_short_is_taken() {
        let long = "a".repeat(MAX);
        for id in ["a", "7f3-9_X.~:/+=@", &long] {
            assert_eq!(read(&[id.as_bytes()]).as_deref(), Some(id));
        }
        let longer = format!("{long}a");
        for bad in ["", "a b", "a\tb", "a\"b", "{}", "a,b", &longer, "a\u{e9}"] {
            assert_eq!(read(&[bad.as_bytes()]), None, "{bad:?}");
        }
        assert_eq!(read(&[b"a", b"b"]), None, "whose is it?");
        assert_eq!(read(&[b"\xff"]), None);
    }

    #[test]
    fn one_that_is_made_is_32_digits() {
        assert_eq!(RequestId::made(0xab).to_string(), format!("{:0>32}", "ab"));
        let id = RequestId::made(0x0123_4567_89ab_cdef_fedc_ba98_7654_3210);
        assert_eq!(id.header().expect("a value"), id.to_string().as_str());
    }
}
