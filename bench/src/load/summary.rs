//! The report, to be read.

use std::fmt::{self, Display};

use crate::process::countable;

use super::report::{Quantiles, Report, Spread, Usage};

/// Instead of a CPU time that is mostly chance.
const TOO_LITTLE: &str = "too little to count (less than 0.1 s)";

/// Writes a report section by section.
pub(crate) struct Summary<'a>(pub(crate) &'a Report);

impl Display for Summary<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let report = self.0;
        configuration(f, report)?;
        connections(f, report)?;
        messages(f, report)?;
        latency(f, report)?;
        section(f, "Resource usage: client (this tool)")?;
        usage(f, report, &report.client)?;
        section(f, "Resource usage: server")?;
        match &report.server {
            Some(server) => {
                usage(f, report, server)?;
                memory_per_stream(f, report, server)
            }
            None => line(f, "Not measured", "name its process with --pid"),
        }
    }
}

fn configuration(f: &mut fmt::Formatter<'_>, report: &Report) -> fmt::Result {
    section(f, "Configuration")?;
    line(f, "Request", &report.request)?;
    line(f, "Clients", grouped(report.clients as u64))?;
    line(f, "Ramp", seconds(report.ramp_seconds))?;
    let whole = if has_window(report) { "" } else { ", all of it: never were all streams open" };
    line(f, "Measured", seconds(report.window_seconds) + whole)?;
    line(f, "Whole run", seconds(report.seconds))
}

fn connections(f: &mut fmt::Formatter<'_>, report: &Report) -> fmt::Result {
    section(f, "Connections")?;
    line(f, "Total", grouped(report.clients as u64))?;
    line(f, "Successful", grouped(report.succeeded as u64))?;
    line(f, "Failed", grouped((report.clients - report.succeeded) as u64))?;
    for (cause, count) in &report.failures {
        line(f, &format!("  {cause}"), grouped(*count as u64))?;
    }
    let rate = 100.0 * report.succeeded as f64 / report.clients.max(1) as f64;
    line(f, "Success rate", format!("{rate:.2} %"))?;
    line(f, "Most open at once", grouped(report.open_most as u64))?;
    line(f, "Streams that ended", grouped(report.finished))
}

fn messages(f: &mut fmt::Formatter<'_>, report: &Report) -> fmt::Result {
    section(f, "Messages")?;
    line(f, "Total", grouped(report.events))?;
    spread(f, "per client", &report.events_per_client, "")?;

    section(f, "Data")?;
    line(f, "Total", bytes(report.bytes as f64))?;
    line(f, "Per client", bytes(ratio(report.bytes, report.opened as f64)))?;
    line(f, "Per message", bytes(ratio(report.bytes, report.events as f64)))?;

    section(f, "Connection durations")?;
    spread(f, "duration", &report.durations, " s")?;

    section(f, "Message rates (while measured)")?;
    let rate = ratio(report.window_events, report.window_seconds);
    line(f, "All clients", format!("{rate:.1} messages/s"))?;
    let each = rate / report.opened.max(1) as f64;
    line(f, "Per client", format!("{each:.3} messages/s"))
}

fn latency(f: &mut fmt::Formatter<'_>, report: &Report) -> fmt::Result {
    section(f, "Latency (delivery: while measured)")?;
    quantiles(f, "First byte", report.first_byte.as_ref(), "no answer")?;
    let without = match report.events_ahead {
        0 => "no times in the events",
        _ => "the server's clock is ahead: delivery is unknown",
    };
    quantiles(f, "Delivery", report.latency.as_ref(), without)?;
    if report.other_machine && report.latency.is_some() {
        line(f, "Clocks", "delivery compares two: the server's and this machine's")?;
    }
    line(f, "Longest silence", format!("{:.3} s", report.longest_silence))
}

fn quantiles(
    f: &mut fmt::Formatter<'_>,
    name: &str,
    of: Option<&Quantiles>,
    without: &str,
) -> fmt::Result {
    let Some(of) = of else { return line(f, name, without) };
    let of =
        [("p50", of.p50), ("p90", of.p90), ("p99", of.p99), ("p99.9", of.p999), ("max", of.max)];
    for (quantile, micros) in of {
        line(f, &format!("{name} {quantile}"), format!("{:.3} ms", micros as f64 / 1e3))?;
    }
    Ok(())
}

