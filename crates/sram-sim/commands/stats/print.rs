//! Prints the statistics of `sram-sim stats`.

use std::io::Write;

use anyhow::Result;
use cli_io::shown;
use sram_model::{Dispersion, Neighbour, Proportion, Unit};

use super::{AtVoltage, CONFIDENCE, Report};
use crate::output::{grouped, or_dash, p_value as p_value_text, percent, significant, write_table};

fn shares(interval: (f64, f64)) -> String {
    format!("{} to {}", percent(interval.0), percent(interval.1))
}

/// A share in percent and its interval.
fn measured(proportion: Proportion) -> [String; 2] {
    match proportion.share() {
        Some(share) => [percent(share), shares(proportion.interval(CONFIDENCE))],
        None => ["-".to_owned(), "-".to_owned()],
    }
}

pub(super) fn unit_name(unit: Unit) -> String {
    match unit {
        Unit::Bank => "banks".to_owned(),
        Unit::Row => "rows".to_owned(),
        Unit::Column => "columns".to_owned(),
        Unit::PhysicalColumn { mux } => format!("physical columns ({mux} a column)"),
    }
}

pub(super) fn neighbour_name(neighbour: Neighbour) -> &'static str {
    match neighbour {
        Neighbour::Above => "above",
        Neighbour::TwoAbove => "two above",
        Neighbour::Below => "below",
        Neighbour::Left => "left",
        Neighbour::Right => "right",
    }
}

/// What counts as faulty, where that is not every cell that ever flips.
pub(super) fn write_threshold(flip_from: f64, out: &mut impl Write) -> Result<()> {
    if flip_from > 0.0 {
        writeln!(out, "only cells with a flip probability of {flip_from} or more are counted")?;
    }
    Ok(())
}

/// What is counted of power-up states.
pub(super) const POWER_UP: &str =
    "power-up states: faulty cells are here those that come up as 1 in most reads";

pub(super) fn write_one(report: &Report, at: &AtVoltage, out: &mut impl Write) -> Result<()> {
    write_head(report, at, out)?;
    write_rates(at, report.power_up, out)?;
    writeln!(out)?;
    write_spreads(at, out)?;
    writeln!(out)?;
    write_neighbours(at, out)?;
    writeln!(out)?;
    write_words(at, out)?;
    write_structure(at, out)
}

/// Which cells answer.
fn write_head(report: &Report, at: &AtVoltage, out: &mut impl Write) -> Result<()> {
    writeln!(
        out,
        "chip {} at {} {}: {} cells",
        shown(&report.chip),
        at.voltage,
        report.unit,
        grouped(report.cells)
    )?;
    write_threshold(report.flip_from, out)?;
    if report.power_up {
        writeln!(out, "{POWER_UP}")?;
    }
    if at.map_voltage != at.voltage {
        writeln!(out, "the measured map of {} {} answers, see --between", at.map_voltage, report.unit)?;
    }
    if at.extrapolated {
        report.legend.iter().try_for_each(|line| writeln!(out, "{}", line.trim_start_matches("*: ")))?;
    }
    Ok(())
}

/// How many of them fail, how often, and in which direction.
fn write_rates(at: &AtVoltage, power_up: bool, out: &mut impl Write) -> Result<()> {
    let stats = &at.statistics;
    let mut line = |label: &str, text: String| writeln!(out, "{}", format!("  {label:<20}{text}").trim_end());
    let [share, interval] = measured(stats.faulty);
    line(
        "faulty cells",
        format!("{}, {share} % of all; 95 % interval {interval} %", grouped(stats.faulty.count)),
    )?;
    if power_up {
        return Ok(());
    }
    let rates = stats.rates;
    line(
        "fault rate p",
        format!("{} %: 0 to 1 {} %, 1 to 0 {} %", percent(rates.p()), percent(rates.p01), percent(rates.p10)),
    )?;
    line("expected BER", format!("{} %, which is p/2, for balanced data", percent(rates.expected_ber())))?;
    if stats.faulty.count > 0 {
        let of_faulty = |count: u64| percent(count as f64 / stats.faulty.count as f64) + " %";
        let [ones, zeros, both] = stats.directions.map(of_faulty);
        line(
            "directions",
            format!("{ones} of the faulty cells only 0 to 1, {zeros} only 1 to 0, {both} both"),
        )?;
        let [low, high] = [stats.flip_histogram[0], stats.flip_histogram[9]].map(of_faulty);
        line("flip probability", format!("{high} of the faulty cells 0.9 or more, {low} less than 0.1"))?;
    }
    Ok(())
}

