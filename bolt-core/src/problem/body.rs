//! A problem as it is sent.

use std::collections::BTreeMap;

use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde::de::IgnoredAny;
use serde::ser::SerializeMap;

use super::Problem;
use super::format::{Body, ProblemFormat};
use crate::trace::current;

impl Problem {
    /// The body as it is sent, in the format of the app.
    pub(crate) fn to_json(&self) -> Vec<u8> {
        ProblemFormat::current().body(self).json
    }

    /// The last element of a stream of JSON: an object whose member `error` no item has. That is the body in the format of
    /// the app, or where it has that member already, the body itself.
    pub(crate) fn to_element(&self) -> Vec<u8> {
        let Body { json, is_own, .. } = ProblemFormat::current().body(self);
        match is_own && has_error(&json) {
            true => json,
            false => [br#"{"error":"#, &*json, b"}"].concat(),
        }
    }

    /// The response in parts, in the format of the app.
    pub(crate) fn into_parts(self) -> (StatusCode, HeaderMap, Vec<u8>) {
        let Body { content_type, json, .. } = ProblemFormat::current().body(&self);
        let mut headers = self.0.headers;
        headers.insert(header::CONTENT_TYPE, content_type);
        (self.0.status.into(), headers, json)
    }
}

fn has_error(json: &[u8]) -> bool {
    serde_json::from_slice::<BTreeMap<String, IgnoredAny>>(json)
        .is_ok_and(|members| members.contains_key("error"))
}

/// The problem itself, whatever the format of the app is.
impl Serialize for Problem {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        if let Some(kind) = &self.0.kind {
            map.serialize_entry("type", kind)?;
        }
        map.serialize_entry("title", self.public_title())?;
        map.serialize_entry("status", &self.0.status.as_u16())?;
        if let Some(detail) = &self.0.detail {
            map.serialize_entry("detail", detail)?;
        }
        if let Some(instance) = &self.0.instance {
            map.serialize_entry("instance", instance)?;
        }
        for member in &self.0.members {
            map.serialize_entry(&member.name, &member.value)?;
        }
        if let Some(id) = current() {
            map.serialize_entry("request_id", &format_args!("{id}"))?;
        }
        map.end()
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        self.into_parts().into_response()
    }
}
