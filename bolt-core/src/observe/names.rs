//! The names of all metrics, and what is said of them. One table: whatever is counted has its row here.

#[cfg(feature = "metrics")]
use std::sync::Once;

/// Names of what is counted by route.
pub(super) mod stream {
    pub(crate) const OPEN: &str = "bolt_streams_open";
    pub(crate) const STARTED: &str = "bolt_streams_started_total";
    pub(crate) const ENDED: &str = "bolt_streams_ended_total";
    pub(crate) const REFUSED: &str = "bolt_streams_refused_total";
    pub(crate) const EVENTS: &str = "bolt_stream_events_total";
    pub(crate) const BYTES: &str = "bolt_stream_sent_bytes_total";
    pub(crate) const FIRST: &str = "bolt_stream_first_event_seconds";
    pub(crate) const DURATION: &str = "bolt_stream_duration_seconds";
    pub(crate) const WAIT: &str = "bolt_stream_emit_wait_seconds";
}

/// Names of what an app has one of.
pub(crate) mod server {
    pub(crate) const RUNNING: &str = "bolt_blocking_permits_in_use";
    pub(crate) const WAITING: &str = "bolt_blocking_permits_waiting";
    pub(crate) const MAX_BLOCKING: &str = "bolt_blocking_permits_max";
    pub(crate) const CONNECTIONS: &str = "bolt_connections_open";
    pub(crate) const MAX_CONNECTIONS: &str = "bolt_connections_max";
    pub(crate) const ACCEPTED: &str = "bolt_connections_accepted_total";
    pub(crate) const REFUSED: &str = "bolt_connections_refused_total";
    pub(crate) const ACCEPT_ERRORS: &str = "bolt_accept_errors_total";
}

/// The bounds of each histogram, in seconds. Streams live for long: their time is no latency.
#[cfg(feature = "metrics")]
pub(crate) fn buckets() -> [(&'static str, &'static [f64]); 3] {
    let first: &[f64] =
        &[0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0];
    let duration: &[f64] =
        &[0.1, 1.0, 5.0, 15.0, 60.0, 300.0, 900.0, 3600.0, 14_400.0, 43_200.0, 86_400.0];
    let wait: &[f64] = &[0.0001, 0.001, 0.01, 0.1, 1.0, 5.0, 15.0, 60.0];
    [(stream::FIRST, first), (stream::DURATION, duration), (stream::WAIT, wait)]
}

/// Tells the recorder what the metrics are, once.
#[cfg(feature = "metrics")]
pub(super) fn describe() {
    use metrics::{Unit, describe_counter, describe_gauge, describe_histogram};

    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        describe_gauge!(stream::OPEN, "Streams whose function runs, for a client that is there.");
        describe_counter!(stream::STARTED, "Streams whose function was begun, by form.");
        describe_counter!(stream::ENDED, "Streams that have ended, each once, by reason.");
        describe_counter!(stream::REFUSED, "Requests for a stream that was not begun, by reason.");
        describe_counter!(stream::EVENTS, "Events that were emitted and given to the connection.");
        describe_counter!(
            stream::BYTES,
            Unit::Bytes,
            "Bytes given to the connection, comments too, before compression and TLS."
        );
        describe_histogram!(
            stream::FIRST,
            Unit::Seconds,
            "From the request to the first event, of streams that had one."
        );
        describe_histogram!(
            stream::DURATION,
            Unit::Seconds,
            "From the request to the end of the function or of the client."
        );
        describe_histogram!(
            stream::WAIT,
            Unit::Seconds,
            "How long emit! waited for a client each time that stream.buffer was full."
        );
        describe_gauge!(
            server::RUNNING,
            "Blocking functions that run, also those whose client has left."
        );
        describe_gauge!(server::WAITING, "Requests that wait for stream.max_blocking.");
        describe_gauge!(server::MAX_BLOCKING, "What stream.max_blocking is.");
        describe_gauge!(server::CONNECTIONS, "Connections that are open.");
        describe_gauge!(server::MAX_CONNECTIONS, "What server.max_connections comes to.");
        describe_counter!(server::ACCEPTED, "Connections that were accepted.");
        describe_counter!(
            server::REFUSED,
            "Connections that were refused by server.max_connections_per_ip."
        );
        describe_counter!(
            server::ACCEPT_ERRORS,
            "Times that the system gave no connection, such as for too many open files."
        );
    });
}
