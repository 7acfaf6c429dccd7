//! The table that a person reads, which is Markdown too.

use std::fmt::Write as _;

use super::plan::Plan;
use super::summary::Summary;

pub(super) fn table(plan: &Plan, summary: &Summary) -> String {
    let mut rows = vec![vec!["peer".to_owned()]];
    rows[0].extend(summary.figures.iter().map(|figure| figure.title.to_owned()));
    for &peer in &plan.peers {
        let mut row = vec![peer.to_string()];
        for figure in &summary.figures {
            row.push(match (summary.value(peer, figure), summary.ratio(peer, figure)) {
                (None, _) => "-".to_owned(),
                (Some(value), None) => format!("{value:.*}", figure.decimals),
                (Some(value), Some(ratio)) => format!("{value:.*} ({ratio:.2})", figure.decimals),
            });
        }
        rows.push(row);
    }
    let Plan { workload, clients, secs, target, .. } = plan;
    let median = plan.median();
    let mut text = format!(
        "{workload}: {clients} clients on {target} for {secs} s; {median}, and in brackets the ratio \
         to axum's in the same run; p50 and p99 are {}\n\n",
        workload.waits_for()
    );
    let widths: Vec<usize> = (0..rows[0].len())
        .map(|column| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0))
        .collect();
    for (number, row) in rows.iter().enumerate() {
        _ = writeln!(text, "{}", line(row, &widths));
        if number == 0 {
            let rules: Vec<String> = widths.iter().map(|width| "-".repeat(*width)).collect();
            _ = writeln!(text, "{}", line(&rules, &widths));
        }
    }
    text
}

fn line(cells: &[String], widths: &[usize]) -> String {
    let cells = cells.iter().zip(widths).enumerate().map(|(column, (cell, width))| {
        // Names begin at the left, numbers end at the right.
        if column == 0 { format!(" {cell:<width$} ") } else { format!(" {cell:>width$} ") }
    });
    format!("|{}|", cells.collect::<Vec<_>>().join("|"))
}
