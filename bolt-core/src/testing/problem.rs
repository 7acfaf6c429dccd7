//! `TestProblem`: why a request failed, as its client reads it.

use std::fmt;

use serde::Deserialize;
use serde_json::{Map, Value};

/// A problem body (RFC 9457): of a response, or of the `error` event that ends a stream.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[non_exhaustive]
pub struct TestProblem {
    /// The status; in an event it is the one that a response would have had.
    pub status: u16,
    /// The name of the status, or of the kind of problem.
    pub title: String,
    /// The sentence about this occurrence.
    pub detail: Option<String>,
    /// The URI that names the kind of problem (`type`).
    #[serde(rename = "type")]
    pub kind: Option<String>,
    /// All other members.
    #[serde(flatten)]
    pub more: Map<String, Value>,
}

/// `409 Conflict: sold out (https://example.com/sold-out) {"left":0}`, of which it has what the problem has.
impl fmt::Display for TestProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.status, self.title)?;
        if let Some(detail) = &self.detail {
            write!(f, ": {detail}")?;
        }
        if let Some(kind) = &self.kind {
            write!(f, " ({kind})")?;
        }
        if !self.more.is_empty() {
            write!(f, " {}", Value::Object(self.more.clone()))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_shown_with_what_it_has() {
        let shown =
            |json: &str| serde_json::from_str(json).map(|problem: TestProblem| problem.to_string());
        let whole =
            r#"{"type":"https://x","title":"Conflict","status":409,"detail":"sold out","left":0}"#;
        assert_eq!(
            shown(whole).ok().as_deref(),
            Some(r#"409 Conflict: sold out (https://x) {"left":0}"#)
        );
        assert_eq!(shown(r#"{"title":"Gone","status":410}"#).ok().as_deref(), Some("410 Gone"));
    }
}
