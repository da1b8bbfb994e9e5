//! Bit error rates over voltage.

use std::ops::Range;

use plotters::coord::Shift;
use plotters::coord::types::RangedCoordf64;
use plotters::prelude::*;
use sram_model::{Model, Voltage};

use super::{TEXT, TITLE, counted, maps};
use crate::chart::{BLUE, Chart, Drawn, GREY, LIGHT, ORANGE, label};
use crate::commands::stats::{AtVoltage, Report};

/// BER over voltage with intervals, and the fitted curve.
pub(super) struct Rates<'a> {
    pub(super) report: &'a Report,
    pub(super) model: Option<&'a Model>,
}

/// A map of the profile.
struct Point {
    voltage: f64,
    ber: f64,
    interval: (f64, f64),
    extrapolated: bool,
}

impl Point {
    /// None where nothing fails: 0 has no place on a logarithmic axis.
    fn of(at: &AtVoltage) -> Option<Self> {
        let ber = Some(at.expected_ber_balanced_data).filter(|&ber| ber > 0.0)?;
        // The interval of the share of faulty cells, on the scale of the rate.
        let scale = ber / at.faulty_share.unwrap_or(1.0).max(1e-300);
        let (low, high) = at.faulty_interval;
        let (voltage, extrapolated) = (at.map_voltage, at.extrapolated);
        Some(Self { voltage, ber, interval: (low * scale, high * scale), extrapolated })
    }
}

/// What the axes span.
struct Axes {
    voltages: Range<f64>,
    bers: Range<f64>,
}

impl Axes {
    fn of(points: &[Point]) -> Self {
        let voltages = || points.iter().map(|point| point.voltage);
        let (low, high) = (voltages().fold(f64::INFINITY, f64::min), voltages().fold(0.0, f64::max));
        let margin = (0.15 * (high - low)).max(0.01 * high);
        // A chip without faults has axes, too.
        let voltages = if points.is_empty() { 0.5..1.0 } else { low - margin..high + margin };
        let lows = points.iter().map(|point| point.interval.0).filter(|&ber| ber > 0.0);
        let least = lows.fold(0.01, f64::min) / 3.0;
        let highest = points.iter().map(|point| point.interval.1).fold(0.0, f64::max);
        Self { voltages, bers: least..(highest * 8.0).clamp(least * 10.0, 1.0) }
    }

    /// Voltages from end to end.
    fn steps(&self) -> impl Iterator<Item = f64> + '_ {
        let span = self.voltages.end - self.voltages.start;
        (0..=200).map(move |k| self.voltages.start + span * f64::from(k) / 200.0)
    }

    fn shows(&self, ber: f64) -> bool {
        ber >= self.bers.start && ber <= self.bers.end
    }
}

impl Chart for Rates<'_> {
    fn draw<B: DrawingBackend>(&self, area: &DrawingArea<B, Shift>) -> Drawn<B>
    where
        B::ErrorType: 'static,
    {
        let report = self.report;
        let points: Vec<Point> = maps(report).into_iter().filter_map(Point::of).collect();
        let axes = Axes::of(&points);
        let bers = axes.bers.start.max(1e-15)..axes.bers.end;
        let mut chart = ChartBuilder::on(area)
            .margin(14)
            .caption(
                format!("Expected bit error rate of chip {}{}", label(&report.chip), counted(report)),
                TITLE,
            )
            .x_label_area_size(44)
            .y_label_area_size(72)
            .build_cartesian_2d(axes.voltages.clone(), bers.log_scale())?;
        chart
            .configure_mesh()
            .x_desc(format!("voltage, {}", report.unit))
            .y_desc("expected BER p/2, with 95 % interval")
            .light_line_style(WHITE)
            .bold_line_style(LIGHT)
            .label_style(TEXT)
            .y_label_formatter(&|y| format!("{y:.0e}"))
            .draw()?;
        if let Some(model) = self.model {
            draw_model(model, &axes, &mut chart)?;
        }
        for Point { voltage, ber, interval: (low, high), extrapolated } in points {
            let line = vec![(voltage, low.max(axes.bers.start)), (voltage, high.min(axes.bers.end))];
            chart.draw_series([PathElement::new(line, ORANGE.stroke_width(2))])?;
            let style = if extrapolated { ORANGE.stroke_width(2) } else { ORANGE.filled() };
            chart.draw_series([Circle::new((voltage, ber), 5, style)])?;
        }
        let legend = "points: the profile's maps; blue line: between its voltages; rings and dots: extrapolated; grey line: the \
                      normal law";
        area.draw(&Text::new(legend, (90, 38), TEXT.into_font().color(&GREY)))
    }
}

type Plane<'a, B> = ChartContext<'a, B, Cartesian2d<RangedCoordf64, LogCoord<f64>>>;

/// The law by itself, and with the curve: known parts as a line, extrapolated ones as dots.
fn draw_model<B: DrawingBackend>(model: &Model, axes: &Axes, chart: &mut Plane<'_, B>) -> Drawn<B>
where
    B::ErrorType: 'static,
{
    let at = |model: &Model, voltage: f64| {
        let found = model.predict(model.unit.of(Voltage::new(voltage).ok()?), None).ok()?;
        let ber = Some(found.expected_ber()).filter(|&ber| axes.shows(ber))?;
        Some((voltage, ber, found.extrapolated))
    };
    let law = Model { curve: Vec::new(), ..model.clone() };
    let line = axes.steps().filter_map(|voltage| at(&law, voltage)).map(|(voltage, ber, _)| (voltage, ber));
    chart.draw_series(LineSeries::new(line, GREY))?;
    let curve: Vec<_> = axes.steps().filter_map(|voltage| at(model, voltage)).collect();
    for run in curve.chunk_by(|a, b| a.2 == b.2) {
        if run[0].2 {
            chart.draw_series(run.iter().step_by(3).map(|p| Circle::new((p.0, p.1), 2, BLUE.filled())))?;
        } else {
            chart.draw_series(LineSeries::new(run.iter().map(|p| (p.0, p.1)), BLUE.stroke_width(2)))?;
        }
    }
    Ok(())
}
