//! The servers and their comparison, as a person runs them.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::thread;
use std::time::Duration;

use serde_json::Value;

const PEERS: [&str; 4] = ["bolt", "axum", "actix", "floor"];

/// For what should come at once; only a hang is longer.
const PATIENCE: Duration = Duration::from_secs(30);

fn bench() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_bolt-bench"));
    command.stdin(Stdio::null());
    command
}

/// A peer, ended with the test.
struct Peer {
    process: Child,
    address: String,
}

impl Peer {
    fn start(name: &str) -> Self {
        let mut process = bench()
            .args(["serve", name, "--port", "0"])
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let log = BufReader::new(process.stderr.take().expect("a pipe"));
        let mut lines = log.lines().map_while(Result::ok);
        let address =
            lines.find_map(|line| Some(line.split_once("listening on http://")?.1.into()));
        let address = address.unwrap_or_else(|| panic!("{name} does not listen"));
        Self { process, address }
    }

    fn ask(&self, target: &str) -> Answer {
        let socket = TcpStream::connect(&self.address).expect("a connection");
        socket.set_read_timeout(Some(PATIENCE)).expect("a time");
        let mut answer = Answer { socket: BufReader::new(socket), head: String::new() };
        answer.ask(target);
        answer
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        self.process.kill().expect("it runs");
        self.process.wait().expect("it ends");
    }
}

struct Answer {
    socket: BufReader<TcpStream>,
    head: String,
}

impl Answer {
    fn ask(&mut self, target: &str) {
        let request = format!("GET {target} HTTP/1.1\r\nhost: bench\r\n\r\n");
        self.socket.get_mut().write_all(request.as_bytes()).expect("written");
        self.head.clear();
        while !self.head.ends_with("\r\n\r\n") {
            let read = self.socket.read_line(&mut self.head).expect("a line");
            assert!(read > 0, "the head ends early: {:?}", self.head);
        }
    }

    /// None after the last.
    fn chunk(&mut self) -> Option<String> {
        let mut size = String::new();
        self.socket.read_line(&mut size).expect("a size");
        let size = usize::from_str_radix(size.trim_end(), 16).expect("a hexadecimal number");
        let mut chunk = vec![0; size + 2];
        self.socket.read_exact(&mut chunk).expect("a chunk");
        chunk.truncate(size);
        (size > 0).then(|| String::from_utf8(chunk).expect("text"))
    }

    fn body(&mut self) -> String {
        std::iter::from_fn(|| self.chunk()).collect()
    }
}

#[test]
fn every_peer_sends_the_same_tokens_and_keeps_the_connection() {
    let tokens = |events: u64| -> String {
        let token = |n| format!("event: token\ndata: {{\"index\":{n},\"token\":\"hello\"}}\n\n");
        (0..events).map(token).collect()
    };
    for name in PEERS {
        let peer = Peer::start(name);
        let mut answer = peer.ask("/short?events=3");
        assert!(answer.head.contains("content-type: text/event-stream\r\n"), "{name}");
        assert_eq!(answer.body(), tokens(3), "{name}");
        answer.ask("/short?events=1");
        assert_eq!(answer.body(), tokens(1), "{name}");
        answer.ask("/burst?events=5000");
        assert_eq!(answer.body(), tokens(5000), "{name}");
    }
}

#[test]
fn every_peer_sends_the_time_and_those_with_threads_also_from_them() {
    for name in PEERS {
        let peer = Peer::start(name);
        let threads = matches!(name, "bolt" | "axum");
        for (route, there) in [("/sse", true), ("/sync-sse", threads)] {
            let mut answer = peer.ask(route);
            if !there {
                assert!(answer.head.starts_with("HTTP/1.1 404"), "{name} {route}");
                continue;
            }
            for _ in 0..2 {
                let event = answer.chunk().expect("an event");
                let time = event.strip_prefix("data: ").and_then(|e| e.strip_suffix("\n\n"));
                let time = time.unwrap_or_else(|| panic!("{name} {route}: {event:?}"));
                assert!(time.len() == 19 && time.parse::<u64>().is_ok(), "{name} {route}: {time}");
            }
        }
    }
}