fn usage(f: &mut fmt::Formatter<'_>, report: &Report, usage: &Usage) -> fmt::Result {
    line(f, "Memory before", bytes(usage.rss_before as f64 * 1024.0))?;
    line(f, "Memory, most", bytes(usage.rss_most as f64 * 1024.0))?;
    let share = 100.0 * usage.cpu / report.window_seconds.max(f64::MIN_POSITIVE);
    let cpu = |cpu: f64, text: String| if countable(cpu) { text } else { TOO_LITTLE.to_owned() };
    let measured = format!("{:.2} s ({share:.1} % of a core)", usage.cpu);
    line(f, "CPU while measured", cpu(usage.cpu, measured))?;
    line(f, "CPU of the whole run", cpu(usage.cpu_whole, format!("{:.2} s", usage.cpu_whole)))?;
    if report.window_events == 0 {
        return Ok(());
    }
    let each = 1e6 * usage.cpu / report.window_events as f64;
    line(f, "CPU per message", cpu(usage.cpu, format!("{each:.3} µs")))
}

fn memory_per_stream(f: &mut fmt::Formatter<'_>, report: &Report, server: &Usage) -> fmt::Result {
    if !has_window(report) {
        return line(f, "Memory per stream", "unknown: never were all streams open");
    }
    let grown = server.rss_most.saturating_sub(server.rss_before) * 1024;
    line(f, "Memory per stream", bytes(ratio(grown, report.open_most as f64)))
}

/// Whether there was a time when all streams were open.
fn has_window(report: &Report) -> bool {
    report.window_seconds < report.seconds
}

fn spread(f: &mut fmt::Formatter<'_>, of: &str, spread: &Spread, unit: &str) -> fmt::Result {
    let Spread { mean, deviation, min, max } = spread;
    line(f, &format!("Mean {of}"), format!("{mean:.2}{unit}"))?;
    line(f, "Standard deviation", format!("{deviation:.2}{unit}"))?;
    line(f, "Min", format!("{min:.2}{unit}"))?;
    line(f, "Max", format!("{max:.2}{unit}"))
}

fn section(f: &mut fmt::Formatter<'_>, title: &str) -> fmt::Result {
    let gap = if title == "Configuration" { "" } else { "\n" };
    writeln!(f, "{gap}{title}\n{}", "-".repeat(title.chars().count()))
}

fn line(f: &mut fmt::Formatter<'_>, name: &str, value: impl Display) -> fmt::Result {
    writeln!(f, "{:<44} {value}", format!("{name}:"))
}

fn seconds(seconds: f64) -> String {
    format!("{seconds:.2} s")
}

fn ratio(of: u64, by: f64) -> f64 {
    if by > 0.0 { of as f64 / by } else { 0.0 }
}

fn bytes(bytes: f64) -> String {
    let mut value = bytes;
    for unit in ["B", "KiB", "MiB"] {
        if value < 1024.0 {
            return if unit == "B" {
                format!("{value:.0} B")
            } else {
                format!("{value:.1} {unit}")
            };
        }
        value /= 1024.0;
    }
    format!("{value:.2} GiB")
}

/// 1234567 as 1,234,567.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_is_ahead_has_no_delivery_and_another_one_is_named() {
        let mut report = Report { events_ahead: 1, other_machine: true, ..Report::default() };
        let text = Summary(&report).to_string();
        assert!(text.contains("the server's clock is ahead: delivery is unknown"), "{text}");
        assert!(!text.contains("Clocks:"), "{text}");
        report.events_ahead = 0;
        report.latency = Some(Quantiles { p50: 1, p90: 1, p99: 1, p999: 1, max: 1 });
        let text = Summary(&report).to_string();
        assert!(text.contains("delivery compares two"), "{text}");
    }

    #[test]
    fn little_cpu_is_no_finding() {
        let mut report = Report { window_events: 10, window_seconds: 1.0, ..Report::default() };
        report.client = Usage { cpu: 0.09, cpu_whole: 0.5, ..Usage::default() };
        let text = Summary(&report).to_string();
        assert_eq!(text.matches(TOO_LITTLE).count(), 2, "{text}");
        assert!(text.contains("0.50 s"), "{text}");
    }

    #[test]
    fn numbers_are_grouped_and_sizes_have_units() {
        assert_eq!(grouped(0), "0");
        assert_eq!(grouped(999), "999");
        assert_eq!(grouped(1_234_567), "1,234,567");
        assert_eq!(bytes(1023.0), "1023 B");
        assert_eq!(bytes(1536.0), "1.5 KiB");
        assert_eq!(bytes(3.0 * 1024.0 * 1024.0 * 1024.0), "3.00 GiB");
    }
}
