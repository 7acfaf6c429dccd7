//! Texts in pages, the ways between them, and the media types of what they are made of.

use std::fmt::Write as _;

use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, LOCATION};
use axum::response::IntoResponse as _;
use axum::routing::{MethodRouter, get};

pub(super) const HTML: &str = "text/html; charset=utf-8";
pub(super) const SCRIPT: &str = "text/javascript; charset=utf-8";
pub(super) const STYLE: &str = "text/css; charset=utf-8";

/// Text for HTML, between tags.
pub(super) fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// Puts values into a page, each in place of its `{name}`. What is in a value stays as it is.
pub(super) fn filled(page: &str, values: &[(&str, &str)]) -> String {
    let mut parts = page.split('{');
    let mut filled = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let known = part.split_once('}').and_then(|(name, rest)| {
            let (_, value) = values.iter().find(|(known, _)| *known == name)?;
            Some((value, rest))
        });
        // Writing to a string cannot fail.
        let _ = match known {
            Some((value, rest)) => write!(filled, "{value}{rest}"),
            None => write!(filled, "{{{part}"),
        };
    }
    filled
}

/// The route that leads from a path with a slash at its end to the page; `None` for `/`, which has no other form.
pub(super) fn back<S: Clone + Send + Sync + 'static>(
    path: &str,
) -> Option<(String, MethodRouter<S>)> {
    let name = path.rsplit('/').next().filter(|name| !name.is_empty())?;
    // The page's own links begin beside it. So does this one, for a proxy that has taken off a part of the path.
    let page = format!("../{name}");
    let back = get(|| async move {
        // The path may be another tomorrow.
        let headers = [(LOCATION, page.as_str()), (CACHE_CONTROL, "no-cache")];
        (StatusCode::PERMANENT_REDIRECT, headers).into_response()
    });
    Some((format!("{path}/"), back))
}

#[cfg(test)]
mod tests {
    use super::{escaped, filled};

    #[test]
    fn a_title_stays_text() {
        let hostile = "</title><script>alert(1)</script>&lt;{document}";
        let safe = "&lt;/title&gt;&lt;script&gt;alert(1)&lt;/script&gt;&amp;lt;{document}";
        assert_eq!(escaped(hostile), safe);
        let page = filled(
            "<title>{title}</title>{document}{other}{",
            &[("title", safe), ("document", "d")],
        );
        assert_eq!(page, format!("<title>{safe}</title>d{{other}}{{"));
    }
}
