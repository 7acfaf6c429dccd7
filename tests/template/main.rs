//! `bolt-app-template`, tested by use: generated, built, run, formatted, linted and tested as its users do.
//!
//! ```sh
//! cargo test -p bolt-tests --test template -- --ignored --nocapture
//! ```
//!
//! It needs cargo-generate: `cargo install cargo-generate --version 0.23.14 --locked --no-default-features`.

// The files beside the code. Needs linters.
mod files;
// Where a template may come from, where a project may go, and what is refused.
mod given;
// A folder outside of this workspace, and commands in it.
mod work;

use std::fs;
use std::path::Path;
use std::process::Stdio;
use std::time::Instant;

use bolt_tests::process::{self, Process};
use work::{Work, output, root};

#[test]
fn the_template_asks_for_this_version_of_bolt() {
    let manifest = fs::read_to_string(root().join("bolt-app-template/Cargo.toml"));
    let manifest = manifest.expect("a manifest");
    let version = concat!(env!("CARGO_PKG_VERSION_MAJOR"), ".", env!("CARGO_PKG_VERSION_MINOR"));
    assert!(manifest.contains(&format!("bolt-core = \"{version}\"")), "{manifest}");
    assert!(manifest.contains(&format!("bolt-core = {{ version = \"{version}\"")), "{manifest}");
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

fn is_clean(app: &Path, target: &Path) {
    let run = |arguments: &[&str]| output(work::cargo(app, target).args(arguments));
    run(&["fmt", "--check"]);
    run(&["clippy", "--all-targets", "--", "-D", "warnings"]);
    let tested = run(&["test"]);
    let readme = fs::read_to_string(app.join("README.md")).expect("a README");
    let promised = readme.lines().find(|line| line.starts_with("test result: "));
    assert!(tested.contains(promised.expect("what `cargo test` prints")), "{tested}");
    assert!(readme.contains("\ndata: {\"n\":0}\n\ndata: {\"n\":1}\n"), "{readme}");
    for file in work::files(app).iter().filter(|file| !file.ends_with("Cargo.lock")) {
        let text = fs::read_to_string(file).expect("text");
        let left = ["{{", "{%", "rhai", "bolt_path"].iter().find(|part| text.contains(**part));
        assert_eq!(left, None, "{} of the template is left: {text}", file.display());
    }
}
