//! What is taken from a load's report: one table of names and how they are reckoned.

use serde_json::Value;

use crate::process::countable;

/// A column.
#[derive(Debug)]
pub(super) struct Figure {
    /// In the JSON.
    pub(super) key: &'static str,
    /// In the table and the plot.
    pub(super) title: &'static str,
    pub(super) decimals: usize,
    /// Whether it only says something where streams are short.
    pub(super) per_stream: bool,
    /// None when the report does not have it.
    pub(super) read: fn(&Value) -> Option<f64>,
}

pub(super) const FIGURES: [Figure; 8] = [
    Figure {
        key: "kib_per_stream",
        title: "KiB/stream",
        decimals: 1,
        per_stream: false,
        read: |report| {
            let most = number(report, "/server/rss_most")?;
            let before = number(report, "/server/rss_before")?;
            per(most - before, number(report, "/open_most")?)
        },
    },
    Figure {
        key: "cpu_us_per_event",
        title: "CPU µs/event",
        decimals: 2,
        per_stream: false,
        read: |report| per(cpu(report, "/server/cpu")?, events(report)?),
    },
    Figure {
        key: "events_per_second",
        title: "events/s",
        decimals: 0,
        per_stream: false,
        read: |report| per(events(report)?, seconds(report)?),
    },
    Figure {
        key: "cpu_us_per_stream",
        title: "CPU µs/stream",
        decimals: 1,
        per_stream: true,
        // Streams that end are counted over the whole run.
        read: |report| per(cpu(report, "/server/cpu_whole")?, number(report, "/finished")?),
    },
    Figure {
        key: "streams_per_second",
        title: "streams/s",
        decimals: 0,
        per_stream: true,
        read: |report| per(number(report, "/finished")?, number(report, "/seconds")?),
    },
    Figure {
        key: "p50_us",
        title: "p50 µs",
        decimals: 0,
        per_stream: false,
        read: |report| wait(report, "p50"),
    },
    Figure {
        key: "p99_us",
        title: "p99 µs",
        decimals: 0,
        per_stream: false,
        read: |report| wait(report, "p99"),
    },
    Figure {
        key: "failures",
        title: "failures",
        decimals: 0,
        per_stream: false,
        read: |report| {
            let failures = report.get("failures")?.as_object()?;
            // A sum of nothing would be -0.
            Some(failures.values().filter_map(Value::as_f64).fold(0.0, |sum, n| sum + n))
        },
    },
];

fn number(report: &Value, path: &str) -> Option<f64> {
    report.pointer(path)?.as_f64()
}

fn per(what: f64, of: f64) -> Option<f64> {
    (of > 0.0).then_some(what / of)
}

/// In µs; none when it was too little to count. `/server/cpu` is that while it was measured: connecting is not in it,
/// unless streams ended before all were connected.
fn cpu(report: &Value, path: &str) -> Option<f64> {
    number(report, path).filter(|cpu| countable(*cpu)).map(|cpu| cpu * 1e6)
}

fn events(report: &Value) -> Option<f64> {
    number(report, "/window_events")
}

fn seconds(report: &Value) -> Option<f64> {
    number(report, "/window_seconds")
}

/// How long an event was on its way where events carry the time; else how long the first byte took.
fn wait(report: &Value, quantile: &str) -> Option<f64> {
    if number(report, "/events_ahead") > Some(0.0) {
        return None;
    }
    let of = |what: &str| number(report, &format!("/{what}/{quantile}"));
    of("latency").or_else(|| of("first_byte"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn few_ticks_of_cpu_are_no_figure() {
        let of = |cpu: f64| {
            let report = json!({ "server": { "cpu": cpu }, "window_events": 100 });
            let figure = FIGURES.iter().find(|figure| figure.key == "cpu_us_per_event");
            figure.and_then(|figure| (figure.read)(&report))
        };
        assert_eq!(of(0.0), None);
        assert_eq!(of(0.09), None);
        assert_eq!(of(0.5), Some(5000.0));
    }
}
