//! The medians of all runs, and their ratios to axum.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::figures::Figure;
use super::peer::Peer;
use super::plan::Plan;
use crate::circumstances::circumstances;

/// The reports of each peer, one for each run.
pub(super) type Reports = BTreeMap<Peer, Vec<Value>>;

#[derive(Debug)]
pub(super) struct Summary {
    pub(super) figures: Vec<&'static Figure>,
    reports: Reports,
}

impl Summary {
    pub(super) fn new(plan: &Plan, reports: Reports) -> Self {
        Self { figures: plan.workload.figures(), reports }
    }

    /// The median of all runs, if all have it: without the runs that were too small to count it would be too large.
    /// Of failures their sum, so that none is lost.
    pub(super) fn value(&self, peer: Peer, figure: &Figure) -> Option<f64> {
        let values: Option<Vec<f64>> = self.values(peer, figure).into_iter().collect();
        let values = values?.into_iter();
        if figure.key == "failures" {
            Some(values.fold(0.0, |sum, n| sum + n))
        } else {
            median(values)
        }
    }

    /// The median of the ratios to axum in the same run: what disturbs a run disturbs both.
    pub(super) fn ratio(&self, peer: Peer, figure: &Figure) -> Option<f64> {
        self.value(peer, figure)?;
        let pairs = self.values(peer, figure).into_iter().zip(self.values(Peer::Axum, figure));
        let ratios = pairs.filter_map(|(own, axum)| Some(own? / axum?));
        median(ratios.filter(|ratio| ratio.is_finite()))
    }

    fn values(&self, peer: Peer, figure: &Figure) -> Vec<Option<f64>> {
        self.reports.get(&peer).into_iter().flatten().map(figure.read).collect()
    }

    pub(super) fn to_json(&self, plan: &Plan) -> Value {
        let mut peers = Map::new();
        for (&peer, reports) in &self.reports {
            let of = |read: &dyn Fn(&Figure) -> Option<f64>| -> Map<String, Value> {
                self.figures.iter().map(|f| (f.key.to_owned(), json!(read(f)))).collect()
            };
            let entry = json!({
                "median": of(&|figure| self.value(peer, figure)),
                "ratio_to_axum": of(&|figure| self.ratio(peer, figure)),
                "reports": reports,
            });
            peers.insert(peer.name().to_owned(), entry);
        }
        json!({
            "workload": plan.workload.to_string(),
            "target": plan.target,
            "clients": plan.clients,
            "secs": plan.secs,
            "runs": plan.runs,
            "ramp": plan.workload.ramp(plan.clients),
            "with": circumstances(),
            "peers": peers,
        })
    }
}

fn median(values: impl Iterator<Item = f64>) -> Option<f64> {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    let upper = *values.get(middle)?;
    if values.len() % 2 == 1 {
        return Some(upper);
    }
    Some(f64::midpoint(*values.get(middle.checked_sub(1)?)?, upper))
}

#[cfg(test)]
mod tests {
    use super::median;

    #[test]
    fn the_median_of_an_even_number_is_between_the_two_in_the_middle() {
        assert_eq!(median([4.0, 1.0, 3.0, 2.0].into_iter()), Some(2.5));
        assert_eq!(median([9.0, 1.0, 2.0].into_iter()), Some(2.0));
        assert_eq!(median([7.0].into_iter()), Some(7.0));
        assert_eq!(median(std::iter::empty()), None);
    }
}
