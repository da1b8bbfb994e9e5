//! Histograms.

use plotters::coord::Shift;
use plotters::prelude::*;
use sram_model::{FaultMap, flip_bin};

use super::{TEXT, TITLE, counted, maps};
use crate::chart::{BLUE, Chart, Drawn, LIGHT, label};
use crate::commands::stats::{AtVoltage, Report};

/// A histogram.
pub(super) struct Bars {
    title: String,
    x: String,
    y: String,
    /// From, to, height.
    spans: Vec<(f64, f64, f64)>,
}

impl Bars {
    pub(super) fn flips(map: &FaultMap, title: String) -> Self {
        let mut counts = [0.0; 20];
        for fault in map.faults() {
            counts[flip_bin(fault.flip.p01().max(fault.flip.p10()), 20)] += 1.0;
        }
        let bar = |(k, count): (usize, f64)| (k as f64 / 20.0, (k + 1) as f64 / 20.0, count);
        let spans = counts.into_iter().enumerate().map(bar).collect();
        Self { title, x: "flip probability".into(), y: "cells".into(), spans }
    }

    /// How many cells begin to fail between each two maps; `None` without two.
    pub(super) fn critical(report: &Report) -> Option<Self> {
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
