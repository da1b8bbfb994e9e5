//! Charts of a chip's statistics.

use anyhow::Result;
use cli_io::{Output, OutputFolder};
use plotters::coord::Shift;
use plotters::prelude::*;
use sram_model::{FaultMap, Model, Profile, Unit, Voltage, flip_bin};

use super::{AtVoltage, Report};
use crate::chart::{self, BLUE, Chart, Drawn, GREY, LIGHT, ORANGE, label};
use crate::{picture, progress};

const TEXT: (&str, i32) = ("sans-serif", 14);
const TITLE: (&str, i32) = ("sans-serif", 18);

/// What is drawn.
#[derive(Clone, Copy, Debug)]
pub(super) enum Plot {
    Rates,
    Flips,
    Critical,
    Columns,
    Map,
}

/// The files of every chart, as SVG and PNG, in a folder.
pub(super) fn outputs(folder: &OutputFolder<'_>) -> Result<Vec<(Plot, Output)>> {
    let plots = [
        (Plot::Rates, "ber"),
        (Plot::Flips, "flip-probabilities"),
        (Plot::Critical, "critical-voltages"),
        (Plot::Columns, "columns"),
        (Plot::Map, "map"),
    ];
    let mut outputs = Vec::new();
    for extension in ["svg", "png"] {
        for (plot, name) in plots {
            outputs.push((plot, folder.output(&format!("{name}.{extension}"))?));
        }
    }
    Ok(outputs)
}

/// Writes the charts, and says which there are.
pub(super) fn write<'o>(
    profile: &Profile,
    report: &Report,
    map: &FaultMap,
    outputs: &'o [(Plot, Output)],
) -> Result<Vec<&'o Output>> {
    // A chip without a model has charts, too, without the model's lines.
    let model = progress::fit(profile).ok();
    let bar = progress::bar(outputs.len() as u64, "charts");
    let title = |what: &str| {
        let (chip, voltage) = (label(&report.chip), map.voltage());
        format!("{what} of chip {chip} at {voltage} {}{}", report.unit, counted(report))
    };
    let rates = Rates { report, model: model.as_ref() };
    let flips = Bars::flips(map, title("Flip probabilities of faulty cells"));
    let critical = Bars::critical(report);
    let columns = Columns::of(map, report, title("Faulty cells by column"));
    let mut written = Vec::new();
    for (plot, output) in outputs {
        bar.inc(1);
        match (plot, &critical) {
            (Plot::Rates, _) => chart::write(&rates, output)?,
            (Plot::Flips, _) => chart::write(&flips, output)?,
            (Plot::Critical, Some(critical)) => chart::write(critical, output)?,
            (Plot::Critical, None) => continue,
            (Plot::Columns, _) => chart::write(&columns, output)?,
            (Plot::Map, _) if output.has_extension("svg") => {
                output.write(|out| picture::write_svg(profile, map, out))?;
            }
            (Plot::Map, _) => output.write(|out| picture::write_png(profile, map, out))?,
        }
        written.push(output);
    }
    bar.finish_and_clear();
    Ok(written)
}

/// What counts as faulty, where that is not every cell that ever flips.
fn counted(report: &Report) -> String {
    match report.flip_from {
        0.0 => String::new(),
        from => format!(", cells that flip at {from} or more"),
    }
}

/// The maps that answered, each once: a measured map may answer at several voltages.
fn maps(report: &Report) -> Vec<&AtVoltage> {
    let mut maps: Vec<&AtVoltage> = report.voltages.iter().collect();
    maps.dedup_by_key(|at| at.map_voltage);
    maps
}

/// BER over voltage with intervals, and the fitted curve.
struct Rates<'a> {
    report: &'a Report,
    model: Option<&'a Model>,
}

