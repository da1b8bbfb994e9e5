//! The table as a heat map.

use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};
use sram_sim_cli::arguments::networks::Metric;
use sram_sim_cli::chart::{Chart, Drawn, GREY, label};
use sram_sim_cli::output::significant;

use super::{Row, error, expected_ber, name};
use sram_sim_cli::memory::Source;

/// Rows are networks, columns chips and voltages; darker for greater errors.
pub(super) struct HeatMap<'a> {
    pub(super) rows: &'a [Row],
    pub(super) metric: Metric,
}

/// The least width of a cell, and its height.
const CELL: (i32, i32) = (96, 34);
const MARGIN: i32 = 16;
const TOP: i32 = 120;
const LETTER: f64 = 7.6;

/// What is shown, below it.
const NOTES: [&str; 2] = [
    "rows: trained; columns: tested",
    "BER: bit errors per bit to expect of these reads, mean over maps and rows",
];
/// The same where a chip knows its Vmin.
const ENERGY: &str = "E: energy per access, of that at Vmin";

impl HeatMap<'_> {
    fn notes(&self) -> impl Iterator<Item = &'static str> {
        let mut points = self.rows.iter().flat_map(|row| &row.points);
        let energy = points.any(|point| point.source.energy_relative_to_vmin.is_some());
        NOTES.into_iter().chain(energy.then_some(ENERGY))
    }

    fn columns(&self) -> usize {
        self.rows.first().map_or(0, |row| row.points.len())
    }

    /// Width of a column: as its widest head is.
    fn column(&self) -> i32 {
        let points = self.rows.first().map_or(&[][..], |row| &row.points);
        let longest =
            points.iter().flat_map(|point| heads(&point.source)).map(|head| head.chars().count()).max();
        CELL.0.max((longest.unwrap_or(0) as f64 * LETTER) as i32 + 16)
    }

    /// Width of the labels of the rows.
    fn labels(&self) -> i32 {
        let longest = self.rows.iter().map(|row| label(&row.label).chars().count()).max().unwrap_or(0);
        (longest as f64 * LETTER) as i32 + 16
    }
}

impl Chart for HeatMap<'_> {
    fn size(&self) -> (u32, u32) {
        let width = 2 * MARGIN + self.labels() + self.column() * (self.columns() as i32 + 1);
        let height = TOP + CELL.1 * self.rows.len() as i32 + MARGIN + 18 * self.notes().count() as i32;
        (width.max(520) as u32, height as u32)
    }

    fn draw<B: DrawingBackend>(&self, area: &DrawingArea<B, Shift>) -> Drawn<B>
    where
        B::ErrorType: 'static,
    {
        let centred = |size: i32, colour: RGBColor| style(size, colour, HPos::Center);
        let at = |style: &TextStyle<'_>, text: &str, x: i32, y: i32| area.draw_text(text, style, (x, y));
        let (left, wide) = (MARGIN + self.labels(), self.column());
        let title = style(18, BLACK, HPos::Left);
        at(&title, &format!("{}, mean over maps, in %", name(self.metric)), MARGIN, MARGIN + 8)?;

        let points = self.rows.first().map_or(&[][..], |row| &row.points);
        let middle = |column: usize| left + wide * column as i32 + wide / 2;
        at(&centred(15, BLACK), "clean", middle(0), TOP - 50)?;
        for (number, point) in points.iter().enumerate() {
            let source = &point.source;
            let x = middle(number + 1);
            let rate = format!("BER {} %", significant(100.0 * expected_ber(self.rows, number), 2));
            for (head, above) in heads(source).iter().zip([66, 50]) {
                at(&centred(15, BLACK), head, x, TOP - above)?;
            }
            at(&centred(13, GREY), &rate, x, TOP - 32)?;
            if let Some(energy) = source.energy_relative_to_vmin {
                at(&centred(13, GREY), &format!("E {}", significant(energy, 3)), x, TOP - 16)?;
            }
        }
        for (number, row) in self.rows.iter().enumerate() {
            let top = TOP + CELL.1 * number as i32;
            let right = style(15, BLACK, HPos::Right);
            at(&right, &label(&row.label), left - 8, top + CELL.1 / 2)?;
            let errors = row.points.iter().map(|point| error(point, self.metric).mean);
            for (column, value) in [row.err].into_iter().chain(errors).enumerate() {
                let x = left + wide * column as i32;
                let shade = shade(value);
                let corners = [(x, top), (x + wide - 2, top + CELL.1 - 2)];
                area.draw(&Rectangle::new(corners, shade.filled()))?;
                let ink = if value > 0.35 { WHITE } else { BLACK };
                at(&centred(15, ink), &format!("{:.2}", 100.0 * value), x + wide / 2, top + CELL.1 / 2)?;
            }
        }
        let bottom = TOP + CELL.1 * self.rows.len() as i32 + 10;
        let note = style(13, GREY, HPos::Left);
        for (line, below) in self.notes().zip(0..) {
            at(&note, line, MARGIN, bottom + 18 * below)?;
        }
        Ok(())
    }
}

/// A chip, and its voltage with what answered; nothing of random errors.
fn heads(source: &Source) -> Vec<String> {
    let Some(answered) = source.answered() else { return Vec::new() };
    let unit = source.unit.map_or_else(String::new, |unit| format!(" {unit}"));
    vec![label(&source.of()), answered.label() + &unit]
}

/// Text at a height about its own middle.
fn style(size: i32, colour: RGBColor, side: HPos) -> TextStyle<'static> {
    let font = ("sans-serif", size).into_font();
    TextStyle { font, color: colour.to_backend_color(), pos: Pos::new(side, VPos::Center) }
}

/// From white for no error over orange to dark red; the scale is that of the root, since small differences of small errors
/// matter.
fn shade(error: f64) -> RGBColor {
    let depth = error.clamp(0.0, 0.9).sqrt() / 0.9f64.sqrt();
    let stops = [(254.0, 248.0, 238.0), (250.0, 190.0, 110.0), (140.0, 30.0, 20.0)];
    let (from, to, part) =
        if depth < 0.5 { (stops[0], stops[1], 2.0 * depth) } else { (stops[1], stops[2], 2.0 * depth - 1.0) };
    let mix = |from: f64, to: f64| (from + (to - from) * part) as u8;
    RGBColor(mix(from.0, to.0), mix(from.1, to.1), mix(from.2, to.2))
}
