//! Where bolt comes from: what is said of it, what is close by, and what is refused.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use crate::work::{Work, files, generate, root, template};

/// Generates an app; gives the lines of its manifest that name bolt.
///
/// # Errors
/// Why it is refused.
fn bolt_of(place: &Path, values: &[&str]) -> Result<Vec<String>, String> {
    let source = ["--path", &template().display().to_string()];
    generate(place, &source, "my-app", values)?;
    let manifest = fs::read_to_string(place.join("my-app/Cargo.toml")).expect("a manifest");
    Ok(manifest.lines().filter(|line| line.contains("bolt")).map(str::to_owned).collect())
}

fn path(path: &str) -> Vec<String> {
    vec![
        format!("bolt-core = {{ path = \"{path}\" }}"),
        format!("bolt-core = {{ path = \"{path}\", features = [\"testing\"] }}"),
    ]
}

#[test]
#[ignore = "needs cargo-generate; .ci/run installs and runs it"]
fn bolt_comes_from_where_it_is_said_to() {
    let work = Work::new();
    let of =
        |place: &str, value: &str| bolt_of(&work.folder(place), &[value]).expect("it is generated");
    let git = [
        r#"bolt-core = { git = "https://example.com/x" }"#,
        r#"bolt-core = { git = "https://example.com/x", features = ["testing"] }"#,
    ];
    assert_eq!(of("git", "bolt_git=https://example.com/x"), git);
    let version =
        [r#"bolt-core = "0.7""#, r#"bolt-core = { version = "0.7", features = ["testing"] }"#];
    assert_eq!(of("version", "bolt_version=0.7"), version);

    let checkout = root().display().to_string();
    let package = path(&format!("{checkout}/bolt-core"));
    assert_eq!(of("checkout", &format!("bolt_path={checkout}")), package);
    assert_eq!(of("package", &format!("bolt_path={checkout}/bolt-core/")), package);
    // A copy without the rest of the checkout.
    assert_eq!(of("vendored", "bolt_path=/vendored/bolt-core"), path("/vendored/bolt-core"));
}

#[test]
#[ignore = "needs cargo-generate; .ci/run installs and runs it"]
fn a_checkout_that_is_close_is_found() {
    let work = Work::new();
    let beside = work.folder("beside");
    symlink(root(), beside.join("bolt")).expect("a link");
    assert_eq!(bolt_of(&beside, &[]), Ok(path("../bolt/bolt-core")));
    let said = ["bolt_git=https://example.com/x"];
    let git = bolt_of(&work.folder("beside/said"), &said).expect("it is generated");
    assert!(git[0].contains("git = "), "what is said goes over what is close: {git:?}");

    // As a folder of a checkout, or of a folder in it.
    let checkout = work.folder("checkout");
    for part in ["bolt-app-template", "bolt-core"] {
        symlink(root().join(part), checkout.join(part)).expect("a link");
    }
    assert_eq!(bolt_of(&checkout, &[]), Ok(path("../bolt-core")));
    assert_eq!(bolt_of(&work.folder("checkout/apps"), &[]), Ok(path("../../bolt-core")));
}

#[test]
#[ignore = "needs cargo-generate; .ci/run installs and runs it"]
fn without_a_place_that_is_one_it_is_refused() {
    let work = Work::new();
    // Of another version, which the template may not fit.
    let other = work.folder("refused/bolt/bolt-app-template");
    fs::write(other.join("bolt.rhai"), "export const VERSION = \"9.9\";").expect("written");
    let place = work.folder("refused");
    let refused = |values: &[&str], reason: &str| {
        let said = bolt_of(&place, values).expect_err("it is refused");
        assert!(said.contains(reason), "{values:?}: {said}");
        let made = place.join("my-app");
        assert_eq!(files(&made).len(), 0, "{values:?} left files");
        fs::remove_dir(made).expect("an empty folder");
    };
    refused(&[], "add -d bolt_path=/path/to/bolt, a checkout, or -d bolt_git=URL, the repository;");
    refused(&["bolt_path=../bolt"], "give the whole path of a checkout");
    let elsewhere = format!("bolt_path={}", place.display());
    refused(&[&elsewhere], "is no checkout of bolt: give the folder that bolt-core is in");
    refused(&["bolt_path=/x", "bolt_git=https://x"], r#"["bolt_git", "bolt_path"] are set"#);
    refused(&["bolt_version=0.1", "bolt_git=https://x"], r#"["bolt_git", "bolt_version"] are set"#);
    refused(&["bolt_git=https://x\"y"], "cannot stand between quotes");
}
