//! HTTP/1.1 responses as bytes, read strictly: written from RFC 9112 and from nothing of bolt's or hyper's.

use std::io;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::time::timeout;

use crate::PATIENCE;

/// A response, as far as it has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Response {
    /// The status code.
    pub status: u16,
    /// Names in lower case, and values.
    pub headers: Vec<(String, String)>,
    /// The body, without its coding.
    pub body: Vec<u8>,
    /// Whether all of it has come.
    pub whole: bool,
    /// How many bytes it took so far.
    pub length: usize,
}

impl Response {
    /// Reads the first response in `bytes`; none as long as its head is not whole. `ended` says that nothing follows,
    /// `bodiless` that the request was a HEAD.
    ///
    /// # Panics
    /// At the first byte that the standard does not allow.
    pub fn read(bytes: &[u8], ended: bool, bodiless: bool) -> Option<Self> {
        let head = bytes.windows(4).position(|four| four == b"\r\n\r\n")?;
        let text = std::str::from_utf8(&bytes[..head]).expect("a head of text");
        let mut lines = text.split("\r\n");
        let status = status(lines.next().expect("a status line"));
        let headers: Vec<_> = lines.map(header).collect();
        let mut response =
            Self { status, headers, body: Vec::new(), whole: true, length: head + 4 };
        if bodiless || status < 200 || matches!(status, 204 | 304) {
            return Some(response);
        }
        let rest = &bytes[head + 4..];
        match (response.header("transfer-encoding"), response.header("content-length")) {
            (Some(coding), None) => {
                assert_eq!(coding, "chunked");
                response.read_chunks(rest);
            }
            (None, Some(length)) => {
                let length: usize = length.parse().expect("a length");
                response.read_body(&rest[..rest.len().min(length)]);
                response.whole = response.body.len() == length;
            }
            (None, None) => {
                response.read_body(rest);
                response.whole = ended;
            }
            (Some(_), Some(_)) => panic!("a length and a coding: {text}"),
        }
        Some(response)
    }

    fn read_body(&mut self, bytes: &[u8]) {
        self.body.extend_from_slice(bytes);
        self.length += bytes.len();
    }

    fn read_chunks(&mut self, mut bytes: &[u8]) {
        self.whole = false;
        let start = bytes.len() + self.length;
        while let Some(line) = bytes.windows(2).position(|two| two == b"\r\n") {
            let size = &bytes[..line];
            let digits = size.iter().all(u8::is_ascii_hexdigit);
            assert!(digits && (1..=16).contains(&line), "a chunk size of {size:?}");
            let size = std::str::from_utf8(size).expect("digits");
            let size = usize::from_str_radix(size, 16).expect("a number");
            let data = &bytes[line + 2..];
            let (come, after) = data.split_at(data.len().min(size));
            // Of a chunk that is not whole, what has come.
            if size > 0 {
                self.body.extend_from_slice(come);
            }
            assert!(
                b"\r\n".starts_with(&after[..after.len().min(2)]),
                "after a chunk of {size}: {after:?}"
            );
            if after.len() < 2 {
                break;
            }
            bytes = &after[2..];
            if size == 0 {
                self.whole = true;
                break;
            }
        }
        if !self.whole {
            assert!(bytes.len() < 18 || bytes[..18].contains(&b'\r'), "no chunk size: {bytes:?}");
        }
        self.length = start - bytes.len();
    }

    /// The value of a header that is there at most once.
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut values = self.headers.iter().filter(|(found, _)| found == name);
        let value = values.next().map(|(_, value)| value.as_str());
        assert!(values.next().is_none(), "{name} more than once: {:?}", self.headers);
        value
    }

    /// The body as text.
    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.body).expect("text")
    }
}

fn status(line: &str) -> u16 {
    let status = line.strip_prefix("HTTP/1.1 ").or_else(|| line.strip_prefix("HTTP/1.0 "));
    let status = status.unwrap_or_else(|| panic!("a status line: {line:?}"));
    let (code, _) = status.split_once(' ').expect("a reason, which may be empty");
    assert!(code.len() == 3, "{line:?}");
    code.parse().expect("a status code")
}

fn header(line: &str) -> (String, String) {
    let (name, value) = line.split_once(':').unwrap_or_else(|| panic!("no header: {line:?}"));
    let token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    assert!(!name.is_empty() && name.bytes().all(token), "{line:?}");
    assert!(!value.contains(['\r', '\n', '\0']), "{line:?}");
    (name.to_ascii_lowercase(), value.trim().to_owned())
}

/// How a connection ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// The server closed it.
    Closed,
    /// The server took it back (RST).
    Reset,
}

