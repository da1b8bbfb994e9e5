//! Faulty cells by column.

use plotters::coord::Shift;
use plotters::prelude::*;
use sram_model::{FaultMap, Unit};

use super::{TEXT, TITLE};
use crate::chart::{BLUE, Chart, Drawn, GREY, LIGHT};
use crate::commands::stats::Report;

/// The faulty cells of columns: by their place in the bank, and physical columns from the worst on.
pub(super) struct Columns {
    title: String,
    /// Of column 0, 1, … of all banks.
    places: Vec<f64>,
    /// Of the physical columns that have any, from the worst on.
    ranked: Vec<f64>,
    /// What independent cells would give: numbers of columns with a number of faults or more.
    independent: Vec<(f64, f64)>,
}

impl Columns {
    pub(super) fn of(map: &FaultMap, report: &Report, title: String) -> Self {
        let geometry = map.geometry();
        let mut places = vec![0.0; geometry.columns().min(4096) as usize];
        let per_place = geometry.columns().div_ceil(4096) as usize;
        for fault in map.faults() {
            places[geometry.address(fault.cell).column as usize / per_place] += 1.0;
        }
        let at = report.voltages.iter().find(|at| at.map_voltage == map.voltage().voltage.get());
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

impl Columns {
    /// The faults of each column of a bank.
    fn draw_places<B: DrawingBackend>(&self, area: &DrawingArea<B, Shift>) -> Drawn<B>
    where
        B::ErrorType: 'static,
    {
        let most = self.places.iter().copied().fold(1.0, f64::max) * 1.05;
        let mut chart = ChartBuilder::on(area)
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
        Ok(())
    }

    /// Those of all physical columns, in order of their number.
    fn draw_ranks<B: DrawingBackend>(&self, area: &DrawingArea<B, Shift>) -> Drawn<B>
    where
        B::ErrorType: 'static,
    {
        let longest =
            self.independent.first().map_or(2.0, |first| first.0).max(self.ranked.len() as f64).max(2.0);
        let highest = self.ranked.first().copied().unwrap_or(1.0).max(2.0) * 1.3;
        let mut chart = ChartBuilder::on(area)
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
        Ok(())
    }
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
        self.draw_places(&top)?;
        self.draw_ranks(&bottom)?;
        let legend = "blue: this chip; grey: as many faults at independent cells";
        bottom.draw(&Text::new(legend, (300, 22), TEXT.into_font().color(&GREY)))
    }
}
