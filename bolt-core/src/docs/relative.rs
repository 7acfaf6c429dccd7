//! From one path of this server to another, without the beginning that a proxy may have taken off.

/// The relative reference (RFC 3986, section 4.2) that leads from one path to another.
pub(super) fn relative(from: &str, to: &str) -> String {
    let common = from
        .char_indices()
        .zip(to.chars())
        .take_while(|((_, a), b)| a == b)
        .filter(|((_, c), _)| *c == '/')
        .last()
        .map_or(0, |((at, _), _)| at + 1);
    let up = from[common..].matches('/').count();
    let reference = "../".repeat(up) + &to[common..];
    if reference.is_empty() { "./".to_owned() } else { reference }
}

#[cfg(test)]
mod tests {
    use super::relative;

    #[test]
    fn a_path_leads_to_another() {
        for (from, to, expected) in [
            ("/docs", "/openapi.json", "openapi.json"),
            ("/docs", "/docs/a.js", "docs/a.js"),
            ("/docs", "/docstrings", "docstrings"),
            ("/docs", "/", "./"),
            ("/", "/", "./"),
            ("/", "/a.js", "a.js"),
            ("/a/b/docs", "/openapi.json", "../../openapi.json"),
            ("/a/b/docs", "/a/c.json", "../c.json"),
            ("/a/b/docs", "/", "../../"),
            ("/api", "/api/openapi.json", "api/openapi.json"),
        ] {
            assert_eq!(relative(from, to), expected, "{from} to {to}");
        }
    }
}
