//! `TestProblem`: why a request failed, as its client reads it.

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
