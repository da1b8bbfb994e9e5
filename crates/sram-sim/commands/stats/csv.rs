//! The statistics of `sram-sim stats` as CSV.

use anyhow::Result;
use cli_io::Data;
use sram_model::Proportion;

use super::print::{neighbour_name, unit_name};
use super::{CONFIDENCE, Report};
use crate::answered::Answered;
use crate::output::write_csv_row;

/// One line a statistic: what, of what, its value, and the interval where it has one.
pub(super) fn write_csv(report: &Report, out: &mut Data<'_>) -> Result<()> {
    let header = ["flip_from", "statistic", "of", "value", "low", "high"];
    let header = ["chip"].into_iter().chain(Answered::COLUMNS).chain(header).map(str::to_owned);
    write_csv_row(out, &header.collect::<Vec<_>>())?;
    for at in &report.voltages {
        let mut write = |statistic: &str, of: String, value: Option<f64>, interval: Option<(f64, f64)>| {
            let Some(value) = value else { return Ok(()) };
            let bound = |bound: Option<f64>| bound.map_or_else(String::new, |bound| bound.to_string());
            let [voltage, map_voltage, unit, extrapolated] = at.answered.cells(&report.unit);
            let cells = [
                report.chip.clone(),
                voltage,
                map_voltage,
                unit,
                extrapolated,
                report.flip_from.to_string(),
                statistic.to_owned(),
                of,
                value.to_string(),
                bound(interval.map(|interval| interval.0)),
                bound(interval.map(|interval| interval.1)),
            ];
            write_csv_row(out, &cells)
        };
        let stats = &at.statistics;
        let mut share = |statistic: &str, of: String, found: Proportion| {
            write(statistic, of, found.share(), found.share().map(|_| found.interval(CONFIDENCE)))
        };
        share("faulty_share", "cells".into(), stats.faulty)?;
        share("persistent_share", "faulty cells".into(), stats.persistent)?;
        for found in &stats.neighbours {
            share("fault_given_faulty_neighbour", neighbour_name(found.neighbour).into(), found.faulty)?;
        }
        if let Some(inclusion) = at.inclusion {
            share("kept_of_the_voltage_before", "faulty cells".into(), inclusion.kept)?;
        }
        let halves = at.statistics.halves;
        for (statistic, counts, p_value) in [
            ("halves_of_rows", halves.rows, halves.rows_p_value),
            ("halves_of_columns", halves.columns, halves.columns_p_value),
        ] {
            write(statistic, "first".into(), Some(counts[0] as f64), None)?;
            write(statistic, "second".into(), Some(counts[1] as f64), None)?;
            write(statistic, "p".into(), Some(p_value), None)?;
        }
        if let Some(found) = at.autocorrelation {
            write("moran_i", "banks on the floorplan".into(), Some(found.moran_i), None)?;
            write("moran_i", "p".into(), Some(found.p_value), None)?;
        }
        write("fault_rate", "cells".into(), Some(at.fault_rate), None)?;
        let ber = Some(at.expected_ber_balanced_data);
        write("expected_ber_balanced_data", "cells".into(), ber, at.expected_ber_interval)?;
        for (of, count) in ["0 to 1", "1 to 0", "both"].into_iter().zip(stats.directions) {
            write("direction", of.into(), Some(count as f64), None)?;
        }
        for (tenth, count) in stats.flip_histogram.into_iter().enumerate() {
            let of = format!("flip probability from {:.1}", tenth as f64 / 10.0);
            write("faulty_cells", of, Some(count as f64), None)?;
        }
        for bit in &stats.row_bits {
            let share = bit.agreeing as f64 / bit.pairs.max(1) as f64;
            write("pairs_of_a_column_that_agree", format!("row bit {}", bit.bit), Some(share), None)?;
        }
        for spread in &stats.spreads {
            let unit = unit_name(spread.unit);
            write("units_hit", unit.clone(), Some(spread.units_hit as f64), None)?;
            write("dispersion", unit.clone(), spread.dispersion, None)?;
            write("share_of_worst_1_percent", unit.clone(), spread.top_1_percent, None)?;
            write("share_of_worst_10_percent", unit, spread.top_10_percent, None)?;
        }
        for words in &stats.words {
            for (faults, (found, expected)) in words.found.into_iter().zip(words.independent).enumerate() {
                let of = format!(
                    "words of {} bits with {faults}{} faults",
                    words.bits,
                    if faults == 3 { "+" } else { "" }
                );
                write("words", of.clone(), Some(found as f64), None)?;
                write("words_if_independent", of, Some(expected), None)?;
            }
        }
    }
    Ok(())
}
