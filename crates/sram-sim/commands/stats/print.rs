//! Prints the statistics of `sram-sim stats`.

use std::io::Write;

use anyhow::Result;
use cli_io::{Data, shown};
use sram_model::{Neighbour, Proportion, Spread, Unit};

use super::{AtVoltage, CONFIDENCE, Report};
use crate::answered::Answered;
use crate::output::{
    grouped, or_dash, p_value as p_value_text, percent, significant, write_csv_row, write_table,
};

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

fn unit_name(unit: Unit) -> String {
    match unit {
        Unit::Bank => "banks".to_owned(),
        Unit::Row => "rows".to_owned(),
        Unit::Column => "columns".to_owned(),
        Unit::PhysicalColumn { mux } => format!("physical columns ({mux} a column)"),
    }
}

fn neighbour_name(neighbour: Neighbour) -> &'static str {
    match neighbour {
        Neighbour::Above => "above",
        Neighbour::TwoAbove => "two above",
        Neighbour::Below => "below",
        Neighbour::Left => "left",
        Neighbour::Right => "right",
    }
}

/// What counts as faulty, where that is not every cell that ever flips.
fn write_threshold(report: &Report, out: &mut impl Write) -> Result<()> {
    if report.flip_from > 0.0 {
        writeln!(out, "only cells with a flip probability of {} or more are counted", report.flip_from)?;
    }
    Ok(())
}

pub(super) fn write_one(report: &Report, at: &AtVoltage, out: &mut impl Write) -> Result<()> {
    let stats = &at.statistics;
    writeln!(
        out,
        "chip {} at {} {}: {} cells",
        shown(&report.chip),
        at.voltage,
        report.unit,
        grouped(report.cells)
    )?;
    write_threshold(report, out)?;
    if at.map_voltage != at.voltage {
        writeln!(out, "the measured map of {} {} answers, see --between", at.map_voltage, report.unit)?;
    }
    if at.extrapolated {
        report.legend.iter().try_for_each(|line| writeln!(out, "{}", line.trim_start_matches("*: ")))?;
    }
    let mut line = |label: &str, text: String| writeln!(out, "{}", format!("  {label:<20}{text}").trim_end());
    let [share, interval] = measured(stats.faulty);
    line(
        "faulty cells",
        format!("{}, {share} % of all; 95 % interval {interval} %", grouped(stats.faulty.count)),
    )?;
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

    writeln!(out)?;
    let rows: Vec<Vec<String>> = stats.spreads.iter().map(spread_cells).collect();
    write_table(
        out,
        &["faulty cells by", "units", "hit", "var/mean", "worst 1 % has %", "worst 10 % has %"],
        &rows,
    )?;
    writeln!(out, "var/mean: variance of the counts by their mean, 1 for independent cells")?;

    writeln!(out)?;
    let rows: Vec<Vec<String>> = stats
        .neighbours
        .iter()
        .map(|found| {
            let [share, interval] = measured(found.faulty);
            vec![neighbour_name(found.neighbour).to_owned(), found.faulty.trials.to_string(), share, interval]
        })
        .collect();
    write_table(out, &["faulty neighbour", "cells", "P(fault) %", "95 % interval"], &rows)?;
    writeln!(out, "cells that have this neighbour faulty, and how many of them are; of all cells {share} %")?;

    writeln!(out)?;
    let rows: Vec<Vec<String>> = stats
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
    writeln!(out, "indep.: expected of as many faults at independent cells")?;
    write_structure(at, out)
}

fn spread_cells(spread: &Spread) -> Vec<String> {
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
    write_threshold(report, out)?;
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
    writeln!(
        out,
        "faulty: cells that ever flip, with the 95 % interval of their share; p: fault rate, mean over cells of both flip\n\
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
        None => writeln!(out, "critical voltages: too few points with faults for a fit")?,
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

/// One line a statistic: what, of what, its value, and the interval where it has one.
pub(super) fn write_csv(report: &Report, out: &mut Data<'_>) -> Result<()> {
    let header = ["statistic", "of", "value", "low", "high"];
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
