//! The plot: for each figure a panel, in it a bar for each peer.

use std::error::Error;

use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::figures::Figure;
use super::peer::Peer;
use super::plan::Plan;
use super::summary::Summary;

const PANEL: (u32, u32) = (320, 280);
const TITLE: u32 = 44;
/// Panels beside each other.
const COLUMNS: usize = 4;

type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;

/// As SVG.
pub(super) fn draw(plan: &Plan, summary: &Summary) -> Result<String, Box<dyn Error>> {
    let mut svg = String::new();
    draw_into(&mut svg, plan, summary).map_err(|error| format!("cannot draw the plot: {error}"))?;
    Ok(svg)
}

fn draw_into(svg: &mut String, plan: &Plan, summary: &Summary) -> Result<(), Box<dyn Error>> {
    // The table tells failures; a bar of them would mostly be none.
    let figures: Vec<_> = summary.figures.iter().filter(|f| f.key != "failures").collect();
    let columns = figures.len().clamp(1, COLUMNS);
    let rows = figures.len().div_ceil(columns).max(1);
    let size = (PANEL.0 * u32::try_from(columns)?, PANEL.1 * u32::try_from(rows)? + TITLE);
    let root = SVGBackend::with_string(svg, size).into_drawing_area();
    root.fill(&WHITE)?;
    let Plan { workload, clients, secs, runs, .. } = plan;
    let title =
        format!("{workload}: {clients} clients, {secs} s, {runs} run(s); × axum in the same");
    let body = root.titled(&title, ("sans-serif", 26))?;
    for (area, figure) in body.split_evenly((rows, columns)).iter().zip(figures) {
        panel(area, plan, summary, figure)?;
    }
    root.present()?;
    Ok(())
}

fn panel(
    area: &Area<'_>,
    plan: &Plan,
    summary: &Summary,
    figure: &Figure,
) -> Result<(), Box<dyn Error>> {
    let bars: Vec<(Peer, Option<f64>)> =
        plan.peers.iter().map(|&peer| (peer, summary.value(peer, figure))).collect();
    let most =
        bars.iter().filter_map(|(_, value)| *value).fold(0.0, f64::max).max(f64::MIN_POSITIVE);
    // Room above for the labels, below for the names.
    let mut chart = ChartBuilder::on(area)
        .caption(figure.title, ("sans-serif", 22))
        .margin(8)
        .build_cartesian_2d(0.0..bars.len() as f64, -0.15 * most..1.25 * most)?;
    let label = |anchor| ("sans-serif", 14).into_font().color(&BLACK).pos(anchor);
    let above = label(Pos::new(HPos::Center, VPos::Bottom));
    let below = label(Pos::new(HPos::Center, VPos::Top));
    for (number, (peer, value)) in bars.iter().enumerate() {
        let left = number as f64;
        let text =
            value.map_or_else(|| "-".to_owned(), |value| format!("{value:.*}", figure.decimals));
        let value = value.unwrap_or(0.0);
        let ratio = summary.ratio(*peer, figure);
        let ratio = ratio.map_or_else(String::new, |ratio| format!("× {ratio:.2}"));
        let bar = [(left + 0.15, 0.0), (left + 0.85, value)];
        chart.draw_series([Rectangle::new(bar, color(*peer).filled())])?;
        chart.draw_series([
            Text::new(text, (left + 0.5, value + 0.10 * most), above.clone()),
            Text::new(ratio, (left + 0.5, value + 0.02 * most), above.clone()),
            Text::new(peer.to_string(), (left + 0.5, -0.02 * most), below.clone()),
        ])?;
    }
    Ok(())
}

fn color(peer: Peer) -> RGBColor {
    match peer {
        Peer::Floor => RGBColor(160, 160, 160),
        Peer::Axum => RGBColor(90, 120, 170),
        Peer::Bolt => RGBColor(225, 120, 40),
        Peer::Actix => RGBColor(110, 160, 110),
        Peer::DjangoBolt => RGBColor(170, 110, 150),
    }
}
