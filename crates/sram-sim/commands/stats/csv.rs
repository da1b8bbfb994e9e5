//! The statistics of `sram-sim stats` as CSV.

use anyhow::Result;
use cli_io::Data;
use sram_model::Proportion;

use super::print::{neighbour_name, unit_name};
use super::{AtVoltage, CONFIDENCE, Report};
use crate::answered::Answered;
use crate::output::write_csv_row;

/// One line a statistic: what, of what, its value, and the interval where it has one.
pub(super) fn write_csv(report: &Report, out: &mut Data<'_>) -> Result<()> {
    let header = ["flip_from", "statistic", "of", "value", "low", "high"];
    let header = ["chip"].into_iter().chain(Answered::COLUMNS).chain(header).map(str::to_owned);
    write_csv_row(out, &header.collect::<Vec<_>>())?;
    for at in &report.voltages {
        let mut lines = Lines { report, at, out };
        lines.shares()?;
        lines.halves()?;
        lines.rates()?;
        lines.counts()?;
        lines.spreads()?;
    }
    Ok(())
}

/// The lines of one voltage.
struct Lines<'l, 'd> {
    report: &'l Report,
    at: &'l AtVoltage,
    out: &'l mut Data<'d>,
}

impl Lines<'_, '_> {
    /// Writes a line, if there is a value.
    fn write(
        &mut self,
        statistic: &str,
        of: impl Into<String>,
        value: Option<f64>,
        interval: Option<(f64, f64)>,
    ) -> Result<()> {
        let Some(value) = value else { return Ok(()) };
        let bound = |bound: Option<f64>| bound.map_or_else(String::new, |bound| bound.to_string());
        let [voltage, map_voltage, unit, extrapolated] = self.at.answered.cells(&self.report.unit);
        let cells = [
            self.report.chip.clone(),
            voltage,
            map_voltage,
            unit,
            extrapolated,
            self.report.flip_from.to_string(),
            statistic.to_owned(),
            of.into(),
            value.to_string(),
            bound(interval.map(|interval| interval.0)),
            bound(interval.map(|interval| interval.1)),
        ];
        Ok(write_csv_row(self.out, &cells)?)
    }

    fn share(&mut self, statistic: &str, of: &str, found: Proportion) -> Result<()> {
        self.write(statistic, of, found.share(), found.share().map(|_| found.interval(CONFIDENCE)))
    }

    fn shares(&mut self) -> Result<()> {
        let stats = &self.at.statistics;
        self.share("faulty_share", "cells", stats.faulty)?;
        self.share("persistent_share", "faulty cells", stats.persistent)?;
        for found in &stats.neighbours {
            self.share("fault_given_faulty_neighbour", neighbour_name(found.neighbour), found.faulty)?;
        }
        let kept = self.at.inclusion.map(|inclusion| inclusion.kept);
        kept.map_or(Ok(()), |kept| self.share("kept_of_the_voltage_before", "faulty cells", kept))
    }

    fn halves(&mut self) -> Result<()> {
        let halves = self.at.statistics.halves;
        for (statistic, counts, p_value) in [
            ("halves_of_rows", halves.rows, halves.rows_p_value),
            ("halves_of_columns", halves.columns, halves.columns_p_value),
        ] {
            self.write(statistic, "first", Some(counts[0] as f64), None)?;
            self.write(statistic, "second", Some(counts[1] as f64), None)?;
            self.write(statistic, "p", Some(p_value), None)?;
        }
        let Some(found) = self.at.autocorrelation else { return Ok(()) };
        self.write("moran_i", "banks on the floorplan", Some(found.moran_i), None)?;
        self.write("moran_i", "p", Some(found.p_value), None)
    }

    fn rates(&mut self) -> Result<()> {
        self.write("fault_rate", "cells", Some(self.at.fault_rate), None)?;
        let ber = Some(self.at.expected_ber_balanced_data);
        self.write("expected_ber_balanced_data", "cells", ber, self.at.expected_ber_interval)
    }

    fn counts(&mut self) -> Result<()> {
        let stats = &self.at.statistics;
        for (of, count) in ["0 to 1", "1 to 0", "both"].into_iter().zip(stats.directions) {
            self.write("direction", of, Some(count as f64), None)?;
        }
        for (tenth, count) in stats.flip_histogram.into_iter().enumerate() {
            let of = format!("flip probability from {:.1}", tenth as f64 / 10.0);
            self.write("faulty_cells", of, Some(count as f64), None)?;
        }
        for bit in &stats.row_bits {
            let share = bit.agreeing as f64 / bit.pairs.max(1) as f64;
            self.write("pairs_of_a_column_that_agree", format!("row bit {}", bit.bit), Some(share), None)?;
        }
        Ok(())
    }

    fn spreads(&mut self) -> Result<()> {
        let stats = &self.at.statistics;
        for spread in &stats.spreads {
            let unit = unit_name(spread.unit);
            self.write("units_hit", &*unit, Some(spread.units_hit as f64), None)?;
            self.write("dispersion", &*unit, spread.dispersion, None)?;
            self.write("share_of_worst_1_percent", &*unit, spread.top_1_percent, None)?;
            self.write("share_of_worst_10_percent", unit, spread.top_10_percent, None)?;
        }
        for words in &stats.words {
            for (faults, (found, expected)) in words.found.into_iter().zip(words.independent).enumerate() {
                let more = if faults == 3 { "+" } else { "" };
                let of = format!("words of {} bits with {faults}{more} faults", words.bits);
                self.write("words", &*of, Some(found as f64), None)?;
                self.write("words_if_independent", of, Some(expected), None)?;
            }
        }
        Ok(())
    }
}
