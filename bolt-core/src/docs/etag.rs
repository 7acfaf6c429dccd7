//! Whether a client already has what it asks for.

use axum::http::HeaderMap;
use axum::http::header::IF_NONE_MATCH;

/// Whether `if-none-match` names this entity tag, which is written with its quotes: by the weak comparison, because
/// a proxy that has compressed a response has made its tag a weak one (RFC 9110, sections 8.8.3.2 and 13.1.2).
pub(super) fn is_known(headers: &HeaderMap, tag: &str) -> bool {
    let fields = headers.get_all(IF_NONE_MATCH).iter().filter_map(|field| field.to_str().ok());
    fields.into_iter().any(|field| field.trim() == "*" || tags(field).any(|known| known == tag))
}

/// The tags of a list, without what makes them weak. A tag may have a comma in it.
fn tags(list: &str) -> impl Iterator<Item = &str> {
    let mut rest = list;
    std::iter::from_fn(move || {
        let start = rest.find('"')?;
        let end = start + 1 + rest[start + 1..].find('"')?;
        let tag = &rest[start..=end];
        rest = &rest[end + 1..];
        Some(tag)
    })
}

#[cfg(test)]
mod tests {
    use axum::http::header::IF_NONE_MATCH;
    use axum::http::{HeaderMap, HeaderValue};

    use super::is_known;

    #[test]
    fn a_tag_is_known_when_the_list_has_it() {
        for (field, expected) in [
            ("\"a\"", true),
            ("W/\"a\"", true),
            ("\"b\", W/\"a\"", true),
            ("\"b,c\",\"a\"", true),
            (" * ", true),
            ("\"b\"", false),
            ("a", false),
            ("\"a", false),
            ("", false),
            ("\"b\", \"aa\"", false),
            ("\"*\"", false),
        ] {
            let value = HeaderValue::from_static(field);
            let headers = HeaderMap::from_iter([(IF_NONE_MATCH, value)]);
            assert_eq!(is_known(&headers, "\"a\""), expected, "{field}");
        }
        let two = [HeaderValue::from_static("\"b\""), HeaderValue::from_static("\"a\"")];
        let mut headers = HeaderMap::new();
        for value in two {
            headers.append(IF_NONE_MATCH, value);
        }
        assert!(is_known(&headers, "\"a\""));
        assert!(!is_known(&HeaderMap::new(), "\"a\""));
    }
}