/// How they spread over banks, rows and columns.
fn write_spreads(at: &AtVoltage, out: &mut impl Write) -> Result<()> {
    let rows: Vec<Vec<String>> = at.statistics.spreads.iter().map(spread_cells).collect();
    write_table(
        out,
        &["faulty cells by", "units", "hit", "var/mean", "worst 1 % has %", "worst 10 % has %"],
        &rows,
    )?;
    Ok(writeln!(out, "var/mean: variance of the counts by their mean, 1 for independent cells")?)
}

fn spread_cells(spread: &Dispersion) -> Vec<String> {
    let share = |share: Option<f64>| share.map_or_else(|| "-".to_owned(), percent);
    vec![
        unit_name(spread.unit),
        spread.units.to_string(),
        spread.units_hit.to_string(),
        or_dash(spread.dispersion, 4),
        share(spread.top_1_percent),
        share(spread.top_10_percent),
    ]
}

/// How often a cell fails beside one that does.
fn write_neighbours(at: &AtVoltage, out: &mut impl Write) -> Result<()> {
    let rows: Vec<Vec<String>> = at
        .statistics
        .neighbours
        .iter()
        .map(|found| {
            let [share, interval] = measured(found.faulty);
            vec![neighbour_name(found.neighbour).to_owned(), found.faulty.trials.to_string(), share, interval]
        })
        .collect();
    write_table(out, &["faulty neighbour", "cells", "P(fault) %", "95 % interval"], &rows)?;
    let [share, _] = measured(at.statistics.faulty);
    Ok(writeln!(
        out,
        "cells that have this neighbour faulty, and how many of them are; of all cells {share} %"
    )?)
}

/// How many faults words have.
fn write_words(at: &AtVoltage, out: &mut impl Write) -> Result<()> {
    let rows: Vec<Vec<String>> = at
        .statistics
        .words
        .iter()
        .map(|words| {
            let pairs = words.found.iter().zip(words.independent);
            let cells =
                pairs.skip(1).flat_map(|(found, expected)| [found.to_string(), significant(expected, 4)]);
            [format!("{} bits", words.bits)].into_iter().chain(cells).collect()
        })
        .collect();
    let header = ["words of", "1 fault", "indep.", "2 faults", "indep.", "3 or more", "indep."];
    write_table(out, &header, &rows)?;
    Ok(writeln!(out, "indep.: expected of as many faults at independent cells")?)
}

