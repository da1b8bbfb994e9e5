//! Prints the yield of a population.

use std::io::{self, Write};

use anyhow::Result;
use cli_io::{Data, Output, shown};
use sram_model::{Proportion, Rates, Voltage};

use super::Report;
use crate::output::{percent, write_csv_row, write_table};

/// Populations of at most this many chips are shown chip by chip.
const SHOWN_CHIPS: usize = 40;

pub(super) fn write_text(report: &Report, plot: Option<&Output>, out: &mut impl Write) -> Result<()> {
    write_asked(report, out)?;
    writeln!(out)?;
    write_voltages(report, out)?;
    writeln!(out)?;
    write_quantiles(report, out)?;
    if report.chips.len() <= SHOWN_CHIPS {
        write_shmoo(report, out)?;
    }
    if let Some(output) = plot {
        writeln!(
            out,
            "\nwrote {output}: chips by voltages, blue where tolerated, the darker the more errors; lines: what the model knows"
        )?;
    }
    Ok(())
}

/// Which chips these are, and what they are to tolerate.
fn write_asked(report: &Report, out: &mut impl Write) -> io::Result<()> {
    let [banks, rows, columns] = report.geometry;
    writeln!(
        out,
        "{} chips of model {}, {banks}x{rows}x{columns}, seed {}, {} °C",
        report.chips.len(),
        shown(&report.model),
        report.seed,
        report.temperature
    )?;
    write_whether_they_differ(report.chips_differ, report.rates, out)?;
    let most = percent(report.max_expected_ber_balanced_data);
    write!(out, "tolerated: an expected BER of at most {most} % at this and all higher voltages")?;
    match report.spares {
        spares if spares.rows == 0 && spares.columns == 0 => writeln!(out, "; no spare lines"),
        spares => {
            writeln!(out, "; spares of each bank: {} for columns, {} for rows", spares.columns, spares.rows)
        }
    }
}

/// A line for each voltage: how many chips and banks tolerate it.
fn write_voltages(report: &Report, out: &mut impl Write) -> io::Result<()> {
    let share = |found: Proportion| found.share().map_or_else(|| "-".to_owned(), percent);
    let cells: Vec<Vec<String>> = report
        .voltages
        .iter()
        .map(|at| {
            let (low, high) = at.tolerating_chips_interval;
            vec![
                format!("{}{}", at.voltage, if at.extrapolated { "*" } else { "" }),
                share(at.tolerating_chips),
                format!("{} to {}", percent(low), percent(high)),
                share(at.tolerating_banks),
                percent(at.median_fault_rate),
                percent(at.median_expected_ber_balanced_data),
            ]
        })
        .collect();
    let header = [
        report.unit.as_str(),
        "chips that tolerate it %",
        "95 % interval",
        "banks that tolerate it %",
        "median p %",
        "median BER %",
    ];
    write_table(out, &header, &cells)?;
    writeln!(
        out,
        "p: fault rate, mean over cells of both flip probabilities added; BER: expected, p/2 for balanced data"
    )?;
    if report.voltages.iter().any(|at| at.extrapolated) {
        writeln!(out, "*: extrapolated; {}", report.knows)?;
    }
    Ok(())
}

/// Says if the model's chips hardly differ: then the yield is a step.
pub fn write_whether_they_differ(chips_differ: bool, rates: Rates, out: &mut impl Write) -> io::Result<()> {
    let why = match rates {
        _ if chips_differ => return Ok(()),
        Rates::Chip => {
            "rates = \"chip\" holds each to the curve; with rates = \"population\", as `fit` writes it, they differ by what\n\
             their banks and columns have in common"
        }
        Rates::Population => {
            "banks, columns and rows have nothing in common in it, so a chip is like the next"
        }
    };
    writeln!(
        out,
        "the chips of this model differ only by the chance of their cells, and their yield is a step, or nearly:\n{why}"
    )
}

/// Quantiles of the lowest voltage that is tolerated; those that tolerate none come last.
fn write_quantiles(report: &Report, out: &mut impl Write) -> Result<()> {
    let lowest = report.voltages.last().map(|at| at.voltage);
    let row = |what: &str, mut voltages: Vec<Option<Voltage>>| {
        voltages.sort_by_key(|voltage| voltage.map_or(u32::MAX, Voltage::micro));
        let quantile = |share: f64| {
            match voltages[(share * (voltages.len() - 1) as f64).round() as usize] {
                // Lower ones were not looked at.
                Some(voltage) if Some(voltage) == lowest => format!("<= {voltage}"),
                Some(voltage) => voltage.to_string(),
                None => "none".to_owned(),
            }
        };
        [what.to_owned()].into_iter().chain([0.0, 0.05, 0.25, 0.5, 0.75, 0.95, 1.0].map(quantile)).collect()
    };
    let of_chips = report.chips.iter().map(|chip| chip.lowest_tolerated).collect();
    let of_banks = report.chips.iter().flat_map(|chip| chip.lowest_tolerated_of_banks.clone()).collect();
    let rows: Vec<Vec<String>> = vec![row("chips", of_chips), row("banks", of_banks)];
    let lowest = format!("lowest tolerated, {}", report.unit);
    let header = [lowest.as_str(), "best", "5 %", "25 %", "median", "75 %", "95 %", "worst"];
    Ok(write_table(out, &header, &rows)?)
}

/// A line a chip, a mark a voltage.
fn write_shmoo(report: &Report, out: &mut impl Write) -> Result<()> {
    let (first, last) = (report.voltages.first(), report.voltages.last());
    let (Some(first), Some(last)) = (first, last) else { return Ok(()) };
    writeln!(out, "\nseed  {} to {} {}: # tolerated, . not", first.voltage, last.voltage, report.unit)?;
    for chip in &report.chips {
        let mark = |at: &super::AtVoltage| {
            if chip.lowest_tolerated.is_some_and(|lowest| lowest <= at.voltage) { '#' } else { '.' }
        };
        writeln!(out, "{:>4}  {}", chip.seed, report.voltages.iter().map(mark).collect::<String>())?;
    }
    Ok(())
}

/// The Shmoo table: a line for each chip and voltage.
pub(super) fn write_csv(report: &Report, out: &mut Data<'_>) -> Result<()> {
    let header = [
        "model",
        "seed",
        "voltage",
        "unit",
        "extrapolated",
        "fault_rate",
        "expected_ber_balanced_data",
        "tolerated",
        "chips_differ",
        "temperature",
        "max_expected_ber_balanced_data",
        "spare_rows",
        "spare_columns",
    ];
    write_csv_row(out, &header.map(str::to_owned))?;
    for chip in &report.chips {
        for (at, ber) in report.voltages.iter().zip(&chip.expected_ber_balanced_data) {
            let tolerated = chip.lowest_tolerated.is_some_and(|lowest| lowest <= at.voltage);
            let cells = [
                report.model.clone(),
                chip.seed.to_string(),
                at.voltage.to_string(),
                report.unit.clone(),
                at.extrapolated.to_string(),
                (2.0 * ber).to_string(),
                ber.to_string(),
                tolerated.to_string(),
                report.chips_differ.to_string(),
                report.temperature.to_string(),
                report.max_expected_ber_balanced_data.to_string(),
                report.spares.rows.to_string(),
                report.spares.columns.to_string(),
            ];
            write_csv_row(out, &cells)?;
        }
    }
    Ok(())
}
