//! What an app says to Prometheus, read strictly: written from the description of the text format and from nothing of
//! the exporter's.

use std::collections::{BTreeMap, BTreeSet};

use tokio::time::{sleep, timeout};

use crate::PATIENCE;
use crate::client::Client;

/// All series of one answer.
#[derive(Clone, Debug, Default)]
pub struct Metrics {
    series: BTreeMap<(String, Labels), f64>,
    /// The type of each family.
    pub types: BTreeMap<String, String>,
    /// What is said of each family.
    pub help: BTreeMap<String, String>,
}

type Labels = BTreeMap<String, String>;

impl Metrics {
    /// What `/metrics` says.
    pub async fn of(client: &Client) -> Self {
        let response = client.get("/metrics").await;
        assert_eq!(response.status(), 200);
        let kind = &response.headers()["content-type"];
        assert_eq!(kind, "text/plain; version=0.0.4; charset=utf-8");
        Self::read(&response.text().await.expect("a body"))
    }

    /// Asks until it is so, and gives what was said then.
    ///
    /// # Panics
    /// When it never is.
    pub async fn until(client: &Client, is_so: impl Fn(&Self) -> bool) -> Self {
        let asks = async {
            loop {
                let metrics = Self::of(client).await;
                if is_so(&metrics) {
                    return metrics;
                }
                sleep(std::time::Duration::from_millis(20)).await;
            }
        };
        match timeout(PATIENCE, asks).await {
            Ok(metrics) => metrics,
            Err(_) => panic!("it never was so: {:#?}", Self::of(client).await.series),
        }
    }

    /// Reads an answer.
    ///
    /// # Panics
    /// At the first line that the format does not allow, or that is there twice.
    pub fn read(text: &str) -> Self {
        let mut metrics = Self::default();
        for line in text.lines().filter(|line| !line.is_empty()) {
            if let Some(help) = line.strip_prefix("# HELP ") {
                let (name, help) = help.split_once(' ').expect("a help text");
                let twice = metrics.help.insert(name.to_owned(), help.to_owned());
                assert_eq!(twice, None, "{line}");
            } else if let Some(kind) = line.strip_prefix("# TYPE ") {
                let (name, kind) = kind.split_once(' ').expect("a type");
                let twice = metrics.types.insert(name.to_owned(), kind.to_owned());
                assert_eq!(twice, None, "{line}");
            } else {
                assert!(!line.starts_with('#'), "{line}");
                let (series, value) = line.rsplit_once(' ').expect("a value");
                let value = value.parse().unwrap_or_else(|_| panic!("no number: {line}"));
                let twice = metrics.series.insert(read_series(series), value);
                assert_eq!(twice, None, "{line}");
            }
        }
        metrics
    }

    /// How many series there are with this value of a label.
    pub fn count(&self, label: &str, value: &str) -> usize {
        let has = |labels: &Labels| labels.get(label).is_some_and(|found| found == value);
        self.series.keys().filter(|(_, labels)| has(labels)).count()
    }

    /// The values of a label, of all series whose name begins with this.
    pub fn values(&self, name: &str, label: &str) -> BTreeSet<&str> {
        let named = self.series.keys().filter(|(found, _)| found.starts_with(name));
        named.filter_map(|(_, labels)| labels.get(label)).map(String::as_str).collect()
    }

    /// The sum of all series of a name that have these labels.
    ///
    /// # Panics
    /// When there is none.
    pub fn sum(&self, name: &str, labels: &[(&str, &str)]) -> f64 {
        let has = |series: &Labels| {
            labels.iter().all(|(label, value)| series.get(*label).is_some_and(|v| v == value))
        };
        let mut found = self.series.iter().filter(|((n, l), _)| n == name && has(l)).peekable();
        assert!(found.peek().is_some(), "there is no {name} {labels:?}");
        found.map(|(_, value)| value).sum()
    }
}

fn read_series(text: &str) -> (String, Labels) {
    let Some((name, labels)) = text.split_once('{') else {
        return (text.to_owned(), Labels::new());
    };
    let labels = labels.strip_suffix('}').expect("the end of the labels");
    let mut read = Labels::new();
    for label in labels.split("\",") {
        let (label, value) = label.split_once("=\"").unwrap_or_else(|| panic!("{text}"));
        let value = value.trim_end_matches('"').to_owned();
        assert_eq!(read.insert(label.to_owned(), value), None, "{text}");
    }
    (name.to_owned(), read)
}

#[cfg(test)]
mod tests {
    use super::Metrics;

    #[test]
    fn series_are_told_apart_by_their_labels() {
        let text = "# HELP a_total What it is.\n# TYPE a_total counter\na_total{x=\"1\",y=\"p q\"} 2\n\
                    a_total{x=\"2\",y=\"p q\"} 3\n\nb 0.5\n";
        let metrics = Metrics::read(text);
        assert!((metrics.sum("a_total", &[("y", "p q")]) - 5.0).abs() < 1e-9);
        assert!((metrics.sum("a_total", &[("x", "2")]) - 3.0).abs() < 1e-9);
        assert!((metrics.sum("b", &[]) - 0.5).abs() < 1e-9);
        assert_eq!((metrics.count("x", "1"), metrics.types["a_total"].as_str()), (1, "counter"));
    }
}
