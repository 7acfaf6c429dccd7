//! `compare`: the same load on each peer in turn, and what each took of the machine beside axum's.
//!
//! ```text
//! arguments ─► plan ─► for each run, for each peer:  server (its own process)
//!                                                    load   (its own process) ─► report
//!                      reports ─► figures ─► summary ─► table, JSON, plot
//! ```

mod arguments;
mod figures;
mod load;
mod peer;
mod plan;
mod plot;
mod start;
mod summary;
mod table;
mod workload;

pub(crate) use arguments::Arguments;

use std::collections::BTreeMap;
use std::error::Error;
use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;

use serde_json::Value;

use crate::console::{note, print};
use crate::file;
use crate::stop::{Stop, Stopped};
use peer::Peer;
use plan::Plan;
use summary::{Reports, Summary};

/// A table without failures, or not, or ended by a signal.
pub(crate) fn main(arguments: &Arguments) -> ExitCode {
    match Plan::new(arguments).and_then(|plan| compare(&plan)) {
        Ok(0) => ExitCode::SUCCESS,
        Ok(failures) => {
            note(format_args!("{failures} clients failed: what is above was not the same for all"));
            ExitCode::FAILURE
        }
        Err(error) => {
            note(format_args!("error: {error}"));
            error
                .downcast_ref::<Stopped>()
                .map_or(ExitCode::FAILURE, |stopped| ExitCode::from(stopped.status()))
        }
    }
}

/// Returns how many clients have failed.
fn compare(plan: &Plan) -> Result<u64, Box<dyn Error>> {
    if cfg!(debug_assertions) {
        note(
            "warning: this is a debug build, which measures nothing of use: use cargo run --release",
        );
    }
    let [json, svg] = files(plan)?;
    let stop = Stop::at_signals()?;
    let mut reports: Reports = BTreeMap::new();
    for run in 1..=plan.runs {
        for peer in plan.turns(run) {
            note(format_args!("run {run} of {}: {peer}", plan.runs));
            let server = start::start(peer, plan, &stop).map_err(|error| of(peer, error, ""))?;
            let of_peer = |error| of(peer, error, &server.last_words());
            load::warm_up(plan, &server, &stop).map_err(of_peer)?;
            let report = load::measure(plan, &server, &stop).map_err(of_peer)?;
            for (cause, count) in report["failures"].as_object().into_iter().flatten() {
                note(format_args!("{peer}: {count} clients failed: {cause}"));
            }
            reports.entry(peer).or_default().push(report);
        }
    }
    let failures = failures(&reports);
    let summary = Summary::new(plan, reports);
    // First what cannot fail: a full disk must not cost the runs.
    print(table::table(plan, &summary));
    file::write(&json, &format!("{:#}\n", summary.to_json(plan)))?;
    file::write(&svg, &plot::draw(plan, &summary)?)?;
    note(format_args!("written: {} and {}", json.display(), svg.display()));
    Ok(failures)
}

/// Names the peer in an error that is about one.
fn of(peer: Peer, error: Box<dyn Error>, words: &str) -> Box<dyn Error> {
    if error.is::<Stopped>() { error } else { format!("{peer}: {error}{words}").into() }
}

/// What will be written, tried before the first run.
fn files(plan: &Plan) -> Result<[PathBuf; 2], Box<dyn Error>> {
    fs::create_dir_all(&plan.out)
        .map_err(|error| format!("cannot make the folder {}: {error}", plan.out.display()))?;
    let files = ["json", "svg"].map(|ending| plan.out.join(format!("{}.{ending}", plan.workload)));
    for path in &files {
        file::check(path)?;
    }
    Ok(files)
}

fn failures(reports: &Reports) -> u64 {
    let causes = reports.values().flatten().filter_map(|report| report["failures"].as_object());
    causes.flat_map(serde_json::Map::values).filter_map(Value::as_u64).sum()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn failures_of_all_runs_and_causes_are_summed() {
        let failed = json!({ "failures": { "status 503": 2, "no event": 1 } });
        let well = json!({ "failures": {} });
        let reports =
            [(Peer::Axum, vec![well.clone()]), (Peer::Bolt, vec![well, failed.clone(), failed])];
        assert_eq!(failures(&BTreeMap::from(reports)), 6);
    }
}