fn compare(folder: &str, arguments: &[&str]) -> (Output, PathBuf) {
    let out = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(folder);
    let output =
        bench().arg("compare").args(arguments).arg("--out").arg(&out).output().expect("it runs");
    (output, out)
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// What `compare` writes, after its sums are checked.
fn compared(workload: &str, peers: &[&str]) -> Value {
    let arguments = ["--workload", workload, "--clients", "5", "--secs", "2", "--runs", "1"];
    let (output, out) = compare(workload, &arguments);
    assert!(output.status.success(), "{}", said(&output));
    assert!(said(&output).contains("django-bolt is left out"), "{}", said(&output));
    let table = String::from_utf8(output.stdout).expect("text");
    let json = fs::read(out.join(format!("{workload}.json"))).expect("the JSON");
    let json: Value = serde_json::from_slice(&json).expect("JSON");
    let svg = fs::read_to_string(out.join(format!("{workload}.svg"))).expect("the plot");
    assert!(svg.starts_with("<svg") && svg.trim_end().ends_with("</svg>"), "{svg}");
    let names: Vec<_> = json["peers"].as_object().expect("peers").keys().collect();
    assert_eq!(names.len(), peers.len(), "{names:?}");
    for peer in peers {
        assert!(table.contains(&format!("| {peer} ")), "{table}");
        assert!(svg.contains(peer), "{peer} is in the plot");
        let Value::Object(found) = &json["peers"][peer] else { panic!("{peer} is left out") };
        let report = &found["reports"][0];
        let number = |value: &Value| value.as_f64().unwrap_or_else(|| panic!("{peer}: {found:?}"));
        assert_eq!(number(&report["clients"]), 5.0, "{peer}");
        assert_eq!(number(&report["succeeded"]), 5.0, "{peer}");
        assert_eq!(number(&found["median"]["failures"]), 0.0, "{peer}");
        let events = number(&report["window_events"]);
        let rate = number(&found["median"]["events_per_second"]);
        assert!(events > 0.0, "{peer}");
        assert!(
            (rate * number(&report["window_seconds"]) - events).abs() < 1e-6 * events,
            "{peer}"
        );
        assert!((0.0..=1e6).contains(&number(&report["server"]["cpu"])), "{peer}");
        // The peer is gone with the comparison.
        let request = report["request"].as_str().expect("a request");
        let address = request.split('/').nth(2).expect("an address");
        assert!(TcpStream::connect(address).is_err(), "{peer} still listens on {address}");
    }
    for key in ["version", "kernel", "cores", "variables"] {
        assert!(!json["with"][key].is_null(), "{key} in {}", json["with"]);
    }
    let of_axum = &json["peers"]["axum"]["ratio_to_axum"]["events_per_second"];
    assert_eq!(of_axum.as_f64(), Some(1.0));
    json
}

#[test]
fn ticks_are_compared() {
    let json = compared("tick", &["floor", "axum", "bolt", "actix"]);
    assert_eq!(json["ramp"], 5);
    for (peer, found) in json["peers"].as_object().expect("peers") {
        // The last of five begins after four fifths of a second, however fast the peer is.
        let ramp = found["reports"][0]["ramp_seconds"].as_f64().expect("a number");
        assert!(ramp >= 0.8, "{peer}: {ramp}");
    }
}

#[test]
fn blocking_ticks_are_compared_where_there_are_such() {
    compared("blocking", &["axum", "bolt"]);
}

#[test]
fn short_streams_are_compared_and_counted() {
    let json = compared("short", &["floor", "axum", "bolt", "actix"]);
    for (peer, found) in json["peers"].as_object().expect("peers") {
        let report = &found["reports"][0];
        let (events, finished) = (report["events"].as_u64(), report["finished"].as_u64());
        let (events, finished) = (events.expect("events"), finished.expect("streams"));
        assert!(finished >= 5, "{peer}: {finished}");
        // Three events each; the last of each client may be cut off by the end of the run.
        assert!(
            (3 * finished..=3 * (finished + 5)).contains(&events),
            "{peer}: {events}, {finished}"
        );
    }
}

#[test]
fn a_comparison_that_cannot_be_says_why_before_it_starts() {
    let cases: [(&[&str], &str); 6] = [
        (&["--workload", "blocking", "--peers", "floor"], "floor has no blocking streams"),
        (&["--workload", "tick", "--peers", "django-bolt"], "django-bolt needs --python"),
        (&["--workload", "tick", "--python", "/no/python"], "cannot run /no/python"),
        (&["--workload", "tick", "--python", "/bin/false"], "/bin/false is not a Python of 3.12"),
        (&["--workload", "tick", "--events", "3"], "leave out --events"),
        (
            &["--workload", "tick", "--clients", "4000000000"],
            "raise the limit (`ulimit -n 4571428671`)",
        ),
    ];
    for (arguments, message) in cases {
        let (output, _) = compare("never", arguments);
        assert_eq!(output.status.code(), Some(1), "{arguments:?}");
        assert!(said(&output).contains(message), "{arguments:?}: {}", said(&output));
        assert!(!said(&output).contains("run 1"), "{arguments:?}: {}", said(&output));
    }
    let (output, _) = compare("never", &["--workload", "sprint"]);
    assert!(said(&output).contains("tick, blocking, burst, short"), "{}", said(&output));
}

#[test]
fn a_folder_that_cannot_be_made_is_named_before_the_first_run() {
    let output = bench()
        .args(["compare", "--workload", "tick", "--peers", "floor", "--out", "/dev/null/out"])
        .output()
        .expect("it runs");
    assert_eq!(output.status.code(), Some(1));
    assert!(said(&output).contains("cannot make the folder /dev/null/out"), "{}", said(&output));
    assert!(!said(&output).contains("run 1"), "{}", said(&output));
}

#[test]
fn a_signal_ends_a_comparison_with_all_it_has_started() {
    for (signal, status) in [("-INT", 130), ("-TERM", 143)] {
        let out = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("stopped{signal}"));
        let mut comparison = bench()
            .args(["compare", "--workload", "tick", "--peers", "floor", "--secs", "600", "--out"])
            .arg(&out)
            .stderr(Stdio::piped())
            .spawn()
            .expect("it starts");
        let log = BufReader::new(comparison.stderr.take().expect("a pipe"));
        let mut lines = log.lines().map_while(Result::ok);
        assert!(lines.any(|line| line.contains("run 1 of 3: floor")));
        // A server, and then a load: first that of the warm-up, then that of the run.
        let id = comparison.id().to_string();
        let children = || {
            let task = format!("/proc/{id}/task/{id}/children");
            let children = fs::read_to_string(task).expect("a running process");
            children.split_whitespace().map(str::to_owned).collect::<Vec<_>>()
        };
        while children().len() < 2 {
            thread::sleep(Duration::from_millis(10));
        }
        let started = children();
        let kill = Command::new("kill").args([signal, &id]).status();
        assert!(kill.expect("kill").success());
        assert_eq!(comparison.wait().expect("it ends").code(), Some(status), "{signal}");
        for child in started {
            assert!(!PathBuf::from(format!("/proc/{child}")).exists(), "{signal}: {child}");
        }
        let left: Vec<_> = fs::read_dir(&out).expect("the folder").collect();
        assert!(left.is_empty(), "{signal}: {left:?}");
    }
}

