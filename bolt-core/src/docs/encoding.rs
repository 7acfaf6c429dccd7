//! Whether a client takes gzip.

use axum::http::HeaderMap;
use axum::http::header::ACCEPT_ENCODING;

/// Whether gzip is acceptable, and no less welcome than the plain form (RFC 9110, section 12.5.3).
pub(super) fn takes_gzip(headers: &HeaderMap) -> bool {
    let (mut gzip, mut identity, mut any) = (None, None, None);
    let fields = headers.get_all(ACCEPT_ENCODING).iter().filter_map(|field| field.to_str().ok());
    for coding in fields.flat_map(|field| field.split(',')) {
        let (name, parameters) = coding.split_once(';').unwrap_or((coding, ""));
        let name = name.trim();
        let weight = Some(weight(parameters));
        if name.eq_ignore_ascii_case("gzip") || name.eq_ignore_ascii_case("x-gzip") {
            gzip = weight;
        } else if name.eq_ignore_ascii_case("identity") {
            identity = weight;
        } else if name == "*" {
            any = weight;
        }
    }
    let gzip = gzip.or(any).unwrap_or(0);
    gzip > 0 && gzip >= identity.unwrap_or(0)
}

/// A weight in thousandths (RFC 9110, section 12.4.2); 0 when it is none.
fn weight(parameters: &str) -> u32 {
    let Some((_, value)) = parameters.split_once('=') else { return 1000 };
    let value = value.trim();
    let (whole, part) = value.split_once('.').unwrap_or((value, ""));
    let digits = part.len() <= 3 && part.bytes().all(|byte| byte.is_ascii_digit());
    match whole {
        "1" if digits => 1000,
        "0" if digits => format!("{part:0<3}").parse().unwrap_or(0),
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use axum::http::header::ACCEPT_ENCODING;
    use axum::http::{HeaderMap, HeaderValue};

    use super::takes_gzip;

    #[test]
    fn gzip_is_for_those_who_ask_for_it() {
        let yes = [
            "gzip",
            "GZIP",
            "x-gzip",
            "gzip, deflate, br, zstd",
            "br;q=1.0, gzip;q=0.8",
            "*",
            "gzip ; q=0.001",
            "identity;q=0.5, gzip;q=0.5",
            "identity;q=0, *;q=0.1",
        ];
        let no = [
            "",
            "br",
            "gzip;q=0",
            "gzip;q=0.000",
            "gzip;q=0, *",
            "*;q=0",
            "identity",
            "identity, gzip;q=0.5",
            "gzip;q=2",
            "gzip;q=0.1234",
            "gzip;q=abc",
            "gzipped",
        ];
        for (fields, expected) in [(&yes[..], true), (&no[..], false)] {
            for field in fields {
                let value = HeaderValue::from_static(field);
                let headers = HeaderMap::from_iter([(ACCEPT_ENCODING, value)]);
                assert_eq!(takes_gzip(&headers), expected, "{field:?}");
            }
        }
        assert!(!takes_gzip(&HeaderMap::new()));
    }
}
