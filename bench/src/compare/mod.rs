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
mod server;
mod summary;
mod table;
mod workload;

pub(crate) use arguments::Arguments;

use std::collections::BTreeMap;
use std::error::Error;
use std::fs;
use std::process::ExitCode;

use crate::console::{note, print};
use plan::Plan;
use summary::{Reports, Summary};

pub(crate) fn main(arguments: &Arguments) -> ExitCode {
    match Plan::new(arguments).and_then(|plan| compare(&plan)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            note(format_args!("error: {error}"));
            ExitCode::FAILURE
        }
    }
}

fn compare(plan: &Plan) -> Result<(), Box<dyn Error>> {
    if cfg!(debug_assertions) {
        note(
            "warning: this is a debug build, which measures nothing of use: use cargo run --release",
        );
    }
    fs::create_dir_all(&plan.out)?;
    let mut reports: Reports = BTreeMap::new();
    for run in 1..=plan.runs {
        for &peer in &plan.peers {
            note(format_args!("run {run} of {}: {peer}", plan.runs));
            let server = server::start(peer, plan)?;
            load::warm_up(plan, &server)?;
            let report = load::measure(plan, &server)
                .map_err(|error| format!("{peer}: {error}{}", server.last_words()))?;
            reports.entry(peer).or_default().push(report);
        }
    }
    let summary = Summary::new(plan, reports);
    let file = |ending: &str| plan.out.join(format!("{}.{ending}", plan.workload));
    fs::write(file("json"), format!("{:#}\n", summary.to_json(plan)))?;
    plot::draw(&file("svg"), plan, &summary)?;
    print(table::table(plan, &summary));
    note(format_args!("written: {} and {}", file("json").display(), file("svg").display()));
    Ok(())
}
