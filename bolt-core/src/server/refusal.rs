//! Answers of the server itself, where hyper gives none.

use std::io::{self, Write as _};
use std::time::Duration;

use axum::http::header;
use axum::response::{IntoResponse as _, Response};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::time::timeout;

use crate::problem::{Problem, ProblemFormat};

/// How long the client may take to read its answer.
const LINGER: Duration = Duration::from_secs(1);

/// Sends the problem as the last response of a connection, in the format of the app.
pub(super) async fn send<S>(mut stream: S, problem: Problem, format: &ProblemFormat)
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let response = response(problem, format);
    let say = async {
        stream.write_all(&response).await?;
        stream.shutdown().await?;
        // Closed with something unread, the system would take the answer back (RST).
        let mut rest = [0; 512];
        while stream.read(&mut rest).await? > 0 {}
        Ok::<(), io::Error>(())
    };
    // A client that is gone needs no answer.
    let _ = timeout(LINGER, say).await;
}

/// The problem as the last response of a connection, for hyper to send.
pub(super) fn last(problem: Problem, format: &ProblemFormat) -> Response {
    let _in = format.enter();
    ([(header::CONNECTION, "close")], problem).into_response()
}

fn response(problem: Problem, format: &ProblemFormat) -> Vec<u8> {
    let _in = format.enter();
    let (status, headers, body) = problem.into_parts();
    // Writing to a `Vec` cannot fail.
    let mut bytes = Vec::new();
    let _ = write!(bytes, "HTTP/1.1 {status}\r\n");
    for (name, value) in &headers {
        let _ = write!(bytes, "{name}: ");
        bytes.extend_from_slice(value.as_bytes());
        bytes.extend_from_slice(b"\r\n");
    }
    let _ = write!(bytes, "content-length: {}\r\nconnection: close\r\n\r\n", body.len());
    bytes.extend_from_slice(&body);
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_is_a_whole_response() {
        let problem = Problem::unavailable("full", Duration::from_secs(2));
        let text = String::from_utf8(response(problem, &ProblemFormat::default())).expect("text");
        let (head, body) = text.split_once("\r\n\r\n").expect("a head and a body");
        assert!(head.starts_with("HTTP/1.1 503 Service Unavailable\r\n"), "{head}");
        for line in
            ["content-type: application/problem+json", "retry-after: 2", "connection: close"]
        {
            assert!(head.lines().any(|found| found == line), "{line} is not in {head}");
        }
        let length = format!("content-length: {}", body.len());
        assert_eq!(head.matches("content-length").count(), 1);
        assert!(head.contains(&length), "{head}");
    }
}
