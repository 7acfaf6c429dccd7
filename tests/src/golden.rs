//! Files that say what something is, and are written anew on request.

use std::path::Path;
use std::{env, fs};

/// Compares `text` with what the file holds. With the variable `BLESS` set it writes the file first, so that the change is
/// reviewed as a diff.
///
/// # Panics
/// When they differ, or the file cannot be written.
pub fn check(path: &Path, text: &str) {
    if env::var_os("BLESS").is_some() {
        fs::write(path, text).expect("a file that can be written");
    }
    let written = fs::read_to_string(path).unwrap_or_default();
    assert!(
        written == text,
        "{} is not what it should be; with BLESS=1 this test writes it anew. It should be:\n{text}",
        path.display()
    );
}

/// The OpenAPI document of an app against the one that the file holds.
///
/// # Panics
/// As [`check`], and when the document does not hold together.
pub fn check_openapi(path: impl AsRef<Path>, app: &bolt::App) {
    let document = app.openapi().expect("a document that holds together");
    let text = document.to_pretty_json().expect("JSON");
    check(path.as_ref(), &(text + "\n"));
}
