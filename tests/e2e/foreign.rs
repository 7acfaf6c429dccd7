//! Parsers and clients that others wrote read what bolt writes.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use bolt::axum::routing::get;
use bolt::prelude::*;
use bolt_tests::Server;

use crate::events::corpus;

/// Where `.ci/run` installs the packages, below the workspace.
const PACKAGES: &str = "../target/ci";

#[test]
#[ignore = "needs node and eventsource-parser from npm; .ci/run installs and runs it"]
fn eventsource_parser_from_npm_reads_every_stream() {
    compare(Command::new("node").arg("foreign/eventsource_parser.cjs"));
}

#[test]
#[ignore = "needs python and httpx-sse from PyPI; .ci/run installs and runs it"]
fn httpx_sse_from_pypi_reads_every_stream() {
    let python = Path::new(PACKAGES).join("venv/bin/python");
    compare(Command::new(python).arg("foreign/httpx_sse_parser.py"));
}

#[stream(get, "/three")]
async fn three() -> u32 {
    for n in 0..3 {
        emit!(n);
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
}

/// Runs a program against a server with a stream and a plain answer, and gives its output.
async fn served(program: &str, arguments: &[&str], paths: &[&str]) -> String {
    let app = App::new().mount::<three>().route("/plain", get(|| async { "plain" }));
    let server = Server::start(app).await;
    let mut command = tokio::process::Command::new(program);
    command.args(arguments).args(paths.iter().map(|path| server.url(path)));
    let output = command.kill_on_drop(true).output();
    let output = tokio::time::timeout(bolt_tests::PATIENCE, output).await.expect("it never ended");
    let output = output.expect("it starts");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{program}: {said}");
    String::from_utf8(output.stdout).expect("text")
}

#[tokio::test]
#[ignore = "needs python; .ci/run runs it"]
async fn pythons_http_client_reads_streams_and_keeps_its_connection() {
    served("python3", &["foreign/http_client.py"], &[""]).await;
}

#[tokio::test]
#[ignore = "needs node; .ci/run runs it"]
async fn nodes_clients_read_streams_and_keep_their_connection() {
    served("node", &["foreign/fetch.mjs"], &[""]).await;
}

#[tokio::test]
#[ignore = "needs curl; .ci/run runs it"]
async fn curl_reads_streams_and_keeps_its_connection() {
    let events = "data: 0\n\ndata: 1\n\ndata: 2\n\n";
    let paths = ["/three", "/plain", "/three", "/plain"];
    // curl counts the connections it made; on one, only the first answer needed one.
    let told = [
        "--silent",
        "--show-error",
        "--fail",
        "--max-time",
        "20",
        "--write-out",
        "[%{num_connects}]",
    ];
    let output = served("curl", &[&told[..], &["--http1.1"]].concat(), &paths).await;
    assert_eq!((output.matches(events).count(), output.matches("plain").count()), (2, 2));
    assert_eq!((output.matches("[1]").count(), output.matches("[0]").count()), (1, 3), "{output}");
    // One each: curl 7.88 cannot use a connection again that began as HTTP/2.
    for version in ["--http1.0", "--http2-prior-knowledge"] {
        let output = served("curl", &[&told[..], &[version]].concat(), &paths[..1]).await;
        assert!(output.starts_with(events), "{version}: {output}");
    }
}

/// Gives a program the streams as a JSON array on its input, and expects the events of each on its output.
fn compare(program: &mut Command) {
    let corpus = corpus(200);
    let streams: Vec<_> = corpus.iter().map(|(wire, _)| wire).collect();
    let input = serde_json::to_vec(&streams).expect("strings");
    let program = program.env("TEST_PACKAGES", PACKAGES);
    let mut child =
        program.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("it starts");
    let mut stdin = child.stdin.take().expect("a pipe");
    let writer = std::thread::spawn(move || stdin.write_all(&input));
    let output = child.wait_with_output().expect("it ends");
    writer.join().expect("no panic").expect("it reads");
    assert!(output.status.success(), "{:?}", output.status);
    let parsed: Vec<Vec<(String, String, String)>> =
        serde_json::from_slice(&output.stdout).expect("[[[name, data, id]]]");
    assert_eq!(parsed.len(), corpus.len());
    for (events, (wire, expected)) in parsed.into_iter().zip(corpus) {
        let expected: Vec<_> = expected.into_iter().map(|e| (e.name, e.data, e.id)).collect();
        assert_eq!(events, expected, "{wire:?}");
    }
}