impl Chart for Rates<'_> {
    fn draw<B: DrawingBackend>(&self, area: &DrawingArea<B, Shift>) -> Drawn<B>
    where
        B::ErrorType: 'static,
    {
        let report = self.report;
        let points: Vec<(f64, f64, (f64, f64), bool)> = maps(report)
            .into_iter()
            .filter(|at| at.expected_ber_balanced_data > 0.0)
            .map(|at| {
                // The interval of the share of faulty cells, on the scale of the rate.
                let scale = at.expected_ber_balanced_data / at.faulty_share.unwrap_or(1.0).max(1e-300);
                let (low, high) = at.faulty_interval;
                let interval = (low * scale, high * scale);
                (at.map_voltage, at.expected_ber_balanced_data, interval, at.extrapolated)
            })
            .collect();
        let voltages = || points.iter().map(|point| point.0);
        let (low, high) = (voltages().fold(f64::INFINITY, f64::min), voltages().fold(0.0, f64::max));
        let margin = (0.15 * (high - low)).max(0.01 * high);
        let range = if points.is_empty() { 0.5..1.0 } else { low - margin..high + margin };
        // A chip without faults has axes, too.
        let least = points.iter().map(|point| point.2.0).filter(|&p| p > 0.0).fold(0.01, f64::min) / 3.0;
        let most = (points.iter().map(|point| point.2.1).fold(0.0, f64::max) * 8.0).clamp(least * 10.0, 1.0);
        let mut chart = ChartBuilder::on(area)
            .margin(14)
            .caption(
                format!("Expected bit error rate of chip {}{}", label(&report.chip), counted(report)),
                TITLE,
            )
            .x_label_area_size(44)
            .y_label_area_size(72)
            .build_cartesian_2d(range.clone(), (least.max(1e-15)..most).log_scale())?;
        chart
            .configure_mesh()
            .x_desc(format!("voltage, {}", report.unit))
            .y_desc("expected BER p/2, with 95 % interval")
            .light_line_style(WHITE)
            .bold_line_style(LIGHT)
            .label_style(TEXT)
            .y_label_formatter(&|y| format!("{y:.0e}"))
            .draw()?;
        // The law by itself, from end to end.
        if let Some(model) = self.model {
            let law = Model { curve: Vec::new(), ..model.clone() };
            let at = |k: u32| range.start + (range.end - range.start) * f64::from(k) / 200.0;
            let point = |k: u32| Some((at(k), law.predict(Voltage::new(at(k)).ok()?, None).expected_ber()));
            let line = (0..=200).filter_map(point).filter(|point| point.1 >= least && point.1 <= most);
            chart.draw_series(LineSeries::new(line, GREY))?;
        }
        if let Some(model) = self.model {
            let at = |k: u32| range.start + (range.end - range.start) * f64::from(k) / 200.0;
            let curve: Vec<(f64, f64, bool)> = (0..=200)
                .filter_map(|k| {
                    let found = model.predict(Voltage::new(at(k)).ok()?, None);
                    let ber = found.expected_ber();
                    (ber >= least && ber <= most).then_some((at(k), ber, found.extrapolated))
                })
                .collect();
            // Known parts as a line, extrapolated ones as dots.
            for run in curve.chunk_by(|a, b| a.2 == b.2) {
                if run[0].2 {
                    chart.draw_series(
                        run.iter().step_by(3).map(|p| Circle::new((p.0, p.1), 2, BLUE.filled())),
                    )?;
                } else {
                    chart
                        .draw_series(LineSeries::new(run.iter().map(|p| (p.0, p.1)), BLUE.stroke_width(2)))?;
                }
            }
        }
        for &(voltage, ber, (low, high), extrapolated) in &points {
            let line = vec![(voltage, low.max(least)), (voltage, high.min(most))];
            chart.draw_series([PathElement::new(line, ORANGE.stroke_width(2))])?;
            let style = if extrapolated { ORANGE.stroke_width(2) } else { ORANGE.filled() };
            chart.draw_series([Circle::new((voltage, ber), 5, style)])?;
        }
        let legend = "points: the profile's maps; blue line: between its voltages; rings and dots: extrapolated; grey line: the normal law";
        area.draw(&Text::new(legend, (90, 38), TEXT.into_font().color(&GREY)))
    }
}

