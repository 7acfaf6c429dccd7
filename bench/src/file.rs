//! Files that results are written to: tried before a long run, written after it.

use std::fs::{self, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

/// That `path` can be written, without touching what is there. Returns it as the system knows it.
pub(crate) fn check(path: &Path) -> Result<PathBuf, String> {
    let there = path.exists();
    let checked = OpenOptions::new().create(true).append(true).open(path);
    let known = checked.and_then(|_| path.canonicalize());
    if !there {
        // A run that fails leaves nothing. What cannot be removed was mostly not made.
        _ = fs::remove_file(path);
    }
    known.map_err(|error| cannot_write(path, &error))
}

pub(crate) fn write(path: &Path, text: &str) -> Result<(), String> {
    fs::write(path, text).map_err(|error| cannot_write(path, &error))
}

fn cannot_write(path: &Path, error: &io::Error) -> String {
    format!("cannot write {}: {error}", path.display())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_check_leaves_everything_as_it_was() {
        let path = std::env::temp_dir().join(format!("bolt-bench-file-{}", std::process::id()));
        check(&path).unwrap();
        assert!(!path.exists());
        write(&path, "before").unwrap();
        check(&path).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "before");
        fs::remove_file(&path).unwrap();
        assert!(check(Path::new("/none/file")).unwrap_err().contains("cannot write /none/file: "));
    }
}
