//! A folder outside of this workspace, and commands in it.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};

/// A temporary folder.
pub(crate) struct Work(PathBuf);

impl Work {
    pub(crate) fn new() -> Self {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("bolt-template-{}-{number}", std::process::id());
        let path = env::temp_dir().join(name);
        fs::create_dir_all(&path).expect("a temporary folder");
        Self(path)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    /// A folder in it.
    pub(crate) fn folder(&self, name: &str) -> PathBuf {
        let path = self.0.join(name);
        fs::create_dir_all(&path).expect("a folder");
        path
    }

    /// A project from the template of this workspace, with its bolt; gives the project's folder.
    pub(crate) fn generate(&self, name: &str, values: &[&str]) -> PathBuf {
        generate_in(&self.folder(&format!("for {name}")), name, values)
    }
}

impl Drop for Work {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// The same as [`Work::generate`], in a folder that may have other things in it.
pub(crate) fn generate_in(place: &Path, name: &str, values: &[&str]) -> PathBuf {
    let bolt = format!("bolt_path={}", root().join("bolt-core").display());
    let mut values = values.to_vec();
    values.push(&bolt);
    let source = ["--path", &template().display().to_string()];
    let made = generate(place, &source, name, &values);
    made.unwrap_or_else(|said| panic!("{name} {values:?}: {said}"));
    let entries = fs::read_dir(place).expect("a folder").map(|entry| entry.expect("an entry"));
    let project = entries.map(|entry| entry.path()).find(|path| path.is_dir());
    project.expect("a project")
}

/// Runs `cargo generate` in a folder.
///
/// # Errors
/// What it says when it fails.
pub(crate) fn generate(
    place: &Path,
    source: &[&str],
    name: &str,
    values: &[&str],
) -> Result<(), String> {
    let mut command = Command::new(tool("cargo/bin/cargo-generate", "cargo-generate"));
    command.current_dir(place).env("RUST_BACKTRACE", "0").arg("generate").args(source);
    command.args(["--name", name, "--silent", "--vcs", "none"]);
    for value in values {
        command.args(["--define", value]);
    }
    run(&mut command).map(drop)
}

/// Runs cargo in a project.
pub(crate) fn cargo(app: &Path, target: &Path) -> Command {
    let mut command = Command::new(env!("CARGO"));
    command.current_dir(app).env("CARGO_TARGET_DIR", target).env("CARGO_TERM_COLOR", "never");
    // Of the test run, not of who starts a project.
    command.env_remove("RUSTFLAGS");
    command
}

/// A program that `.ci/run` installs below `target/ci`, or one of this machine.
pub(crate) fn tool(below: &str, name: &str) -> PathBuf {
    let installed = root().join("target/ci").join(below);
    if installed.exists() { installed } else { name.into() }
}

/// Everything that a command says, which must succeed.
pub(crate) fn output(command: &mut Command) -> String {
    run(command).unwrap_or_else(|said| panic!("{command:?}: {said}"))
}

fn run(command: &mut Command) -> Result<String, String> {
    let program = command.get_program().to_owned();
    let output = command.output().unwrap_or_else(|error| {
        panic!("{}: {error}: .ci/run installs it", program.to_string_lossy())
    });
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said).into_owned();
    if output.status.success() { Ok(said) } else { Err(said) }
}

/// All files below a folder.
pub(crate) fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("a folder");
    let paths = entries.map(|entry| entry.expect("an entry").path());
    paths.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

pub(crate) fn template() -> PathBuf {
    root().join("bolt-app-template")
}

/// The workspace.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace").to_owned()
}