/// A histogram.
struct Bars {
    title: String,
    x: String,
    y: String,
    /// From, to, height.
    spans: Vec<(f64, f64, f64)>,
}

impl Bars {
    fn flips(map: &FaultMap, title: String) -> Self {
        let mut counts = [0.0; 20];
        for fault in map.faults() {
            counts[flip_bin(fault.flip.p01().max(fault.flip.p10()), 20)] += 1.0;
        }
        let bar = |(k, count): (usize, f64)| (k as f64 / 20.0, (k + 1) as f64 / 20.0, count);
        let spans = counts.into_iter().enumerate().map(bar).collect();
        Self { title, x: "flip probability".into(), y: "cells".into(), spans }
    }

    /// How many cells begin to fail between each two maps; `None` without two.
    fn critical(report: &Report) -> Option<Self> {
        let bar = |pair: &[&AtVoltage]| {
            let new = pair[1].inclusion.map_or(0.0, |inclusion| inclusion.new as f64);
            (pair[1].map_voltage, pair[0].map_voltage, new)
        };
        let spans: Vec<_> = maps(report).windows(2).map(bar).collect();
        let title = format!("Critical voltages of chip {}{}", label(&report.chip), counted(report));
        let x = format!("voltage between two maps, {}", report.unit);
        (!spans.is_empty()).then_some(Self { title, x, y: "cells that begin to fail".into(), spans })
    }
}

impl Chart for Bars {
    fn draw<B: DrawingBackend>(&self, area: &DrawingArea<B, Shift>) -> Drawn<B>
    where
        B::ErrorType: 'static,
    {
        let low = self.spans.iter().map(|bar| bar.0).fold(f64::INFINITY, f64::min);
        let high = self.spans.iter().map(|bar| bar.1).fold(f64::NEG_INFINITY, f64::max);
        let most = self.spans.iter().map(|bar| bar.2).fold(1.0, f64::max) * 1.05;
        let mut chart = ChartBuilder::on(area)
            .margin(14)
            .caption(&self.title, TITLE)
            .x_label_area_size(44)
            .y_label_area_size(72)
            .build_cartesian_2d(low..high, 0.0..most)?;
        chart
            .configure_mesh()
            .disable_x_mesh()
            .light_line_style(WHITE)
            .bold_line_style(LIGHT)
            .x_desc(&self.x)
            .y_desc(&self.y)
            .label_style(TEXT)
            .y_label_formatter(&|y| format!("{y:.0}"))
            .draw()?;
        let gap = 0.05;
        chart.draw_series(self.spans.iter().map(|&(from, to, height)| {
            let inset = gap * (to - from);
            Rectangle::new([(from + inset, 0.0), (to - inset, height)], BLUE.filled())
        }))?;
        Ok(())
    }
}

/// The faulty cells of columns: by their place in the bank, and physical columns from the worst on.
struct Columns {
    title: String,
    /// Of column 0, 1, … of all banks.
    places: Vec<f64>,
    /// Of the physical columns that have any, from the worst on.
    ranked: Vec<f64>,
    /// What independent cells would give: numbers of columns with a number of faults or more.
    independent: Vec<(f64, f64)>,
}

