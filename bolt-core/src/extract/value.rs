//! A value from its JSON, and what is said when there is none.

use serde::de::DeserializeOwned;

use super::error::{BodyError, BodyErrorKind};

/// The value that a text is.
pub(super) fn value<T: DeserializeOwned>(text: &str) -> Result<T, BodyError> {
    serde_json::from_str(text).map_err(|error| not_a_value(&error))
}

/// What serde says, with the line only where there are several.
pub(super) fn not_a_value(error: &serde_json::Error) -> BodyError {
    let kind = match error.is_data() {
        true => BodyErrorKind::Mismatch,
        false => BodyErrorKind::Malformed,
    };
    let said = error.to_string();
    let (line, column) = (error.line(), error.column());
    match said.strip_suffix(&format!(" at line {line} column {column}")) {
        Some(what) if line == 1 => BodyError::item(kind, format!("{what} at column {column}")),
        _ => BodyError::item(kind, said),
    }
}
