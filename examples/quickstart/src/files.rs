//! A blocking stream that can fail: the source files below a folder.

use std::env;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path as FilePath, PathBuf};

use bolt::prelude::*;
use walkdir::{DirEntry, WalkDir};

#[derive(Deserialize, IntoParams)]
pub(crate) struct Wanted {
    /// A folder in the one that the server was started in. Default: that one.
    folder: Option<String>,
}

/// What the walk finds. Each variant is an event of its own.
#[derive(Serialize, StreamEvent, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Found {
    /// A source file.
    File { path: String, lines: usize },
    /// All of them.
    Total { files: usize, lines: usize },
}

/// The source files below a folder with their numbers of lines, as they are found.
#[stream(get, "/files")]
pub(crate) fn files(Query(wanted): Query<Wanted>) -> Result<Found, Problem> {
    let root = env::current_dir().and_then(fs::canonicalize).map_err(Problem::internal)?;
    let folder = inside(&root, wanted.folder.as_deref().unwrap_or_default())?;
    let (mut files, mut total) = (0, 0);
    for entry in WalkDir::new(folder).sort_by_file_name().into_iter().filter_entry(is_wanted) {
        let entry = entry.map_err(Problem::internal)?;
        if !entry.file_type().is_file() || !is_source(entry.path()) {
            continue;
        }
        let lines = count_lines(&fs::read(entry.path()).map_err(Problem::internal)?);
        let path = entry.path().strip_prefix(&root).unwrap_or(entry.path());
        emit!(Found::File { path: path.display().to_string(), lines });
        (files, total) = (files + 1, total + lines);
    }
    emit!(Found::Total { files, lines: total });
}

/// The folder, when it is in `root` after all links and `..` are resolved.
fn inside(root: &FilePath, folder: &str) -> Result<PathBuf, Problem> {
    let no_such = || Problem::not_found(format!("there is no folder {folder}"));
    let path = fs::canonicalize(root.join(folder)).map_err(|_| no_such())?;
    if !path.starts_with(root) {
        return Err(Problem::forbidden(format!(
            "{folder} is outside the folder that the server was started in"
        )));
    }
    if !path.is_dir() {
        return Err(no_such());
    }
    Ok(path)
}

/// Leaves out hidden folders and what cargo and npm put beside the sources.
fn is_wanted(entry: &DirEntry) -> bool {
    let name = entry.file_name().to_string_lossy();
    entry.depth() == 0 || !(name.starts_with('.') || name == "target" || name == "node_modules")
}

fn is_source(path: &FilePath) -> bool {
    const ENDINGS: [&str; 12] =
        ["c", "cpp", "css", "go", "h", "html", "java", "js", "py", "rs", "sh", "ts"];
    path.extension().and_then(OsStr::to_str).is_some_and(|ending| ENDINGS.contains(&ending))
}

fn count_lines(bytes: &[u8]) -> usize {
    let ends = bytes.iter().filter(|byte| **byte == b'\n').count();
    let unfinished = bytes.last().is_some_and(|byte| *byte != b'\n');
    ends + usize::from(unfinished)
}
