//! `Head`: the head of a multipart field.

use axum::http::header::CONTENT_DISPOSITION;
use axum::http::{HeaderMap, HeaderName, HeaderValue};

#[derive(Debug)]
pub(super) struct Head {
    pub(super) headers: HeaderMap,
    pub(super) name: Option<String>,
    pub(super) file_name: Option<String>,
}

impl Head {
    /// `text`: its lines, the last without its end.
    ///
    /// # Errors
    /// What is wrong with it, in words.
    pub(super) fn parse(text: &[u8]) -> Result<Self, String> {
        let mut headers = HeaderMap::new();
        for line in text.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
            let (name, value) =
                header(line.strip_suffix(b"\r").unwrap_or(line)).ok_or_else(|| {
                    format!("a line of its head is no header: {:?}", String::from_utf8_lossy(line))
                })?;
            headers.append(name, value);
        }
        let disposition = headers.get(CONTENT_DISPOSITION).map(HeaderValue::as_bytes);
        let parameter = |name| disposition.and_then(|value| parameter(value, name));
        Ok(Self { name: parameter("name"), file_name: parameter("filename"), headers })
    }
}

fn header(line: &[u8]) -> Option<(HeaderName, HeaderValue)> {
    let colon = memchr::memchr(b':', line)?;
    let name = HeaderName::from_bytes(&line[..colon]).ok()?;
    let value = HeaderValue::from_bytes(line[colon + 1..].trim_ascii()).ok()?;
    Some((name, value))
}

/// A parameter of a `content-disposition` (RFC 7578, section 4.2), in UTF-8, which forms write without more ado.
fn parameter(value: &[u8], wanted: &str) -> Option<String> {
    let mut rest = &value[memchr::memchr(b';', value)?..];
    while let Some(after) = rest.strip_prefix(b";") {
        let name_ends = memchr::memchr2(b'=', b';', after).unwrap_or(after.len());
        let (name, tail) = after.split_at(name_ends);
        let (found, tail) = match tail.strip_prefix(b"=").map(<[u8]>::trim_ascii_start) {
            Some([b'"', quoted @ ..]) => quoted_string(quoted),
            Some(token) => {
                let ends = memchr::memchr(b';', token).unwrap_or(token.len());
                (token[..ends].trim_ascii().to_vec(), &token[ends..])
            }
            None => (Vec::new(), tail),
        };
        if name.trim_ascii().eq_ignore_ascii_case(wanted.as_bytes()) {
            return Some(String::from_utf8_lossy(&found).into_owned());
        }
        // Whatever else stands behind a quote.
        rest = &tail[memchr::memchr(b';', tail).unwrap_or(tail.len())..];
    }
    None
}

/// The text up to the closing quote, and what comes behind that. A backslash is one unless it escapes: browsers leave
/// those of a file name as they are.
fn quoted_string(quoted: &[u8]) -> (Vec<u8>, &[u8]) {
    let mut text = Vec::new();
    let mut rest = quoted;
    loop {
        match rest {
            [] => return (text, rest),
            [b'"', behind @ ..] => return (text, behind),
            [b'\\', escaped @ (b'"' | b'\\'), behind @ ..] => {
                text.push(*escaped);
                rest = behind;
            }
            [byte, behind @ ..] => {
                text.push(*byte);
                rest = behind;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_as_forms_write_them() {
        for (disposition, name, file_name) in [
            ("form-data; name=\"a\"", Some("a"), None),
            ("form-data; filename=\"b\"; name=\"a\"", Some("a"), Some("b")),
            ("form-data; NAME = a ; FileName=b c", Some("a"), Some("b c")),
            ("form-data; name=\"a; filename=b\"", Some("a; filename=b"), None),
            ("form-data; name=\"\"; filename=\"\"", Some(""), Some("")),
            (r#"form-data; name="a\"b\\c"; filename="C:\d\e""#, Some(r#"a"b\c"#), Some(r"C:\d\e")),
            ("form-data; name=\"ä€😀\"", Some("ä€😀"), None),
            ("form-data; filename*=UTF-8''x; xname=y", None, None),
            ("form-data; name=\"open", Some("open"), None),
            ("form-data; name", Some(""), None),
            ("form-data", None, None),
            ("", None, None),
        ] {
            let text = format!("Content-Disposition:{disposition}\r\nx-y:\tz \r\nx-y: 2");
            let head = Head::parse(text.as_bytes()).expect("a head");
            assert_eq!(head.name.as_deref(), name, "{disposition}");
            assert_eq!(head.file_name.as_deref(), file_name, "{disposition}");
            assert_eq!(head.headers.get_all("x-y").iter().collect::<Vec<_>>(), ["z", "2"]);
        }
    }

    #[test]
    fn a_line_that_is_no_header_is_said() {
        assert!(Head::parse(b"").expect("a head").headers.is_empty());
        for line in ["no colon", "two words: x", " folded", "x: \x01", ": x"] {
            let error = Head::parse(format!("a: b\r\n{line}\r\nc: d").as_bytes());
            let error = error.expect_err("no head");
            assert!(error.starts_with("a line of its head is no header: "), "{error}");
        }
    }
}
