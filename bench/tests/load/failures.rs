//! What can go wrong, and how it is counted.

use std::io;
use std::net::{Shutdown, TcpListener};
use std::time::Duration;

use super::server::{END, HEAD, Server};
use super::tool::load;

/// Runs four clients against a server that sends `answer` and closes.
fn answered_with(answer: impl Into<String>) -> super::tool::Outcome {
    let answer = answer.into();
    let server = Server::start(move |_, connection| {
        connection.request()?;
        connection.send(&answer)
    });
    load(&server.url(), &["--clients", "4", "--secs", "0.3"])
}

#[test]
fn another_status_is_named() {
    answered_with("HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\n\r\n")
        .assert_failures(&[("status 503", 4)]);
}

#[test]
fn another_content_type_is_named() {
    answered_with("HTTP/1.1 200 OK\r\ncontent-type: text/html\r\n\r\n<p>")
        .assert_failures(&[("content-type text/html", 4)]);
}

#[test]
fn what_is_no_http_is_malformed() {
    answered_with("220 mail.example ESMTP\r\n")
        .assert_failures(&[("malformed: not an HTTP/1 answer", 4)]);
}

#[test]
fn a_head_without_end_is_malformed() {
    let server = Server::start(|_, connection| {
        connection.request()?;
        connection.send(&HEAD[..HEAD.len() - 2])?;
        loop {
            connection.send("x: y\r\n")?;
        }
    });
    load(&server.url(), &["--clients", "2", "--secs", "0.3"])
        .assert_failures(&[("malformed: the head is too large", 2)]);
}

#[test]
fn wrong_chunks_are_malformed() {
    answered_with(format!("{HEAD}9\r\ndata: 1\n\nX")).assert_failures(&[("malformed: chunks", 4)]);
}

#[test]
fn bytes_after_the_end_are_malformed() {
    answered_with(format!("{HEAD}9\r\ndata: 1\n\n\r\n{END}more"))
        .assert_failures(&[("malformed: bytes after the end of the answer", 4)]);
}

#[test]
fn a_stream_without_its_last_chunk_is_cut_off() {
    let outcome = answered_with(format!("{HEAD}9\r\ndata: 1\n\n\r\n"));
    outcome.assert_failures(&[("connection closed in the middle of a stream", 4)]);
    // What came before counts.
    assert_eq!(outcome.number("events"), 4);
    assert_eq!(outcome.number("opened"), 4);
}

#[test]
fn a_stream_without_an_event_is_a_failure() {
    answered_with(format!("{HEAD}5\r\n: hi\n\r\n{END}")).assert_failures(&[("no event", 4)]);
}

#[test]
fn a_server_that_closes_before_it_answers_is_named() {
    answered_with("").assert_failures(&[("connection closed before an answer", 4)]);
}

#[test]
fn a_server_that_does_not_answer_is_named() {
    let server = Server::start(|number, connection| {
        connection.request()?;
        if number > 0 {
            connection.send(HEAD)?;
            connection.chunk("data: 1\n\n")?;
        }
        connection.hold()
    });
    load(&server.url(), &["--clients", "3", "--secs", "0.1"]).assert_failures(&[("no answer", 1)]);
}

#[test]
fn a_reset_in_the_middle_is_named() {
    let server = Server::start(|_, connection| {
        // A socket that is closed with something unread resets its connection.
        let mut first = [0];
        io::Read::read_exact(&mut connection.0, &mut first)?;
        connection.send(HEAD)?;
        connection.chunk("data: 1\n\n")?;
        std::thread::sleep(Duration::from_millis(100));
        Ok(())
    });
    load(&server.url(), &["--clients", "2", "--secs", "2"])
        .assert_failures(&[("connection reset in the middle of a stream", 2)]);
}

#[test]
fn connections_refused_after_the_first_are_counted() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    let server = std::thread::spawn(move || {
        let (socket, _) = listener.accept().expect("a client");
        drop(listener);
        let mut connection = super::server::Connection(socket);
        connection.request().expect("a request");
        connection.send(HEAD).expect("the head");
        connection.chunk("data: 1\n\n").expect("an event");
        connection.hold().expect("the end");
    });
    // So slowly that the listener has gone when the second comes.
    let outcome =
        load(&format!("http://{address}"), &["--clients", "3", "--ramp", "4", "--secs", "0.1"]);
    outcome.assert_failures(&[("connection refused while connecting", 2)]);
    assert_eq!(outcome.number("open_most"), 1);
    server.join().expect("the server");
}

#[test]
fn a_server_that_dies_midway_is_told_for_each_client() {
    let server = Server::start(|number, connection| {
        connection.request()?;
        connection.send(HEAD)?;
        connection.chunk("data: 1\n\n")?;
        if number % 2 == 0 {
            std::thread::sleep(Duration::from_millis(100));
            return connection.0.shutdown(Shutdown::Both);
        }
        connection.hold()
    });
    let outcome = load(&server.url(), &["--clients", "10", "--secs", "1"]);
    outcome.assert_failures(&[("connection closed in the middle of a stream", 5)]);
    assert_eq!(outcome.number("succeeded"), 5);
    assert_eq!(outcome.number("events"), 10);
}
