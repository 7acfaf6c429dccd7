//! What the compiler says of mistakes, and that what is right compiles.
//!
//! One mistake in a file, named after it. `TRYBUILD=overwrite cargo test -p bolt-tests --test ui` writes the
//! `.stderr` files anew.

use std::io::Write as _;
use std::process::Command;

/// The compiler whose words the `.stderr` files are.
const RUSTC: &str = "rustc 1.95.0";

#[test]
fn mistakes_are_told_and_the_rest_compiles() {
    let cases = trybuild::TestCases::new();
    cases.pass("ui/pass/*.rs");
    let version = rustc_version();
    if version.starts_with(RUSTC) {
        cases.compile_fail("ui/fail/*.rs");
    } else {
        // Not `println!`, which the test runner would keep to itself.
        let skipped = format!("skipped: the messages are those of {RUSTC}, this is {version}\n");
        std::io::stderr().write_all(skipped.as_bytes()).expect("standard error");
    }
}

fn rustc_version() -> String {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let output = Command::new(rustc).arg("--version").output().expect("rustc answers");
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}
