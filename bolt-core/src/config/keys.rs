//! The table of keys: names, types, defaults and documentation come from here and from nowhere else.

use std::time::Duration;

/// One key.
#[derive(Debug)]
pub(super) struct Key {
    /// `section.key`.
    pub(super) name: &'static str,
    pub(super) kind: Kind,
    /// As it would be written in a file, without quotes.
    pub(super) default: &'static str,
    /// One line.
    pub(super) doc: &'static str,
}

/// What a key takes.
#[derive(Clone, Copy, Debug)]
pub(super) enum Kind {
    /// Any text but none.
    Text,
    /// A path, or `off`.
    Path,
    /// The path of a URL, without parameters.
    Route,
    /// A whole number, or the word where there is one: `auto`, `off`.
    Number { least: u64, most: u64, word: &'static str },
    /// A time such as `15s`; `off` where there may be none.
    Time { least: Duration, most: Duration, off: bool },
    /// A number of bytes such as `64KiB`, or the word where there is one.
    Size { least: u64, most: u64, word: &'static str },
    /// One of these words.
    Choice(&'static [&'static str]),
    /// `true` or `false`.
    Switch,
}

const MS: Duration = Duration::from_millis(1);
const DAY: Duration = Duration::from_secs(24 * 60 * 60);
const KIB: u64 = 1024;
const MIB: u64 = 1024 * KIB;

const fn number(least: u64, most: u64) -> Kind {
    Kind::Number { least, most, word: "" }
}

const fn size(least: u64, most: u64) -> Kind {
    Kind::Size { least, most, word: "" }
}

const fn time(least: Duration, most: Duration) -> Kind {
    Kind::Time { least, most, off: false }
}

const fn time_or_off(least: Duration) -> Kind {
    Kind::Time { least, most: DAY, off: true }
}

macro_rules! keys {
    ($($name:literal, $kind:expr, $default:literal, $doc:literal;)*) => {
        &[$(Key { name: $name, kind: $kind, default: $default, doc: $doc }),*]
    };
}

/// All keys of bolt, by section.
pub(super) const KEYS: &[Key] = keys! {
    "server.host", Kind::Text, "127.0.0.1",
        "The address to listen on: an IP address, a host name that resolves to one, or unix:/path for a unix socket, which has no port.";
    "server.port", number(0, 65535), "8080",
        "The port to listen on; 0 takes a free one, which the log names.";
    "server.tls.cert", Kind::Path, "off",
        "The certificate with its chain, as PEM; with it the app speaks TLS. Needs bolt-core's feature `tls`.";
    "server.tls.key", Kind::Path, "off",
        "The private key of the certificate, as PEM.";
    "server.workers", Kind::Number { least: 1, most: 1024, word: "auto" }, "auto",
        "Threads that run async code; auto is one per core.";
    "server.runtime", Kind::Choice(&["work-stealing", "per-core"]), "work-stealing",
        "Whether threads share their work, or each keeps the connections that it accepted; the latter takes less CPU for many streams, but code that blocks a thread blocks all streams of that thread.";
    "server.backlog", number(1, 65535), "1024",
        "Connections that the system queues until they are accepted; it may have a lower limit of its own.";
    "server.nodelay", Kind::Switch, "true",
        "Sends an event at once instead of when a segment is full (TCP_NODELAY).";
    "server.reuse_port", Kind::Switch, "false",
        "Lets other processes listen on the same port; the system distributes the connections (SO_REUSEPORT).";
    "server.ipv6_only", Kind::Switch, "false",
        "Whether an IPv6 address such as :: accepts no IPv4 connections (IPV6_V6ONLY).";
    "server.send_buffer", Kind::Size { least: 4 * KIB, most: 1024 * MIB, word: "auto" }, "256KiB",
        "Bytes that the system may buffer for one slow client (SO_SNDBUF); auto lets the system decide, up to some MiB.";
    "server.user_timeout", time_or_off(MS), "60s",
        "A TCP client that acknowledges nothing, or has no room for more, for this long is disconnected (TCP_USER_TIMEOUT).";
    "server.half_close", Kind::Switch, "false",
        "Whether a client that shuts down its sending side goes on reading; otherwise it has left.";
    "server.max_connections_per_ip", Kind::Number { least: 1, most: 10_000_000, word: "off" }, "off",
        "Connections at once from one IPv4 address or one IPv6 /64 network; further ones are answered 503, or closed with TLS.";
    "server.max_connections", Kind::Number { least: 1, most: 10_000_000, word: "auto" }, "auto",
        "Connections at once, including upgraded ones; further ones wait in the backlog. auto leaves the app an eighth of the files that it may open.";
    "server.header_timeout", time(MS, DAY), "15s",
        "How long a client may take to send the head of a request.";
    "server.drain", time(Duration::ZERO, DAY), "10s",
        "After SIGTERM or Ctrl-C, how long streams may go on before they are ended.";
    "server.drain_delay", time(Duration::ZERO, DAY), "0s",
        "After SIGTERM or Ctrl-C, how long the app keeps accepting connections while /ready answers 503, so that a load balancer sends no more; then server.drain begins.";
    "stream.max_blocking", number(1, 1_000_000), "1000",
        "Blocking streams at once; each has a thread.";
    "stream.blocking_wait", time(Duration::ZERO, DAY), "0s",
        "How long a request over stream.max_blocking may wait, first come first served.";
    "stream.blocking_stack", size(512 * KIB, 1024 * MIB), "1MiB",
        "The stack of every thread, including those that run async code, in address space; memory is only taken as it is used.";
    "stream.overload", Kind::Choice(&["auto", "reject", "retry"]), "auto",
        "The response over stream.max_blocking: reject is 503, retry tells a client that reads events when to reconnect, auto is retry for an EventSource and reject for others. Clients that read JSON always get 503.";
    "stream.keep_alive", time_or_off(MS), "15s",
        "After this much silence a comment is sent, or white space between JSON values; in JSON Lines nothing can be sent.";
    "stream.max_duration", time_or_off(MS), "off",
        "A stream is ended after this long, plus or minus a tenth, and its client told to reconnect.";
    "stream.buffer", size(KIB, 1024 * MIB), "64KiB",
        "Bytes of events that may wait for a slow client before emit! waits.";
    "stream.head_deadline", time(Duration::ZERO, DAY), "250ms",
        "How long the head of a stream that can fail, or that sets headers itself, waits for the first event.";
    "stream.write_timeout", time_or_off(MS), "off",
        "An HTTP/1 client that takes nothing for this long, while events wait for it, is disconnected; progress is seen in steps of a third of server.send_buffer.";
    "stream.min_drain_rate", Kind::Size { least: 1, most: 1024 * MIB, word: "off" }, "off",
        "Bytes per second that an HTTP/1 client must take while events wait for it; one that is slower for 10s, or for as long as a third of server.send_buffer takes at this rate, is disconnected.";
    "stream.compression", Kind::Choice(&["off", "fastest", "default"]), "off",
        "Compresses streams for clients that accept zstd, br (default only) or gzip, and flushes whenever there is nothing more to send; each open stream then holds a compressor of 0.1 MiB to several MiB. Needs bolt-core's feature `compression`.";
    "stream.stall_timeout", time_or_off(MS), "60s",
        "A blocking stream is ended when its buffer has been full for this long and its client has taken nothing from it.";
    "request.max_record", size(64, 1024 * MIB), "1MiB",
        "Bytes of one item of a streaming extractor: a line, a row, an event.";
    "request.max_items", Kind::Number { least: 1, most: 1 << 50, word: "off" }, "off",
        "Items that a streaming extractor reads of one request.";
    "request.max_body", Kind::Size { least: 1, most: 1 << 50, word: "off" }, "off",
        "Bytes that a streaming extractor reads of one request, counted after decompression.";
    "request.max_ratio", Kind::Number { least: 1, most: 1_000_000, word: "off" }, "100",
        "How many times as large as it was sent a compressed body may be, once it is larger than 1MiB.";
    "request.idle_timeout", time_or_off(MS), "60s",
        "How long a streaming extractor waits for the next bytes of a body.";
    "request.max_duration", time_or_off(MS), "off",
        "How long a body that a streaming extractor reads may take, from its first bytes on.";
    "docs.enabled", Kind::Switch, "true",
        "Whether the API documentation is served: a page for people, and the OpenAPI document for programs.";
    "docs.path", Kind::Route, "/docs",
        "Where the page is served. Needs bolt-core's feature `docs`, which is on by default.";
    "docs.openapi", Kind::Route, "/openapi.json",
        "Where the OpenAPI document is served.";
    "docs.streams", Kind::Route, "/streams",
        "Where the page is served that lists the streams with their counts and shows the events of one. Needs bolt-core's feature `docs`.";
    "health.enabled", Kind::Switch, "true",
        "Whether the app serves health and readiness checks.";
    "health.path", Kind::Route, "/health",
        "Where the app answers that it is alive.";
    "health.ready", Kind::Route, "/ready",
        "Where the app answers whether it is ready: not while it shuts down, when its connections or blocking permits are all in use, or when a check of App::ready_check fails.";
    "health.timeout", time(MS, DAY), "800ms",
        "How long each check of App::ready_check may take.";
    "metrics.enabled", Kind::Switch, "true",
        "Whether the app keeps metrics and serves them. Needs bolt-core's feature `metrics`.";
    "metrics.path", Kind::Route, "/metrics",
        "Where Prometheus reads them; not served if the program has installed a recorder of its own.";
    "log.level", Kind::Choice(&["off", "error", "warn", "info", "debug", "trace"]), "info",
        "The least severe messages that are logged.";
    "log.format", Kind::Choice(&["text", "json"]), "text",
        "How a message is written: text for people, json for programs.";
    "log.spans", Kind::Switch, "false",
        "Whether every message of a stream includes its route, request id and trace; an open stream then holds about 0.5KiB more.";
};

/// The key with this name.
pub(super) fn find(name: &str) -> Option<&'static Key> {
    KEYS.iter().find(|key| key.name == name)
}

/// Whether bolt has a section with this name.
pub(super) fn is_section(name: &str) -> bool {
    sections().any(|section| section == name)
}

/// Whether there are keys below this name, as there are in `[server.tls]`.
pub(super) fn is_table(name: &str) -> bool {
    KEYS.iter().filter_map(|key| key.name.strip_prefix(name)).any(|rest| rest.starts_with('.'))
}

/// The sections of bolt, each once.
pub(super) fn sections() -> impl Iterator<Item = &'static str> {
    let section = |key: &Key| key.name.split('.').next().unwrap_or_default();
    KEYS.iter().enumerate().filter_map(move |(index, key)| {
        let first = index == 0 || section(&KEYS[index - 1]) != section(key);
        first.then(|| section(key))
    })
}

impl Key {
    /// The variable that sets it.
    pub(super) fn variable(&self) -> String {
        variable(self.name)
    }
}

/// The variable for a key: `BOLT_SECTION__KEY`.
pub(super) fn variable(name: &str) -> String {
    format!("BOLT_{}", name.replace('.', "__").to_uppercase())
}
