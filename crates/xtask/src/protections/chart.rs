//! Error over energy, a panel for each chip, a line for each memory.

use std::path::Path;

use anyhow::{Context, Result, anyhow};
use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::register_font;

use super::table::{Table, chips};

/// Colours that colour-blind readers can tell apart (Okabe and Ito).
const COLOURS: [RGBColor; 8] = [
    RGBColor(0, 0, 0),
    RGBColor(230, 159, 0),
    RGBColor(86, 180, 233),
    RGBColor(0, 158, 115),
    RGBColor(0, 114, 178),
    RGBColor(213, 94, 0),
    RGBColor(204, 121, 167),
    RGBColor(150, 150, 150),
];
const SIZE: (u32, u32) = (1200, 520);
const LEGEND: u32 = 70;
/// The energy axis ends here: a memory that reads most lines again from elsewhere costs more than it saves, and a chart as wide as
/// that would squeeze the rest. The legend says where its line ends.
const MOST_ENERGY: f64 = 1.2;

pub(super) fn write(title: &str, tables: &[&Table], path: &Path) -> Result<()> {
    // Without a font of its own the text would be set otherwise on each machine.
    let _ = register_font("sans-serif", FontStyle::Normal, epaint_default_fonts::UBUNTU_LIGHT);
    let mut text = String::new();
    {
        let area = SVGBackend::with_string(&mut text, SIZE).into_drawing_area();
        plot(title, tables, &area).map_err(|error| anyhow!("cannot plot: {error}"))?;
    }
    sram_model::write_atomically::<std::io::Error>(path, |out| {
        std::io::Write::write_all(out, text.as_bytes())
    })?;
    Ok(())
}

type Plotted<T = ()> = Result<T, Box<dyn std::error::Error>>;
type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;

fn plot(title: &str, tables: &[&Table], area: &Area<'_>) -> Plotted {
    area.fill(&WHITE)?;
    let chips = chips(tables.first().context("no memory")?);
    let all = || tables.iter().flat_map(|table| &table.points);
    let (low, high) = all()
        .fold((f64::INFINITY, 0.0f64), |(low, high), point| (low.min(point.energy), high.max(point.energy)));
    let high = high.min(MOST_ENERGY);
    let least = all().map(|point| 100.0 * point.rerr).fold(100.0, f64::min);
    // By default the log scale leaves those of the lowest decade out.
    let ticks = [1.0, 2.0, 3.0, 5.0, 7.0, 10.0, 20.0, 30.0, 50.0, 70.0, 100.0];
    let ticks: Vec<f64> = ticks.into_iter().filter(|tick| *tick > 0.9 * least).collect();
    let (plots, legend) = area.split_vertically(SIZE.1 - LEGEND);
    let panels = plots.split_evenly((1, chips.len()));
    for (panel, chip) in panels.iter().zip(&chips) {
        let errors = (0.9 * least..100.0).log_scale().with_key_points(ticks.clone());
        let mut chart = ChartBuilder::on(panel)
            .margin(12)
            .caption(format!("{title}: chip {chip}"), ("sans-serif", 18))
            .x_label_area_size(44)
            .y_label_area_size(52)
            .build_cartesian_2d(low - 0.02..high + 0.02, errors)?;
        chart
            .configure_mesh()
            .x_desc("energy of all cells, of that of the weights' bits at Vmin")
            .y_desc("test error under bit errors, %")
            .x_labels(6)
            .light_line_style(WHITE)
            .bold_line_style(RGBColor(225, 225, 225))
            .label_style(("sans-serif", 14))
            .y_label_formatter(&|y| format!("{y:.0}"))
            .x_label_formatter(&|x| format!("{x:.2}"))
            .draw()?;
        for (table, colour) in tables.iter().zip(COLOURS) {
            let points = table
                .of_chip(chip)
                .filter(|point| point.energy <= MOST_ENERGY)
                .map(|point| (point.energy, 100.0 * point.rerr));
            chart.draw_series(LineSeries::new(points, colour.stroke_width(2)).point_size(3))?;
        }
    }
    for (number, (table, colour)) in tables.iter().zip(COLOURS).enumerate() {
        let (x, y) = (40 + 290 * (number % 4) as i32, 14 + 26 * (number / 4) as i32);
        legend.draw(&PathElement::new([(x, y), (x + 24, y)], colour.stroke_width(3)))?;
        let most = table.points.iter().map(|point| point.energy).fold(0.0, f64::max);
        let beyond = if most > MOST_ENERGY { format!(" (on to {most:.2})") } else { String::new() };
        let name = format!("{}{beyond}", table.name);
        legend.draw(&Text::new(name, (x + 32, y - 8), ("sans-serif", 16)))?;
    }
    area.present()?;
    Ok(())
}
