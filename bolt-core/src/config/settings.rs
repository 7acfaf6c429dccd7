//! The typed result: what the rest of bolt reads.

use std::collections::BTreeMap;
use std::time::Duration;

use super::keys::KEYS;
use super::tls::Tls;
use super::value::Checked;

/// All settings of bolt.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    pub(crate) server: ServerSettings,
    pub(crate) stream: StreamSettings,
    pub(crate) request: RequestSettings,
    /// None: the documentation is not served.
    pub(crate) docs: Option<DocsSettings>,
    pub(crate) health: HealthSettings,
    pub(crate) metrics: MetricsSettings,
    pub(crate) log: LogSettings,
}

#[derive(Clone, Debug)]
pub(crate) struct ServerSettings {
    pub(crate) host: String,
    pub(crate) port: u16,
    /// None: one for each core.
    pub(crate) workers: Option<usize>,
    pub(crate) runtime: RuntimeKind,
    pub(crate) backlog: u32,
    /// None: as many as there may be open files.
    pub(crate) max_connections: Option<usize>,
    pub(crate) max_connections_per_ip: Option<usize>,
    pub(crate) socket: SocketSettings,
    /// None: plain HTTP.
    pub(crate) tls: Option<Tls>,
    pub(crate) reuse_port: bool,
    pub(crate) ipv6_only: bool,
    pub(crate) half_close: bool,
    pub(crate) header_timeout: Duration,
    pub(crate) drain: Duration,
    pub(crate) drain_delay: Duration,
}

/// How much work compression may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Compression {
    Fastest,
    Default,
}

/// How the threads for async code are organised.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RuntimeKind {
    WorkStealing,
    PerCore,
}

/// What is asked of the system for each connection.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SocketSettings {
    pub(crate) nodelay: bool,
    /// Bytes. None: as the system has it.
    pub(crate) send_buffer: Option<usize>,
    pub(crate) user_timeout: Option<Duration>,
}

#[derive(Clone, Debug)]
pub(crate) struct StreamSettings {
    pub(crate) max_blocking: usize,
    pub(crate) blocking_wait: Duration,
    /// Bytes.
    pub(crate) blocking_stack: usize,
    pub(crate) overload: Overload,
    pub(crate) keep_alive: Option<Duration>,
    pub(crate) max_duration: Option<Duration>,
    /// Bytes.
    pub(crate) buffer: usize,
    pub(crate) head_deadline: Duration,
    pub(crate) stall_timeout: Option<Duration>,
    pub(crate) compression: Option<Compression>,
    pub(crate) write_timeout: Option<Duration>,
    /// Bytes a second.
    pub(crate) min_drain_rate: Option<u64>,
}

/// The limits of bodies that are read item by item.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RequestSettings {
    /// Bytes.
    pub(crate) max_record: usize,
    pub(crate) max_items: Option<u64>,
    /// Bytes, after decompression.
    pub(crate) max_body: Option<u64>,
    pub(crate) max_ratio: Option<u64>,
    pub(crate) idle_timeout: Option<Duration>,
    pub(crate) max_duration: Option<Duration>,
}

/// The answer to a request for a blocking stream over the limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Overload {
    /// `Retry` for an EventSource, `Reject` for everyone else.
    Auto,
    /// 503 with `retry-after`.
    Reject,
    /// 200 with a `retry:` hint and an end.
    Retry,
}

/// Where the documentation is served.
#[derive(Clone, Debug)]
pub(crate) struct DocsSettings {
    /// The page.
    pub(crate) path: String,
    /// The document.
    pub(crate) openapi: String,
    /// The page of the streams.
    pub(crate) streams: String,
}

/// How the app says whether it lives and is ready.
#[derive(Clone, Debug)]
pub(crate) struct HealthSettings {
    pub(crate) enabled: bool,
    pub(crate) path: String,
    pub(crate) ready: String,
    /// Of each check.
    pub(crate) timeout: Duration,
}

/// Whether there are metrics, and where.
#[derive(Clone, Debug)]
#[cfg_attr(not(feature = "metrics"), expect(dead_code, reason = "there are no metrics"))]
pub(crate) struct MetricsSettings {
    pub(crate) enabled: bool,
    pub(crate) path: String,
}

