//! The official clients of language-model APIs, against the example that speaks them.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use bolt_tests::{PATIENCE, Process};
use serde_json::Value;
use tokio::process::Command;
use tokio::time::{sleep, timeout};

/// Where `.ci/run` installs the packages, below the workspace.
const PACKAGES: &str = "../target/ci";

#[tokio::test]
#[ignore = "needs python, and openai and anthropic from PyPI; .ci/run installs and runs it"]
async fn the_clients_of_openai_and_anthropic_for_python_read_the_example() {
    check(Path::new(PACKAGES).join("venv/bin/python").as_os_str(), "foreign/sdk.py").await;
}

#[tokio::test]
#[ignore = "needs node, and openai and @anthropic-ai/sdk from npm; .ci/run installs and runs it"]
async fn the_clients_of_openai_and_anthropic_for_node_read_the_example() {
    check("node".as_ref(), "foreign/sdk.mjs").await;
}

/// Runs a program that fails where its clients do, and then looks at what it has left behind.
async fn check(program: &std::ffi::OsStr, script: &str) {
    let example = example().await;
    let mut client = Command::new(program);
    client.args([script, example.address()]).env("TEST_PACKAGES", PACKAGES).kill_on_drop(true);
    let output = timeout(Duration::from_secs(120), client.output()).await.expect("it never ended");
    let output = output.expect("it starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    // Those that left in the middle have ended their functions, which would have gone on for minutes.
    for path in ["/v1/chat/completions", "/v1/messages"] {
        let gone = async {
            loop {
                let stream = counts(&example, path).await;
                let left = stream["ended"].as_array().into_iter().flatten();
                let mut left = left.filter(|end| end[0] == "client_left").map(|end| &end[1]);
                if stream["open"] == 0 && left.next().is_some() {
                    return;
                }
                sleep(Duration::from_millis(20)).await;
            }
        };
        timeout(PATIENCE, gone).await.unwrap_or_else(|_| panic!("{path} goes on for nobody"));
    }
}

/// What the server has counted of a stream.
async fn counts(example: &Process, path: &str) -> Value {
    let answer = example.client().get("/streams/counts.json").await;
    let counts: Value =
        serde_json::from_str(&answer.text().await.expect("a whole body")).expect("JSON");
    let streams = counts["streams"].as_array().expect("streams");
    streams.iter().find(|stream| stream["path"] == path).expect("the stream").clone()
}

/// The example as `cargo run` starts it.
async fn example() -> Process {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let cargo = |command: &str| {
        let mut cargo = Command::new(env!("CARGO"));
        cargo.args([command, "--quiet", "--package", "chat-tokens"]).current_dir(&root);
        cargo
    };
    // First, so that its start is not waited for while it is built.
    assert!(cargo("build").status().await.expect("cargo runs").success());
    let mut run = cargo("run");
    run.env("BOLT_SERVER__PORT", "0").stderr(Stdio::piped());
    Process::spawn(run).await
}
