//! Streams that are well: what is counted is what was sent.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::server::{END, HEAD, Server};
use super::tool::load;

#[test]
fn what_is_counted_is_what_was_sent() {
    // Client n receives n + 1 events, in chunks that have nothing to do with them.
    let server = Server::start(|number, connection| {
        connection.request()?;
        connection.send(HEAD)?;
        let events = ": comment\n\nevent: number\ndata: 1\r\n\r\n".repeat(number + 1);
        for piece in events.as_bytes().chunks(7) {
            connection.chunk(std::str::from_utf8(piece).expect("ASCII"))?;
        }
        connection.send(END)
    });
    let outcome = load(&server.url(), &["--clients", "60"]);
    outcome.assert_failures(&[]);
    assert_eq!(server.connections(), 60);
    assert_eq!(outcome.number("opened"), 60);
    assert_eq!(outcome.number("finished"), 60);
    assert_eq!(outcome.number("events"), 60 * 61 / 2);
    // Some ended before the last began, so all of the run is measured.
    assert_eq!(outcome.number("window_events"), outcome.number("events"));
    assert!(outcome.text.contains("never were all streams open"), "{}", outcome.text);
    let each = &outcome.report["events_per_client"];
    assert_eq!((each["min"].as_f64(), each["max"].as_f64()), (Some(1.0), Some(60.0)));
    assert_eq!(each["mean"].as_f64(), Some(30.5));
    // Of 1 to 60: the root of (60² - 1) / 12.
    let deviation = each["deviation"].as_f64().expect("a number");
    assert!((deviation - 17.318).abs() < 0.001, "{deviation}");
}

#[test]
fn bytes_are_all_that_was_sent() {
    let answer = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\ndata: 1\n\n";
    let server = Server::start(move |_, connection| {
        connection.request()?;
        connection.send(answer)
    });
    let outcome = load(&server.url(), &["--clients", "3"]);
    outcome.assert_failures(&[]);
    assert_eq!(outcome.number("bytes"), 3 * answer.len() as u64);
    assert_eq!(outcome.number("finished"), 3);
}

#[test]
fn a_stream_that_does_not_end_is_held_for_the_time() {
    let server = Server::start(|_, connection| {
        connection.request()?;
        connection.send(HEAD)?;
        connection.chunk("data: 1\n\n")?;
        connection.hold()
    });
    let outcome = load(&server.url(), &["--clients", "20", "--secs", "0.3", "--ramp", "200"]);
    outcome.assert_failures(&[]);
    assert_eq!(outcome.number("open_most"), 20);
    assert_eq!(outcome.number("events"), 20);
    assert_eq!(outcome.number("finished"), 0);
}

#[test]
fn a_burst_larger_than_any_buffer_is_read_to_its_end() {
    let burst = "data: 0123456789\n\n".repeat(1000);
    let server = Server::start(move |_, connection| {
        connection.request()?;
        connection.send(HEAD)?;
        for _ in 0..500 {
            connection.chunk(&burst)?;
        }
        connection.send(END)
    });
    let outcome = load(&server.url(), &["--clients", "4"]);
    outcome.assert_failures(&[]);
    assert_eq!(outcome.number("events"), 4 * 500 * 1000);
}

#[test]
fn again_asks_on_the_same_connection_until_the_time_is_over() {
    let answers = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&answers);
    let server = Server::start(move |_, connection| {
        loop {
            connection.request()?;
            count.fetch_add(1, Ordering::SeqCst);
            connection.send(HEAD)?;
            connection.chunk("data: 1\n\ndata: 2\n\n")?;
            connection.send(END)?;
        }
    });
    let outcome = load(&server.url(), &["--clients", "5", "--secs", "0.3", "--again"]);
    outcome.assert_failures(&[]);
    assert_eq!(server.connections(), 5);
    let finished = outcome.number("finished");
    let answers = answers.load(Ordering::SeqCst) as u64;
    assert!(finished > 5 && finished <= answers && answers <= finished + 5);
    // A stream that was cut off by the end may have brought both its events, or one, or none.
    assert!((2 * finished..=2 * answers).contains(&outcome.number("events")));
}

#[test]
fn again_connects_anew_where_the_server_closes() {
    let server = Server::start(|_, connection| {
        connection.request()?;
        connection.send("HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n")?;
        connection.send("connection: close\r\ncontent-length: 9\r\n\r\ndata: 1\n\n")
    });
    let outcome = load(&server.url(), &["--clients", "2", "--secs", "0.3", "--again"]);
    outcome.assert_failures(&[]);
    assert!(outcome.number("finished") > 2);
    assert!(server.connections() as u64 >= outcome.number("finished"));
}

#[test]
fn again_connects_anew_where_the_server_closes_without_a_word() {
    let server = Server::start(|_, connection| {
        connection.request()?;
        connection.send(HEAD)?;
        connection.chunk("data: 1\n\n")?;
        connection.send(END)
    });
    let outcome = load(&server.url(), &["--clients", "2", "--secs", "0.3", "--again"]);
    outcome.assert_failures(&[]);
    assert!(outcome.number("finished") > 2);
}

#[test]
fn a_method_and_a_body_are_sent_as_asked() {
    use std::io::Read;
    let body = std::env::temp_dir().join(format!("bolt-bench-{}.body", std::process::id()));
    std::fs::write(&body, "{\"prompt\": \"hello\"}").expect("a file");
    let server = Server::start(|_, connection| {
        let head = connection.request()?;
        let mut sent = [0; 19];
        connection.0.read_exact(&mut sent)?;
        let right = head.starts_with("POST /events?of=all HTTP/1.1\r\nhost: 127.0.0.1:")
            && head.contains("\r\naccept: text/event-stream\r\n")
            && head.contains("\r\ncontent-type: application/json\r\n")
            && head.contains("\r\ncontent-length: 19\r\n")
            && &sent == b"{\"prompt\": \"hello\"}";
        connection.send(if right { HEAD } else { "HTTP/1.1 400 Bad Request\r\n\r\n" })?;
        connection.chunk("data: 1\n\n")?;
        connection.send(END)
    });
    let body_path = body.to_str().expect("UTF-8");
    // With a body, POST is what is meant.
    for method in [["--method", "POST"].as_slice(), &[]] {
        let arguments = [&["--clients", "2", "--body", body_path], method].concat();
        load(&server.url(), &arguments).assert_failures(&[]);
    }
    let _ = std::fs::remove_file(&body);
}