/// A client of one connection that sends what it is given and reads strictly.
#[derive(Debug)]
pub struct Raw<S> {
    /// The connection.
    pub stream: S,
    /// What has come and was not yet taken.
    pub got: Vec<u8>,
    ended: Option<End>,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Raw<S> {
    /// A client of a connection.
    pub fn new(stream: S) -> Self {
        Self { stream, got: Vec::new(), ended: None }
    }

    /// Sends bytes. That the server has gone is for the reading to find out.
    pub async fn send(&mut self, bytes: impl AsRef<[u8]>) {
        let sent = timeout(PATIENCE, self.stream.write_all(bytes.as_ref())).await;
        let _ = sent.expect("the server reads");
    }

    /// Sends a GET, without more than it needs.
    pub async fn get(&mut self, path: &str) {
        self.send(format!("GET {path} HTTP/1.1\r\nhost: x\r\n\r\n")).await;
    }

    /// Reads what has come, or waits for it.
    pub async fn read(&mut self) {
        let mut space = vec![0; 64 * 1024];
        let read = timeout(PATIENCE, self.stream.read(&mut space)).await;
        match read.unwrap_or_else(|_| panic!("nothing came after {}", self.shown())) {
            Ok(0) => self.ended = Some(End::Closed),
            Ok(count) => self.got.extend_from_slice(&space[..count]),
            Err(error) if is_reset(&error) => self.ended = Some(End::Reset),
            Err(error) => panic!("{error} after {}", self.shown()),
        }
    }

    /// The next response, when it is whole; what follows it is kept.
    pub async fn response(&mut self) -> Response {
        self.take(false).await
    }

    /// The next response, to a HEAD.
    pub async fn response_to_head(&mut self) -> Response {
        self.take(true).await
    }

    async fn take(&mut self, bodiless: bool) -> Response {
        loop {
            let response = Response::read(&self.got, self.ended.is_some(), bodiless);
            if let Some(response) = response.filter(|response| response.whole) {
                self.got.drain(..response.length);
                return response;
            }
            assert_eq!(self.ended, None, "in the middle of a response: {}", self.shown());
            self.read().await;
        }
    }

    /// Reads until the body that is coming has this text in it; nothing is taken.
    pub async fn until(&mut self, text: &str) {
        let found = |got: &[u8]| got.windows(text.len()).any(|part| part == text.as_bytes());
        while !Response::read(&self.got, false, false).is_some_and(|come| found(&come.body)) {
            assert_eq!(self.ended, None, "no {text:?} came: {}", self.shown());
            self.read().await;
        }
    }

    /// How the connection ended, as far as was read.
    pub fn ended(&self) -> Option<End> {
        self.ended
    }

    /// Reads up to the end of the connection.
    pub async fn end(&mut self) -> End {
        loop {
            if let Some(end) = self.ended {
                return end;
            }
            self.read().await;
        }
    }

    /// What is left of a response whose connection has ended, which must not be whole.
    pub async fn cut_off(&mut self) -> Response {
        self.end().await;
        let response = Response::read(&self.got, true, false).expect("a head");
        assert!(!response.whole, "it looks complete: {}", self.shown());
        response
    }

    fn shown(&self) -> String {
        String::from_utf8_lossy(&self.got[..self.got.len().min(2000)]).into_owned()
    }
}

fn is_reset(error: &io::Error) -> bool {
    use io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset};
    matches!(error.kind(), BrokenPipe | ConnectionAborted | ConnectionReset)
}

#[cfg(test)]
mod tests {
    use super::Response;

    const HEAD: &str = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";

    #[test]
    fn a_response_that_grows_is_whole_at_its_last_byte_only() {
        let all = format!("{HEAD}3\r\nabc\r\nA\r\n0123456789\r\n0\r\n\r\nHTTP/1.1");
        let whole = all.len() - "HTTP/1.1".len();
        for end in HEAD.len()..=all.len() {
            let response = Response::read(&all.as_bytes()[..end], false, false).expect("a head");
            assert_eq!(response.whole, end >= whole, "{end}");
            assert!("abc0123456789".as_bytes().starts_with(&response.body), "{end}");
        }
        let response = Response::read(all.as_bytes(), false, false).expect("a head");
        assert_eq!((response.text(), response.length), ("abc0123456789", whole));
    }

    #[test]
    fn what_the_standard_does_not_allow_is_found() {
        for bad in ["3\r\nabcd\r\n", "x\r\n", "3;a=b\r\nabc\r\n", "\r\n", "0\r\nx: y\r\n\r\n"] {
            let bytes = format!("{HEAD}{bad}");
            let read = std::panic::catch_unwind(|| Response::read(bytes.as_bytes(), true, false));
            assert!(read.is_err(), "{bad:?}");
        }
    }
}
