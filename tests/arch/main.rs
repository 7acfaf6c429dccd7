//! The order of the code: which room may use which, and how large a file may be.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// A module uses only modules of lower rank. `lib.rs` is the door and may show all of them.
const RANKS: [(&str, &[(&str, u32)]); 2] = [
    (
        "bolt-core",
        &[
            ("error", 0),
            ("event", 0),
            ("probe", 0),
            ("trace", 0),
            ("latch", 0),
            ("config", 1),
            ("info", 1),
            ("observe", 1),
            ("problem", 1),
            ("openapi", 2),
            ("panics", 2),
            ("endpoint", 3),
            ("replay", 3),
            ("routes", 3),
            ("docs", 4),
            ("stream", 4),
            ("extract", 5),
            ("health", 5),
            ("prometheus", 5),
            ("app", 6),
            ("server", 7),
            ("testing", 8),
            ("private", 9),
        ],
    ),
    ("bolt-macros", &[("diagnostics", 0), ("paths", 0), ("stream", 1), ("stream_event", 1)]),
];

/// Lines in a source file, tests not counted.
const MOST_LINES: usize = 400;

#[test]
fn a_module_uses_only_modules_of_lower_rank() {
    let mut faults = Vec::new();
    for (package, ranks) in RANKS {
        let rank = |module: &str| ranks.iter().find(|(name, _)| *name == module).map(|(_, r)| *r);
        for file in sources(package) {
            let Some(module) = file.module() else { continue };
            let own = rank(&module)
                .unwrap_or_else(|| panic!("{module} of {package} has no rank: add it to RANKS"));
            for used in file.names_after("crate::") {
                match rank(&used) {
                    Some(other) if used != module && other >= own => faults.push(format!(
                        "{}: {module} ({own}) may not use {used} ({other}): move what both need \
                         to a lower module",
                        file.path.display()
                    )),
                    _ => {}
                }
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn the_files_of_a_room_depend_on_each_other_in_one_direction() {
    for (package, _) in RANKS {
        let mut rooms: BTreeMap<PathBuf, BTreeMap<String, Vec<String>>> = BTreeMap::new();
        for file in sources(package) {
            let (Some(room), Some(stem)) = (file.path.parent(), file.path.file_stem()) else {
                continue;
            };
            let stem = stem.to_string_lossy().into_owned();
            if matches!(stem.as_str(), "lib" | "mod") {
                continue;
            }
            let used = file.names_after("super::");
            for name in &used {
                let is_file = room.join(format!("{name}.rs")).exists()
                    || room.join(name).join("mod.rs").exists();
                assert!(is_file, "{}: takes {name} from its mod.rs", file.path.display());
            }
            rooms.entry(room.to_owned()).or_default().insert(stem, used);
        }
        for (room, uses) in rooms {
            let mut left = uses.clone();
            // Whatever uses nothing that is left can be read next; in a circle there is none.
            while !left.is_empty() {
                let next = left.iter().find(|(_, used)| !used.iter().any(|u| left.contains_key(u)));
                let Some(next) = next.map(|(name, _)| name.clone()) else {
                    panic!("{}: {:?} use each other in a circle", room.display(), left.keys());
                };
                left.remove(&next);
            }
        }
    }
}

#[test]
fn no_file_is_too_long_to_read() {
    let packages = ["bench", "bolt-core", "bolt-macros", "examples"].map(|name| root().join(name));
    for file in packages.iter().flat_map(|package| all_sources(package)) {
        let lines = file.text.lines().count();
        assert!(
            lines <= MOST_LINES,
            "{}: {lines} lines, at most {MOST_LINES}",
            file.path.display()
        );
    }
}

#[test]
fn generated_code_names_bolt_in_one_file() {
    for file in sources("bolt-macros") {
        let named = ["(::bolt", " ::bolt", "__private"].iter().any(|path| file.text.contains(path));
        assert!(!named || file.path.ends_with("paths.rs"), "{}: use Paths", file.path.display());
    }
}

#[test]
fn the_book_has_every_page_of_the_docs() {
    let docs = root().join("docs");
    let summary = docs.join("SUMMARY.md");
    let text = fs::read_to_string(&summary).expect("the contents of the book");
    let links = text.split("](").skip(1).filter_map(|rest| rest.split_once(')'));
    let listed: BTreeSet<_> = links.map(|(link, _)| docs.join(link)).collect();
    let is_page = |path: &PathBuf| *path != summary && path.extension().is_some_and(|e| e == "md");
    let pages: BTreeSet<_> = walk(&docs).into_iter().filter(is_page).collect();
    assert_eq!(listed, pages, "docs/SUMMARY.md on the left, the files of docs on the right");
}

#[test]
fn every_package_has_the_lints_of_the_workspace() {
    let mut packages = 0;
    for manifest in walk(&root()).into_iter().filter(|path| path.ends_with("Cargo.toml")) {
        // What others start with has lints of its own; it is linted where it is generated, by tests/template. The
        // clients of others are no members.
        let others = ["bolt-app-template", "tests/clients/drivers/rust"];
        if others.iter().any(|folder| manifest.starts_with(root().join(folder))) {
            continue;
        }
        let text = fs::read_to_string(&manifest).expect("a manifest");
        if text.contains("[package]") {
            packages += 1;
            let inherits = text.contains("[lints]\nworkspace = true");
            assert!(inherits, "{}: add `[lints] workspace = true`", manifest.display());
        }
    }
    assert!(packages >= 7, "found {packages} packages only");
}

#[test]
fn work_that_is_left_names_its_issue() {
    for file in all_sources(&root()) {
        for (number, line) in file.text.lines().enumerate() {
            let left = ["TODO", "FIXME", "XXX"].iter().any(|word| {
                line.find(word).is_some_and(|at| !line[at + word.len()..].starts_with('('))
            });
            let this = file.path.ends_with("tests/arch/main.rs");
            assert!(!left || this, "{}:{}: {line}", file.path.display(), number + 1);
        }
    }
}

struct Source {
    path: PathBuf,
    /// The code: without comments, and without the module of tests at the end.
    text: String,
}

impl Source {
    fn read(path: PathBuf) -> Self {
        let text = fs::read_to_string(&path).expect("a source file");
        let text = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
        let code = text.lines().map(|line| {
            let comment = line.trim_start().starts_with("//");
            if comment { "" } else { line }
        });
        let text = code.collect::<Vec<_>>().join("\n");
        Self { path, text }
    }

    /// The module below `src` that the file belongs to; none for `lib.rs`.
    fn module(&self) -> Option<String> {
        let mut parts = self.path.iter().skip_while(|part| *part != "src").skip(1);
        let first = parts.next()?.to_string_lossy().into_owned();
        let module = first.trim_end_matches(".rs").to_owned();
        (module != "lib").then_some(module)
    }

    /// The names that follow a prefix, also those in braces.
    fn names_after(&self, prefix: &str) -> Vec<String> {
        let mut names = Vec::new();
        for (at, _) in self.text.match_indices(prefix) {
            let before = self.text[..at].chars().next_back();
            if before.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == ':' || c == '$') {
                continue;
            }
            let rest = &self.text[at + prefix.len()..];
            let group = rest.strip_prefix('{').and_then(|rest| rest.split('}').next());
            let found = group.map_or_else(|| vec![rest], |group| group.split(',').collect());
            names.extend(found.into_iter().map(|name| {
                let name = name.trim_start();
                let end = name.find(|c: char| !c.is_alphanumeric() && c != '_');
                name[..end.unwrap_or(name.len())].to_owned()
            }));
        }
        names.retain(|name| name.starts_with(|c: char| c.is_lowercase()));
        names
    }
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace").to_owned()
}

fn sources(package: &str) -> Vec<Source> {
    let found = all_sources(&root().join(package).join("src"));
    assert!(!found.is_empty(), "{package} has sources");
    found
}

fn all_sources(below: &Path) -> Vec<Source> {
    let rust = |path: &PathBuf| path.extension().is_some_and(|ending| ending == "rs");
    walk(below).into_iter().filter(rust).map(Source::read).collect()
}

fn walk(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        let hidden = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'));
        if path.is_dir() && !hidden && !path.ends_with("target") {
            files.extend(walk(&path));
        } else if path.is_file() {
            files.push(path);
        }
    }
    files
}
