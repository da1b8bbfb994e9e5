//! Draws ns per weight over the rate.

use anyhow::{Result, anyhow, ensure};
use cli_io::Output;
use plotters::prelude::*;
use plotters::style::register_font;

use crate::report::Report;
use crate::work::Work;

const SIZE: (u32, u32) = (760, 460);

/// Writes a chart with logarithmic axes: a line a way of injecting, and one for the pass.
pub(crate) fn write_svg(report: &Report, output: &Output) -> Result<()> {
    // Charts measure their texts in this font, which the program brings along.
    let _ = register_font("sans-serif", FontStyle::Normal, epaint_default_fonts::UBUNTU_LIGHT);
    let mut text = String::new();
    draw(report, &mut text)?;
    Ok(output.write_bytes(text.as_bytes())?)
}

/// The points (rate in %, ns per weight) of one kind of work.
fn points(report: &Report, work: Work) -> Vec<(f64, f64)> {
    let rows = report.rows.iter().filter(|row| row.work == work.name());
    rows.filter_map(|row| Some((row.rate? * 100.0, row.ns_per_weight)))
        .filter(|(rate, _)| *rate > 0.0)
        .collect()
}

fn draw(report: &Report, text: &mut String) -> Result<()> {
    let [red, blue, green] = [RGBColor(200, 40, 40), RGBColor(30, 90, 170), RGBColor(40, 140, 60)];
    let works = [(Work::Transient, red), (Work::Persistent, blue), (Work::SparseMask, green)];
    let all: Vec<(f64, f64)> = works.iter().flat_map(|(work, _)| points(report, *work)).collect();
    let pass = report.rows.first().map_or(0.0, |row| row.ns_per_weight);
    let range = |values: &mut dyn Iterator<Item = f64>| {
        values.fold((f64::INFINITY, 0.0f64), |(low, high), value| (low.min(value), high.max(value)))
    };
    let rates = range(&mut all.iter().map(|point| point.0));
    let times = range(&mut all.iter().map(|point| point.1).chain([pass]));
    ensure!(rates.0 < rates.1, "a chart needs at least two rates above 0");

    let failed = |error: &dyn std::fmt::Display| anyhow!("cannot draw the chart: {error}");
    let root = SVGBackend::with_string(text, SIZE).into_drawing_area();
    root.fill(&WHITE).map_err(|e| failed(&e))?;
    let mut chart = ChartBuilder::on(&root)
        .margin(12)
        .margin_bottom(30)
        .caption("Injecting bit errors into packed weights", ("sans-serif", 18))
        .x_label_area_size(48)
        .y_label_area_size(64)
        .build_cartesian_2d((rates.0..rates.1).log_scale(), (times.0 / 1.5..times.1 * 1.5).log_scale())
        .map_err(|e| failed(&e))?;
    chart
        .configure_mesh()
        .x_desc("rate of errors or faults, %")
        .y_desc("ns per weight")
        .x_label_formatter(&|rate| format!("{}", (rate * 1e6).round() / 1e6))
        .y_label_formatter(&|time| format!("{}", (time * 1e4).round() / 1e4))
        .light_line_style(WHITE)
        .draw()
        .map_err(|e| failed(&e))?;
    for (work, colour) in works {
        let series = LineSeries::new(points(report, work), colour.stroke_width(2)).point_size(3);
        let line = chart.draw_series(series).map_err(|e| failed(&e))?;
        line.label(work.name())
            .legend(move |(x, y)| PathElement::new([(x, y), (x + 18, y)], colour.stroke_width(2)));
    }
    let level = [(rates.0, pass), (rates.1, pass)];
    let line = chart.draw_series(LineSeries::new(level, BLACK.stroke_width(1))).map_err(|e| failed(&e))?;
    line.label("one pass over the weights").legend(|(x, y)| PathElement::new([(x, y), (x + 18, y)], BLACK));
    chart
        .configure_series_labels()
        .position(SeriesLabelPosition::UpperLeft)
        .background_style(WHITE)
        .border_style(BLACK)
        .draw()
        .map_err(|e| failed(&e))?;
    let caption = Text::new(report.caption(), (70, SIZE.1 as i32 - 20), ("sans-serif", 11));
    root.draw(&caption).map_err(|e| failed(&e))?;
    root.present().map_err(|e| failed(&e))
}
