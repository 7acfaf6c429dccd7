//! What a report says.

use std::time::{Duration, SystemTime, UNIX_EPOCH};
use std::{env, fs, process, thread};

use super::server::{END, HEAD, Server};
use super::tool::load;

/// Sends the time, again and again.
fn clock() -> Server {
    Server::start(|_, connection| {
        connection.request()?;
        connection.send(HEAD)?;
        loop {
            let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970");
            connection.chunk(&format!("data: {}\n\n", now.as_nanos()))?;
            thread::sleep(Duration::from_millis(20));
        }
    })
}

#[test]
fn the_sections_are_in_order() {
    let outcome = load(&clock().url(), &["--clients", "3", "--secs", "0.3"]);
    outcome.assert_failures(&[]);
    let underlined = outcome.text.lines().zip(outcome.text.lines().skip(1));
    let sections: Vec<_> =
        underlined.filter(|(_, under)| under.starts_with("---")).map(|(title, _)| title).collect();
    assert_eq!(
        sections,
        [
            "Configuration",
            "Connections",
            "Messages",
            "Data",
            "Connection durations",
            "Message rates (while measured)",
            "Latency (delivery: while measured)",
            "Resource usage: client (this tool)",
            "Resource usage: server",
        ]
    );
    assert!(outcome.text.contains("name its process with --pid"), "{}", outcome.text);
}

#[test]
fn events_with_a_time_have_a_latency_in_order() {
    let outcome = load(&clock().url(), &["--clients", "3", "--secs", "0.3"]);
    for of in ["latency", "first_byte"] {
        let values: Vec<_> = ["p50", "p90", "p99", "p999", "max"]
            .map(|quantile| outcome.report[of][quantile].as_u64().expect("a number"))
            .into();
        assert!(values.is_sorted(), "{of}: {values:?}");
    }
}

#[test]
fn events_without_a_time_have_none() {
    let server = Server::start(|_, connection| {
        connection.request()?;
        connection.send(HEAD)?;
        // 19 digits, but of another century.
        connection.chunk("data: 7\n\ndata: 9000000000000000000\n\n")?;
        connection.hold()
    });
    let outcome = load(&server.url(), &["--clients", "1", "--secs", "0.1"]);
    assert_eq!(outcome.number("events"), 2);
    assert!(outcome.report["latency"].is_null());
    assert!(outcome.text.contains("no times in the events"), "{}", outcome.text);
}

#[test]
fn events_of_the_future_are_those_of_another_clock() {
    let server = Server::start(|_, connection| {
        connection.request()?;
        connection.send(HEAD)?;
        let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970");
        let later = now + Duration::from_secs(600);
        connection.chunk(&format!("data: {}\n\ndata: {}\n\n", now.as_nanos(), later.as_nanos()))?;
        connection.hold()
    });
    let outcome = load(&server.url(), &["--clients", "2", "--secs", "0.1"]);
    outcome.assert_failures(&[]);
    assert_eq!(outcome.number("events_ahead"), 2);
    assert!(outcome.report["latency"].is_null());
    assert!(outcome.text.contains("the server's clock is ahead"), "{}", outcome.text);
}

#[test]
fn the_longest_silence_is_that_of_one_client() {
    // Client 1 asks before the server sleeps, and has its event after that.
    let server = Server::start(|number, connection| {
        connection.request()?;
        connection.send(HEAD)?;
        if number == 1 {
            thread::sleep(Duration::from_millis(300));
        }
        connection.chunk("data: 1\n\n")?;
        connection.send(END)
    });
    let outcome = load(&server.url(), &["--clients", "3", "--secs", "60"]);
    outcome.assert_failures(&[]);
    let silence = outcome.report["longest_silence"].as_f64().expect("a number");
    assert!(silence >= 0.3 && silence <= outcome.report["seconds"].as_f64().expect("a number"));
    assert!(outcome.text.contains("Longest silence:"), "{}", outcome.text);
}

#[test]
fn the_server_is_measured_apart() {
    // The server of the test is the test.
    let pid = process::id().to_string();
    let outcome = load(&clock().url(), &["--clients", "3", "--secs", "0.3", "--pid", &pid]);
    outcome.assert_failures(&[]);
    for of in ["client", "server"] {
        let usage = &outcome.report[of];
        let before = usage["rss_before"].as_u64().expect("a number");
        assert!(before > 0 && usage["rss_most"].as_u64() >= Some(before), "{usage}");
        assert!(usage["cpu"].as_f64() <= usage["cpu_whole"].as_f64(), "{usage}");
    }
    assert!(outcome.text.contains("Memory per stream"), "{}", outcome.text);
}

#[test]
fn the_course_adds_up_and_is_drawn() {
    let plot = env::temp_dir().join(format!("bolt-bench-{}.svg", process::id()));
    let plot_path = plot.to_str().expect("UTF-8");
    let outcome = load(&clock().url(), &["--clients", "3", "--secs", "1.5", "--plot", plot_path]);
    outcome.assert_failures(&[]);
    let course = outcome.report["course"].as_array().expect("seconds");
    let events = course.iter().map(|second| second["events"].as_u64().expect("a number"));
    assert_eq!(events.sum::<u64>(), outcome.number("events"));

    let drawing = fs::read_to_string(&plot).expect("the plot");
    let _ = fs::remove_file(&plot);
    assert!(drawing.starts_with("<svg") && drawing.trim_end().ends_with("</svg>"));
    for part in ["events per second", "delivery latency, ms", "p99", "<polyline"] {
        assert!(drawing.contains(part), "{part} in {drawing}");
    }
}

#[test]
fn an_interrupt_ends_the_run_with_its_report() {
    use std::process::{Command, Stdio};
    let server = clock();
    let tool = Command::new(env!("CARGO_BIN_EXE_bolt-bench"))
        .args(["load", &server.url(), "--clients", "2", "--secs", "600"])
        .stdout(Stdio::piped())
        .spawn()
        .expect("the tool");
    // It listens for signals before it connects.
    while server.connections() < 2 {
        thread::sleep(Duration::from_millis(10));
    }
    // Time for the first events.
    thread::sleep(Duration::from_millis(300));
    let interrupt = Command::new("kill").args(["-INT", &tool.id().to_string()]).status();
    assert!(interrupt.expect("kill").success());
    let output = tool.wait_with_output().expect("the tool");
    assert_eq!(output.status.code(), Some(0));
    assert!(String::from_utf8_lossy(&output.stdout).contains("Success rate:"));
}
