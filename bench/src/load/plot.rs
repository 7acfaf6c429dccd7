//! The course of a run, drawn.

use plotters::coord::Shift;
use plotters::prelude::*;

use super::report::{Quantiles, Report, Second};

const SIZE: (u32, u32) = (960, 640);
const FONT: &str = "sans-serif";

/// What is shorter, in s, says little about a rate.
const SHORT: f64 = 0.5;

/// One line of a chart.
struct Line {
    name: &'static str,
    color: RGBColor,
    points: Vec<(f64, f64)>,
}

type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;

/// An SVG with the events per second above, and the latencies, if there are any, below.
pub(crate) fn draw(report: &Report) -> Result<String, String> {
    let mut svg = String::new();
    draw_into(&mut svg, report).map_err(|error| format!("cannot draw the plot: {error}"))?;
    Ok(svg)
}

fn draw_into(svg: &mut String, report: &Report) -> Result<(), Box<dyn std::error::Error>> {
    let root = SVGBackend::with_string(svg, SIZE).into_drawing_area();
    root.fill(&WHITE)?;
    let course: Vec<_> = report.course.iter().filter(|second| second.lasted >= SHORT).collect();
    let latencies = latencies(&course);
    let halves = if latencies.is_empty() { vec![root.clone()] } else { root.split_evenly((2, 1)) };
    let title = format!("{}, {} clients: events per second", report.request, report.clients);
    chart(&halves[0], &title, report.seconds, &[rates(&course)])?;
    if let Some(lower) = halves.get(1) {
        chart(lower, "delivery latency, ms", report.seconds, &latencies)?;
    }
    root.present()?;
    Ok(())
}

fn chart(
    area: &Area<'_>,
    title: &str,
    seconds: f64,
    lines: &[Line],
) -> Result<(), Box<dyn std::error::Error>> {
    let highest =
        lines.iter().flat_map(|line| &line.points).map(|point| point.1).fold(0.0, f64::max);
    let mut chart = ChartBuilder::on(area)
        .margin(12)
        .caption(title, (FONT, 16))
        .x_label_area_size(32)
        .y_label_area_size(72)
        .build_cartesian_2d(
            0.0..seconds.max(f64::EPSILON),
            0.0..(highest * 1.1).max(f64::EPSILON),
        )?;
    chart
        .configure_mesh()
        .light_line_style(TRANSPARENT)
        .bold_line_style(BLACK.mix(0.1))
        .x_desc("seconds")
        .x_label_formatter(&|number| label(*number))
        .y_label_formatter(&|number| label(*number))
        .label_style((FONT, 12))
        .draw()?;
    for line in lines {
        let (color, points) = (line.color, line.points.iter().copied());
        chart
            .draw_series(LineSeries::new(points, color.stroke_width(2)))?
            .label(line.name)
            .legend(move |(x, y)| PathElement::new([(x, y), (x + 16, y)], color.stroke_width(2)));
    }
    if lines.len() > 1 {
        chart
            .configure_series_labels()
            .position(SeriesLabelPosition::UpperRight)
            .background_style(WHITE.mix(0.8))
            .label_font((FONT, 12))
            .draw()?;
    }
    Ok(())
}

/// A number of an axis, without the noise of its last digits.
fn label(number: f64) -> String {
    let text = format!("{number:.3}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

fn rates(course: &[&Second]) -> Line {
    let points = course.iter().map(|second| (second.at, second.events_per_second())).collect();
    Line { name: "events/s", color: BLUE, points }
}

/// A line for each quantile. None at all, when no event had a time.
fn latencies(course: &[&Second]) -> Vec<Line> {
    let line = |name, color, of: fn(&Quantiles) -> u64| {
        let points = course.iter().filter_map(|second| {
            let latency = second.latency.as_ref()?;
            Some((second.at, of(latency) as f64 / 1e3))
        });
        Line { name, color, points: points.collect() }
    };
    let mut lines = vec![
        line("p50", RGBColor(31, 119, 180), |latency| latency.p50),
        line("p90", RGBColor(44, 160, 44), |latency| latency.p90),
        line("p99", RGBColor(255, 127, 14), |latency| latency.p99),
        line("max", RGBColor(214, 39, 40), |latency| latency.max),
    ];
    lines.retain(|line| !line.points.is_empty());
    lines
}
