//! What cannot be done is said before it is begun, with status 2.

use std::net::TcpListener;
use std::process::{self, Command};
use std::{env, fs};

use super::server::Server;
use super::tool::{Outcome, load};

#[track_caller]
fn assert_refused(outcome: &Outcome, parts: &[&str]) {
    assert_eq!(outcome.status, Some(2), "{}", outcome.text);
    for part in parts {
        assert!(outcome.errors.contains(part), "{part} in {}", outcome.errors);
    }
    assert_eq!(outcome.text, "");
}

const HERE: &str = "http://127.0.0.1:1/";

#[test]
fn another_machine_needs_a_promise() {
    // 192.0.2.0/24 is for documents: nobody is there.
    let outcome = load("http://192.0.2.1/", &[]);
    assert_refused(&outcome, &["192.0.2.1 is another machine", "--yes-i-own-this-server"]);
}

#[test]
fn an_address_that_servers_listen_on_is_none_to_connect_to() {
    let outcome = load("http://0.0.0.0:8080/", &[]);
    assert_refused(&outcome, &["0.0.0.0 is no loopback address; use 127.0.0.1"]);
    let outcome = load("http://127.0.0.1:0/", &[]);
    assert_refused(&outcome, &["no server has port 0"]);
}

#[test]
fn a_number_below_0_is_a_wrong_number_and_no_option() {
    for option in ["--clients", "--secs", "--ramp", "--pid"] {
        assert_refused(&load(HERE, &[option, "-5"]), &["invalid value '-5'", option]);
    }
}

#[test]
fn no_clients_are_no_load() {
    assert_refused(&load(HERE, &["--clients", "0"]), &["--clients", "at least one client"]);
}

#[test]
fn more_clients_than_files_name_the_limit_and_how_to_raise_it() {
    let outcome = load(HERE, &["--clients", "2000000000"]);
    assert_refused(&outcome, &["2000000000 clients need", "the limit is", "ulimit -n 2000000024"]);
    assert_refused(&load(HERE, &["--clients", "18446744073709551615"]), &["18446744073709551615"]);
}

#[test]
fn a_dead_server_is_an_error_and_no_report() {
    let free = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr());
    let address = free.expect("a port");
    for clients in ["1", "1000"] {
        let outcome = load(&format!("http://{address}/"), &["--clients", clients]);
        let message = format!("cannot connect to {address}: ");
        assert_refused(&outcome, &[&message, "refused", "start the server first"]);
    }
}

#[test]
fn wrong_urls_are_shown_a_right_one() {
    for url in ["127.0.0.1:8080", "https://127.0.0.1/", "http:///x", "http://a b/"] {
        assert_refused(&load(url, &[]), &[url, "http://127.0.0.1:8080/sse"]);
    }
    assert_refused(&load("http://127.0.0.1:port/", &[]), &["127.0.0.1:port is no address"]);
}

#[test]
fn wrong_numbers_and_methods_are_named() {
    assert_refused(&load(HERE, &["--secs", "0"]), &["--secs", "above 0"]);
    assert_refused(&load(HERE, &["--secs", "NaN"]), &["--secs", "above 0"]);
    assert_refused(&load(HERE, &["--ramp", "0"]), &["--ramp"]);
    assert_refused(&load(HERE, &["--method", "get"]), &["--method", "in capitals"]);
}

#[test]
fn files_that_cannot_be_used_are_named() {
    let server = Server::start(|_, connection| connection.hold());
    let url = server.url();
    assert_refused(&load(&url, &["--body", "/none/body"]), &["cannot read the body /none/body"]);
    assert_refused(&load(&url, &["--plot", "/none/a.svg"]), &["cannot write /none/a.svg"]);
    assert_eq!(server.connections(), 0);
}

#[test]
fn two_reports_in_one_file_are_refused() {
    let file = env::temp_dir().join(format!("bolt-bench-same-{}", process::id()));
    let file = file.to_str().expect("UTF-8");
    let output = Command::new(env!("CARGO_BIN_EXE_bolt-bench"))
        .args(["load", HERE, "--json", file, "--plot", file])
        .output()
        .expect("the tool");
    assert_eq!(output.status.code(), Some(2));
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(errors.contains("--json and --plot are the same file"), "{errors}");
}

#[test]
fn a_run_that_cannot_be_leaves_the_last_report() {
    let file = env::temp_dir().join(format!("bolt-bench-last-{}", process::id()));
    fs::write(&file, "the last report").expect("written");
    let outcome = load(HERE, &["--plot", file.to_str().expect("UTF-8")]);
    assert_refused(&outcome, &["cannot connect to 127.0.0.1:1"]);
    assert_eq!(fs::read_to_string(&file).expect("it is there"), "the last report");
    fs::remove_file(&file).expect("removed");
}

#[test]
fn help_tells_the_exit_status() {
    let outcome = load("--help", &[]);
    assert_eq!(outcome.status, Some(0));
    assert!(outcome.text.contains("1  some client failed"), "{}", outcome.text);
}

#[test]
fn a_process_that_is_not_there_is_named() {
    let outcome = load(HERE, &["--pid", "4294967295"]);
    assert_refused(&outcome, &["cannot measure process 4294967295", "--pid"]);
}