impl Columns {
    fn of(map: &FaultMap, report: &Report, title: String) -> Self {
        let geometry = map.geometry();
        let mut places = vec![0.0; geometry.columns().min(4096) as usize];
        let per_place = geometry.columns().div_ceil(4096) as usize;
        for fault in map.faults() {
            places[geometry.address(fault.cell).column as usize / per_place] += 1.0;
        }
        let at = report.voltages.iter().find(|at| at.map_voltage == map.voltage().get());
        let unit = at.map_or(Unit::Column, |at| at.statistics.spreads[3].unit);
        let mut columns: Vec<u64> = map.faults().iter().map(|fault| unit.of(geometry, fault.cell)).collect();
        columns.sort_unstable();
        let mut ranked: Vec<f64> = columns.chunk_by(|a, b| a == b).map(|same| same.len() as f64).collect();
        ranked.sort_by(|a, b| b.total_cmp(a));
        let independent = expected_ranks(unit.count(geometry) as f64, columns.len() as f64);
        Self { title, places, ranked, independent }
    }
}

/// How many of `columns` columns have 1, 2, … faults or more if the faults are dealt out to them: a Poisson law.
fn expected_ranks(columns: f64, faults: f64) -> Vec<(f64, f64)> {
    let mean = faults / columns;
    let (mut term, mut less) = ((-mean).exp(), 0.0);
    let mut ranks = Vec::new();
    for count in 1..10_000 {
        less += term;
        term *= mean / f64::from(count);
        let rank = columns * (1.0 - less);
        if rank < 1.0 {
            break;
        }
        ranks.push((rank, f64::from(count)));
    }
    ranks
}

impl Chart for Columns {
    fn size(&self) -> (u32, u32) {
        (760, 760)
    }

    fn draw<B: DrawingBackend>(&self, area: &DrawingArea<B, Shift>) -> Drawn<B>
    where
        B::ErrorType: 'static,
    {
        let (top, bottom) = area.split_vertically(380);
        let most = self.places.iter().copied().fold(1.0, f64::max) * 1.05;
        let mut chart = ChartBuilder::on(&top)
            .margin(14)
            .caption(&self.title, TITLE)
            .x_label_area_size(44)
            .y_label_area_size(72)
            .build_cartesian_2d(0.0..self.places.len() as f64, 0.0..most)?;
        chart
            .configure_mesh()
            .disable_x_mesh()
            .light_line_style(WHITE)
            .bold_line_style(LIGHT)
            .x_desc("column of the bank")
            .y_desc("faulty cells, all banks")
            .label_style(TEXT)
            .x_label_formatter(&|x| format!("{x:.0}"))
            .y_label_formatter(&|y| format!("{y:.0}"))
            .draw()?;
        chart.draw_series(self.places.iter().enumerate().map(|(k, &count)| {
            Rectangle::new([(k as f64 + 0.1, 0.0), (k as f64 + 0.9, count)], BLUE.filled())
        }))?;

        let longest =
            self.independent.first().map_or(2.0, |first| first.0).max(self.ranked.len() as f64).max(2.0);
        let highest = self.ranked.first().copied().unwrap_or(1.0).max(2.0) * 1.3;
        let mut chart = ChartBuilder::on(&bottom)
            .margin(14)
            .x_label_area_size(44)
            .y_label_area_size(72)
            .build_cartesian_2d((1.0..longest).log_scale(), (0.8..highest).log_scale())?;
        chart
            .configure_mesh()
            .light_line_style(WHITE)
            .bold_line_style(LIGHT)
            .x_desc("physical columns, from the worst on")
            .y_desc("faulty cells")
            .label_style(TEXT)
            .x_label_formatter(&|x| format!("{x:.0}"))
            .y_labels(6)
            .y_label_formatter(&|y| format!("{y:.0}"))
            .draw()?;
        let ranks = |counts: &[f64]| -> Vec<(f64, f64)> {
            counts.iter().enumerate().map(|(k, &count)| (k as f64 + 1.0, count)).collect()
        };
        chart.draw_series(LineSeries::new(self.independent.iter().copied(), GREY.stroke_width(2)))?;
        chart.draw_series(LineSeries::new(ranks(&self.ranked), BLUE.stroke_width(2)))?;
        let legend = "blue: this chip; grey: as many faults at independent cells";
        bottom.draw(&Text::new(legend, (300, 22), TEXT.into_font().color(&GREY)))
    }
}
