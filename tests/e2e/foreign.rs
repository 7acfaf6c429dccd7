//! Parsers from npm and PyPI read what bolt writes.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

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