/// Which bits of the row the faults of a column agree in.
fn write_structure(at: &AtVoltage, out: &mut impl Write) -> Result<()> {
    let halves = at.statistics.halves;
    for (what, counts, p_value) in [
        ("faults in the lower and upper half of the rows", halves.rows, halves.rows_p_value),
        ("columns with faults in the left and right half", halves.columns, halves.columns_p_value),
    ] {
        let [first, second] = counts;
        if first + second > 0 {
            let p_value = p_value_text(p_value);
            writeln!(out, "{what}: {first} and {second}; p-value {p_value} if they fail alike")?;
        }
    }
    if halves.is_doubled() {
        let [equal, all] = halves.equal_halves;
        writeln!(
            out,
            "in {equal} of {all} rows with faults both halves of the columns fail alike, as if each cell were given twice"
        )?;
    }
    if let Some(found) = at.autocorrelation {
        writeln!(
            out,
            "banks side by side on the floorplan: Moran's I {} of {} pairs; p-value {} in random order",
            significant(found.moran_i, 3),
            found.pairs,
            p_value_text(found.p_value)
        )?;
    }
    let bits = &at.statistics.row_bits;
    let found = bits.iter().filter(|bit| bit.selects(bits.len()));
    for bit in found {
        let mux_bits = at.statistics.spreads.iter().find_map(|spread| match spread.unit {
            Unit::PhysicalColumn { mux } => Some(mux.trailing_zeros()),
            _ => None,
        });
        let role = if mux_bits.is_some_and(|bits| bit.bit < bits) {
            "it selects between physical columns"
        } else if bit.bit + 1 == bits.len() as u32 {
            "the halves of a column fail apart"
        } else {
            "rows that differ in it fail apart"
        };
        writeln!(
            out,
            "row bit {}: of {} pairs of faults in one column {} % agree in it, as if {role}",
            bit.bit,
            grouped(bit.pairs),
            percent(bit.agreeing as f64 / bit.pairs as f64)
        )?;
    }
    Ok(())
}

pub(super) fn write_many(report: &Report, out: &mut impl Write) -> Result<()> {
    writeln!(out, "chip {}: {} cells", shown(&report.chip), grouped(report.cells))?;
    write_threshold(report.flip_from, out)?;
    if report.power_up {
        writeln!(out, "{POWER_UP}")?;
    }
    let rows: Vec<Vec<String>> = report.voltages.iter().map(row).collect();
    let header = [
        report.unit.as_str(),
        "faulty cells",
        "of all %",
        "95 % interval",
        "p %",
        "BER %",
        "pers. %",
        "var/mean",
        "top 1 %",
        "two above %",
        "kept %",
    ];
    write_table(out, &header, &rows)?;
    let faulty = if report.power_up { "come up as 1 in most reads" } else { "ever flip" };
    writeln!(
        out,
        "faulty: cells that {faulty}, with the 95 % interval of their share; p: fault rate, mean over cells of both flip\n\
         probabilities added; BER: expected, p/2 for balanced data; pers.: share of the faulty cells with a flip probability of\n\
         0.9 or more; var/mean: of faulty cells by bank; top 1 %: share of them in the worst hundredth of the physical columns;\n\
         two above: P(fault | fault two rows above); kept: share of the faulty cells of the line before that are faulty here, too"
    )?;
    report.legend.iter().try_for_each(|line| writeln!(out, "{line}"))?;
    match report.critical_voltages {
        Some(fit) => writeln!(
            out,
            "critical voltages: normal with mean {} and deviation {} {unit}, fitted; worst residual {} standard errors of independent cells",
            significant(fit.mean, 4),
            significant(fit.deviation, 3),
            significant(fit.worst_residual, 3),
            unit = report.unit
        )?,
        None => writeln!(
            out,
            "critical voltages: no fit, as it takes two voltages with faults, and more at the lower one"
        )?,
    }
    Ok(())
}

fn row(at: &AtVoltage) -> Vec<String> {
    let stats = &at.statistics;
    let [share, interval] = measured(stats.faulty);
    let [persistent, _] = measured(stats.persistent);
    let two_above = stats.neighbours.iter().find(|found| found.neighbour == Neighbour::TwoAbove);
    let share_of = |proportion: Option<Proportion>| {
        proportion.and_then(Proportion::share).map_or_else(|| "-".to_owned(), percent)
    };
    vec![
        at.answered.label(),
        stats.faulty.count.to_string(),
        share,
        interval,
        percent(at.fault_rate),
        percent(at.expected_ber_balanced_data),
        persistent,
        or_dash(stats.spreads[0].dispersion, 4),
        stats.spreads[3].top_1_percent.map_or_else(|| "-".to_owned(), percent),
        share_of(two_above.map(|found| found.faulty)),
        share_of(at.inclusion.map(|inclusion| inclusion.kept)),
    ]
}
