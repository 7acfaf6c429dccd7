//! Where a template may come from, where a project may go, and what is refused.

use std::fs;
use std::process::Command;

use crate::work::{Work, cargo, files, generate, generate_in, output, template};

#[test]
#[ignore = "needs cargo-generate and git; .ci/run installs and runs it"]
fn a_repository_gives_what_a_folder_gives() {
    let work = Work::new();
    let repository = work.folder("repository");
    let git = |arguments: &[&str]| {
        let identity = ["-c", "user.name=x", "-c", "user.email=x@example.com"];
        output(Command::new("git").current_dir(&repository).args(identity).args(arguments));
    };
    output(Command::new("cp").arg("-R").arg(template()).arg(&repository));
    git(&["init", "--quiet"]);
    git(&["add", "--all", "--force"]);
    git(&["commit", "--quiet", "--message", "x"]);
    let url = format!("file://{}", repository.display());
    let given = [
        ("git", vec!["--git", &url, "bolt-app-template"]),
        ("path", vec!["--path", repository.to_str().expect("UTF-8"), "bolt-app-template"]),
    ];
    for (place, source) in given {
        let bolt = format!("bolt_git={url}");
        generate(&work.folder(place), &source, "my-app", &[&bolt]).expect("it is generated");
    }
    output(Command::new("diff").args(["-r", "git", "path"]).current_dir(work.path()));
    assert!(files(&work.path().join("git/my-app")).len() > 15);
}

#[test]
#[ignore = "needs cargo-generate; .ci/run installs and runs it"]
fn in_a_workspace_it_is_one_more_member() {
    let work = Work::new();
    let workspace = "[workspace]\nresolver = \"3\"\nmembers = []\n";
    fs::write(work.path().join("Cargo.toml"), workspace).expect("written");
    let app = generate_in(work.path(), "my-app", &[]);
    let target = work.path().join("target");
    let metadata =
        output(cargo(&app, &target).args(["metadata", "--no-deps", "--format-version=1"]));
    assert!(metadata.contains("\"name\":\"my-app\""), "{metadata}");
    let changed = fs::read_to_string(work.path().join("Cargo.toml")).expect("a manifest");
    assert!(changed.contains("my-app"), "{changed}");
}

#[test]
#[ignore = "needs cargo-generate; .ci/run installs and runs it"]
fn names_and_values_that_cannot_be_are_refused_with_a_reason() {
    let work = Work::new();
    let source = ["--path", &template().display().to_string()];
    let refused = |name: &str, values: &[&str], reason: &str| {
        let place = work.folder(&format!("{name} {}", values.len()));
        let said = generate(&place, &source, name, values).expect_err("it is refused");
        // It is shown in a box, broken where there is room.
        let said = said.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(said.contains(reason), "{name} {values:?}: {said}");
        let left: usize = files(&place).len();
        assert_eq!(left, 0, "{name} {values:?} left files");
    };
    refused("9lives", &[], r#"the name "9lives" does not begin with a letter"#);
    refused("späti", &[], r#"has a "ä" in it"#);
    for taken in ["test", "core", "std", "self", "async", "bolt", "bolt-core", "app", "serde"] {
        refused(taken, &[], &format!(r#"the name "{taken}" is taken"#));
    }
    for (name, description) in [("a", "back\\slash"), ("b", "con\u{1}trol")] {
        let value = format!("description={description}");
        refused(name, &[&value], "is not a valid value for description");
    }
    refused("c", &["dockerfile=maybe"], "dockerfile");
}

#[test]
#[ignore = "needs cargo-generate; .ci/run installs and runs it"]
fn other_spellings_of_a_name_become_one_of_a_package() {
    let work = Work::new();
    for (name, folder) in [("My App", "my-app"), ("a.b", "a-b"), ("snake_case", "snake_case")] {
        let app = work.generate(name, &[]);
        assert!(app.ends_with(folder), "{name}: {}", app.display());
        let manifest = fs::read_to_string(app.join("Cargo.toml")).expect("a manifest");
        assert!(manifest.contains(&format!("name = \"{folder}\"\n")), "{manifest}");
    }
}

#[test]
#[ignore = "needs cargo-generate; .ci/run installs and runs it"]
fn a_description_becomes_one_sentence() {
    let work = Work::new();
    let said = [("a", "Counts", "Counts."), ("b", "Counts.", "Counts."), ("c", "Why?", "Why?")];
    for (name, description, sentence) in said {
        let app = work.generate(name, &[&format!("description={description}")]);
        let readme = fs::read_to_string(app.join("README.md")).expect("a README");
        assert!(readme.starts_with(&format!("# {name}\n\n{sentence}\n\n")), "{readme}");
    }
}

#[test]
#[ignore = "needs cargo-generate; .ci/run installs and runs it"]
fn a_description_is_quoted_for_each_file() {
    let work = Work::new();
    let app = work.generate("a", &["description=The \"best\" of {{ }}, 100 % ☃"]);
    let metadata = output(cargo(&app, &work.path().join("target")).args([
        "metadata",
        "--no-deps",
        "--format-version=1",
    ]));
    let described = r#""description":"The \"best\" of {{ }}, 100 % ☃""#;
    assert!(metadata.contains(described), "{metadata}");
    let unit = fs::read_to_string(app.join("deploy/a.service")).expect("a unit");
    assert!(unit.contains("\nDescription=The \"best\" of {{ }}, 100 %% ☃\n"), "{unit}");
}
