//! Test error over the rate of bit errors, or over the voltage of each chip.

use std::ops::Range;

use plotters::coord::Shift;
use plotters::coord::types::RangedCoordf64;
use plotters::prelude::*;
use sram_sim_cli::chart::{BLUE, Chart, Drawn, GREY, LIGHT, ORANGE, label};
use sram_sim_cli::output::significant;

use super::Report;
use crate::campaign::Measured;

/// Mean rerr with its standard deviation over maps as a band, the worst map as dots, the clean error as a grey line.
pub(super) struct Errors<'a>(pub(super) &'a Report);

const COLOURS: [RGBColor; 6] = [
    BLUE,
    ORANGE,
    RGBColor(40, 140, 90),
    RGBColor(150, 60, 150),
    RGBColor(160, 120, 20),
    RGBColor(90, 90, 90),
];

/// Points of one chip, or all random ones.
struct Series<'a> {
    name: String,
    points: Vec<(f64, &'a Measured)>,
}

impl Errors<'_> {
    fn series(&self) -> Vec<Series<'_>> {
        let mut all: Vec<Series<'_>> = Vec::new();
        let unit = self.0.points.iter().find_map(|point| point.source.unit);
        for point in &self.0.points {
            let (name, x) = match (&point.source.chip, point.source.map_voltage.or(point.source.voltage)) {
                // A map that answered at several voltages is one point, at its own.
                (Some(chip), Some(voltage)) => (chip.clone(), voltage.get()),
                // A rate of 0 has no place on a logarithmic axis.
                _ if point.expected_ber.mean == 0.0 => continue,
                _ => ("random bit errors".to_owned(), (100.0 * point.expected_ber.mean).log10()),
            };
            match all.iter_mut().find(|series| series.name == name) {
                Some(series) if series.points.iter().any(|known| known.0 == x && unit.is_some()) => {}
                Some(series) => series.points.push((x, point)),
                None => all.push(Series { name, points: vec![(x, point)] }),
            }
        }
        all.iter_mut().for_each(|series| series.points.sort_by(|a, b| a.0.total_cmp(&b.0)));
        all
    }
}

/// What the axes span: voltages or logarithms of rates, and errors in %.
struct Axes {
    range: Range<f64>,
    top: f64,
}

impl Axes {
    fn of(series: &[Series<'_>], report: &Report, by_voltage: bool) -> Self {
        let all = || series.iter().flat_map(|series| &series.points);
        let (low, high) =
            all().fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), (x, _)| (low.min(*x), high.max(*x)));
        let margin = (0.04 * (high - low)).max(if by_voltage { 0.005 } else { 0.1 });
        let top = all().map(|(_, point)| 100.0 * point.rerr.worst).fold(100.0 * report.about.err, f64::max);
        let range = if low <= high { low - margin..high + margin } else { 0.0..1.0 };
        Self { range, top: (1.08 * top).clamp(1.0, 105.0) }
    }
}

type Plane<'a, B> = ChartContext<'a, B, Cartesian2d<RangedCoordf64, RangedCoordf64>>;

impl Series<'_> {
    fn draw<B: DrawingBackend>(&self, colour: RGBColor, top: f64, chart: &mut Plane<'_, B>) -> Drawn<B>
    where
        B::ErrorType: 'static,
    {
        let at = |value: fn(&Measured) -> f64| {
            self.points.iter().map(move |(x, point)| (*x, (100.0 * value(point)).clamp(0.0, top)))
        };
        let upper = at(|point| point.rerr.mean + point.rerr.std.unwrap_or(0.0));
        let lower: Vec<_> = at(|point| point.rerr.mean - point.rerr.std.unwrap_or(0.0)).collect();
        let band: Vec<(f64, f64)> = upper.chain(lower.into_iter().rev()).collect();
        chart.draw_series([Polygon::new(band, colour.mix(0.18).filled())])?;
        chart
            .draw_series(LineSeries::new(at(|point| point.rerr.mean), colour.stroke_width(2)).point_size(3))?
            .label(label(&self.name))
            .legend(move |(x, y)| PathElement::new([(x, y), (x + 18, y)], colour.stroke_width(2)));
        chart.draw_series(at(|point| point.rerr.worst).map(|at| Circle::new(at, 2, colour.filled())))?;
        let means = self.points.iter().zip(at(|point| point.rerr.mean));
        let beyond = means.filter(|((_, point), _)| point.source.extrapolated).map(|(_, at)| at);
        chart.draw_series(beyond.map(|at| Circle::new(at, 6, colour.stroke_width(1))))?;
        Ok(())
    }
}

impl Chart for Errors<'_> {
    fn draw<B: DrawingBackend>(&self, area: &DrawingArea<B, Shift>) -> Drawn<B>
    where
        B::ErrorType: 'static,
    {
        let report = self.0;
        let series = self.series();
        let unit = report.points.iter().find_map(|point| point.source.unit);
        let by_voltage = unit.is_some();
        let Axes { range, top } = Axes::of(&series, report, by_voltage);
        let mut chart = ChartBuilder::on(area)
            .margin(14)
            .margin_top(56)
            .x_label_area_size(44)
            .y_label_area_size(56)
            .build_cartesian_2d(range.clone(), 0.0..top)?;
        let rates = || "expected bit error rate, %".to_owned();
        chart
            .configure_mesh()
            .x_desc(unit.map_or_else(rates, |unit| format!("voltage, {unit}")))
            .y_desc("rerr, %")
            .light_line_style(WHITE)
            .bold_line_style(LIGHT)
            .label_style(("sans-serif", 14))
            .y_label_formatter(&|y| significant(*y, 3))
            .x_label_formatter(&|x| {
                if by_voltage { significant(*x, 4) } else { significant(10f64.powf(*x), 2) }
            })
            .draw()?;
        let clean = 100.0 * report.about.err;
        chart.draw_series([PathElement::new(vec![(range.start, clean), (range.end, clean)], GREY)])?;
        for (series, colour) in series.iter().zip(COLOURS.into_iter().cycle()) {
            series.draw(colour, top, &mut chart)?;
        }
        let place = if by_voltage { SeriesLabelPosition::UpperRight } else { SeriesLabelPosition::UpperLeft };
        chart
            .configure_series_labels()
            .label_font(("sans-serif", 14))
            .background_style(WHITE.mix(0.8))
            .border_style(LIGHT)
            .position(place)
            .draw()?;
        area.draw(&Text::new(title(report), (20, 12), ("sans-serif", 19).into_font()))?;
        area.draw(&Text::new(note(report), (20, 36), ("sans-serif", 13).into_font().color(&GREY)))
    }
}

fn title(report: &Report) -> String {
    let (network, bits) = (label(&report.about.network), report.about.bits_per_weight);
    format!("{network}, {bits} bits: test error under bit errors")
}

/// What the signs mean.
fn note(report: &Report) -> String {
    let any = |of: fn(&Measured) -> bool| report.points.iter().any(of);
    let mut note = format!(
        "line: mean over {} maps; band: ± standard deviation; dots: worst map; grey: clean test error",
        report.about.maps
    );
    if any(|point| point.source.extrapolated) {
        note.push_str("; ringed: extrapolated");
    }
    if any(|point| point.source.map_voltage != point.source.voltage) {
        note.push_str("; at the voltages of the maps that answered");
    }
    note
}