#[test]
fn bolt_is_served_without_the_files_of_the_folder() {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("another-app");
    fs::create_dir_all(&folder).expect("a folder");
    fs::write(folder.join("bolt.toml"), "[log]\nformat = \"json\"\n[no]\nsuch = 1\n")
        .expect("written");
    let mut process = bench()
        .args(["serve", "bolt", "--port", "0"])
        .current_dir(&folder)
        .env("BOLT_LOG__FORMAT", "json")
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let log = BufReader::new(process.stderr.take().expect("a pipe"));
    let listens =
        log.lines().map_while(Result::ok).any(|line| line.contains("listening on http://"));
    process.kill().expect("it runs or has ended");
    process.wait().expect("it ends");
    assert!(listens);
}

#[test]
fn threads_for_blocking_streams_are_at_least_one() {
    let output = bench().args(["serve", "axum", "--blocking", "0"]).output().expect("it runs");
    assert_eq!(output.status.code(), Some(2));
    assert!(said(&output).contains("--blocking"), "{}", said(&output));
}

#[test]
fn a_port_that_is_taken_is_named() {
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = taken.local_addr().expect("an address").port().to_string();
    for name in PEERS {
        let output = bench().args(["serve", name, "--port", &port]).output().expect("it runs");
        assert!(!output.status.success(), "{name}");
        let message = format!("cannot serve on port {port}");
        assert!(said(&output).contains(&message), "{name}: {}", said(&output));
    }
}