#[derive(Clone, Debug)]
pub(crate) struct LogSettings {
    pub(crate) level: tracing::level_filters::LevelFilter,
    pub(crate) format: LogFormat,
    /// Whether messages of a stream say which it is.
    pub(crate) spans: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LogFormat {
    Text,
    Json,
}

/// The checked value of every key.
pub(super) struct Values(BTreeMap<&'static str, Checked>);

impl Values {
    /// The defaults, with what `written` has in their place.
    pub(super) fn new(written: impl Fn(&'static str) -> Option<Checked>) -> Self {
        Self(
            KEYS.iter()
                .filter_map(|key| {
                    let default = config::ValueKind::String(key.default.to_owned());
                    let value = written(key.name).or_else(|| key.kind.check(&default))?;
                    Some((key.name, value))
                })
                .collect(),
        )
    }

    pub(super) fn settings(&self, tls: Option<Tls>) -> Settings {
        Settings {
            server: self.server(tls),
            stream: self.stream(),
            request: RequestSettings {
                max_record: self.number("request.max_record"),
                max_items: self.maybe("request.max_items", Self::number),
                max_body: self.maybe("request.max_body", Self::number),
                max_ratio: self.maybe("request.max_ratio", Self::number),
                idle_timeout: self.maybe("request.idle_timeout", Self::time),
                max_duration: self.maybe("request.max_duration", Self::time),
            },
            docs: self.switch("docs.enabled").then(|| DocsSettings {
                path: self.text("docs.path").to_owned(),
                openapi: self.text("docs.openapi").to_owned(),
                streams: self.text("docs.streams").to_owned(),
            }),
            health: HealthSettings {
                enabled: self.switch("health.enabled"),
                path: self.text("health.path").to_owned(),
                ready: self.text("health.ready").to_owned(),
                timeout: self.time("health.timeout"),
            },
            metrics: MetricsSettings {
                enabled: self.switch("metrics.enabled"),
                path: self.text("metrics.path").to_owned(),
            },
            log: LogSettings {
                level: self
                    .text("log.level")
                    .parse()
                    .unwrap_or(tracing::level_filters::LevelFilter::INFO),
                format: match self.text("log.format") {
                    "json" => LogFormat::Json,
                    _ => LogFormat::Text,
                },
                spans: self.switch("log.spans"),
            },
        }
    }

    fn server(&self, tls: Option<Tls>) -> ServerSettings {
        ServerSettings {
            host: self.text("server.host").to_owned(),
            port: self.number("server.port"),
            workers: self.maybe("server.workers", Self::number),
            runtime: match self.text("server.runtime") {
                "per-core" => RuntimeKind::PerCore,
                _ => RuntimeKind::WorkStealing,
            },
            backlog: self.number("server.backlog"),
            max_connections: self.maybe("server.max_connections", Self::number),
            max_connections_per_ip: self.maybe("server.max_connections_per_ip", Self::number),
            socket: SocketSettings {
                nodelay: self.switch("server.nodelay"),
                send_buffer: self.maybe("server.send_buffer", Self::number),
                user_timeout: self.maybe("server.user_timeout", Self::time),
            },
            tls,
            reuse_port: self.switch("server.reuse_port"),
            ipv6_only: self.switch("server.ipv6_only"),
            half_close: self.switch("server.half_close"),
            header_timeout: self.time("server.header_timeout"),
            drain: self.time("server.drain"),
            drain_delay: self.time("server.drain_delay"),
        }
    }

    fn stream(&self) -> StreamSettings {
        StreamSettings {
            max_blocking: self.number("stream.max_blocking"),
            blocking_wait: self.time("stream.blocking_wait"),
            blocking_stack: self.number("stream.blocking_stack"),
            overload: match self.text("stream.overload") {
                "reject" => Overload::Reject,
                "retry" => Overload::Retry,
                _ => Overload::Auto,
            },
            keep_alive: self.maybe("stream.keep_alive", Self::time),
            max_duration: self.maybe("stream.max_duration", Self::time),
            buffer: self.number("stream.buffer"),
            head_deadline: self.time("stream.head_deadline"),
            compression: match self.text("stream.compression") {
                "fastest" => Some(Compression::Fastest),
                "default" => Some(Compression::Default),
                _ => None,
            },
            stall_timeout: self.maybe("stream.stall_timeout", Self::time),
            write_timeout: self.maybe("stream.write_timeout", Self::time),
            min_drain_rate: self.maybe("stream.min_drain_rate", Self::number),
        }
    }

    fn text(&self, name: &'static str) -> &str {
        match self.0.get(name) {
            Some(Checked::Text(text)) => text,
            other => unreachable!("{name} is checked to be text: {other:?}"),
        }
    }

    fn number<N: TryFrom<u64>>(&self, name: &'static str) -> N {
        match self.0.get(name) {
            Some(Checked::Number(number)) => N::try_from(*number).ok(),
            _ => None,
        }
        .unwrap_or_else(|| unreachable!("{name} is checked to be a number that fits"))
    }

    fn time(&self, name: &'static str) -> Duration {
        match self.0.get(name) {
            Some(Checked::Time(time)) => *time,
            other => unreachable!("{name} is checked to be a time: {other:?}"),
        }
    }

    fn switch(&self, name: &'static str) -> bool {
        match self.0.get(name) {
            Some(Checked::Switch(on)) => *on,
            other => unreachable!("{name} is checked to be a switch: {other:?}"),
        }
    }

    /// None for words such as `auto` and `off`.
    fn maybe<T>(&self, name: &'static str, get: impl Fn(&Self, &'static str) -> T) -> Option<T> {
        match self.0.get(name) {
            Some(Checked::Word) => None,
            _ => Some(get(self, name)),
        }
    }
}
