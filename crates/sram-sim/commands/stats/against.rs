//! Two chips side by side.

use std::io::Write;

use anyhow::{Result, bail};
use cli_io::{Data, Talk, shown};
use serde::Serialize;
use sram_model::{
    EqualityTest, Profile, Proportion, QuantifiedVoltage, Voltage, correct_for_many, equality_tests,
    hamming_distance,
};

use super::counted;
use super::print::{POWER_UP, write_threshold};
use crate::answered::{self, Answered};
use crate::arguments::{Format, StatsArguments};
use crate::output::{
    MADE_BY, MadeBy, grouped, p_value, percent, significant, write_csv_row, write_json, write_table,
};
use crate::{chip, progress};

/// Corrected probabilities below this are called differences.
const DIFFERENT: f64 = 0.05;

#[derive(Serialize)]
struct Report<'a> {
    made_by: MadeBy,
    first: &'a str,
    second: &'a str,
    unit: String,
    flip_from: f64,
    voltages: Vec<AtVoltage>,
    /// What the marks of the table mean, for each chip.
    #[serde(skip)]
    legend: Vec<String>,
}

#[derive(Serialize)]
struct AtVoltage {
    voltage: Voltage,
    first_map_voltage: Voltage,
    second_map_voltage: Voltage,
    /// Whether either chip's answer is extrapolated.
    extrapolated: bool,
    #[serde(skip)]
    answered: [Answered; 2],
    tests: Vec<EqualityTest>,
    /// Of power-up states: cells whose likely state is another on the other chip.
    distance: Option<Proportion>,
}

/// Compares the chips at the voltages asked for, as far as both answer there.
pub(super) fn run(
    first: &Profile,
    second: &Profile,
    arguments: &StatsArguments,
    out: &mut Talk,
) -> Result<()> {
    let (a, b) = (first.info(), second.info());
    if a.unit != b.unit {
        bail!("--against: the voltages of {} are in {}, those of {} in {}", a.name, a.unit, b.name, b.unit);
    }
    let (low, high) = second.range();
    let mut voltages = arguments.voltages().of(first)?;
    voltages.retain(|voltage| (low..=high).contains(voltage));
    if voltages.is_empty() {
        bail!("--against: {} answers from {} to {high}, none of the voltages asked for", b.name, low.voltage);
    }
    let compared = compare(first, second, &voltages, arguments)?;
    let report = Report {
        made_by: MADE_BY,
        first: &a.name,
        second: &b.name,
        unit: a.unit.to_string(),
        flip_from: arguments.flip_from.get(),
        legend: legend([first, second], &compared),
        voltages: compared,
    };
    match arguments.format {
        Format::Json => write_json(out, &report),
        Format::Csv => write_csv(&report, &mut out.data()),
        Format::Text => write_text(&report, out),
    }
}

fn compare(
    first: &Profile,
    second: &Profile,
    voltages: &[QuantifiedVoltage],
    arguments: &StatsArguments,
) -> Result<Vec<AtVoltage>> {
    let (mut sweep_a, mut sweep_b) = (first.sweep(), second.sweep());
    let mut compared: Vec<AtVoltage> = Vec::with_capacity(voltages.len());
    for chip in [first, second] {
        chip::warn_if_extrapolated(chip, voltages);
    }
    let bar = progress::bar(voltages.len() as u64, "comparing at voltages");
    for &voltage in voltages {
        let (map_a, one) = counted(&sweep_a.at(voltage, arguments.between.into())?, arguments);
        let (map_b, other) = counted(&sweep_b.at(voltage, arguments.between.into())?, arguments);
        if one != other {
            bail!("--against: one of the chips is of power-up states, the other of faults");
        }
        let maps = [(first, map_a.voltage()), (second, map_b.voltage())];
        let answered = maps.map(|(chip, map)| Answered::new(chip, voltage, map));
        let [first_map_voltage, second_map_voltage] = answered.map(|answered| answered.map_voltage);
        compared.push(AtVoltage {
            voltage: voltage.voltage,
            first_map_voltage,
            second_map_voltage,
            extrapolated: answered.iter().any(|answered| answered.extrapolated),
            answered,
            tests: equality_tests(&map_a, &map_b),
            distance: hamming_distance(&map_a, &map_b).filter(|_| one),
        });
        bar.inc(1);
    }
    bar.finish_and_clear();
    correct_for_many(compared.iter_mut().flat_map(|at| &mut at.tests));
    Ok(compared)
}

/// What the marks mean, each chip's under its name.
fn legend(chips: [&Profile; 2], compared: &[AtVoltage]) -> Vec<String> {
    let of = |(k, chip): (usize, &Profile)| {
        let lines = answered::legend(chip, compared.iter().map(move |at| at.answered[k]));
        lines.into_iter().map(|line| format!("{}: {line}", shown(&chip.info().name))).collect::<Vec<_>>()
    };
    chips.into_iter().enumerate().flat_map(of).collect()
}

fn write_csv(report: &Report, out: &mut Data<'_>) -> Result<()> {
    let header = [
        "first",
        "second",
        "voltage",
        "unit",
        "first_map_voltage",
        "second_map_voltage",
        "extrapolated",
        "flip_from",
        "what",
        "test",
        "first_value",
        "second_value",
        "p_value",
        "p_value_corrected",
    ];
    write_csv_row(out, &header.map(str::to_owned))?;
    for at in &report.voltages {
        for test in &at.tests {
            let cells = [
                report.first.to_owned(),
                report.second.to_owned(),
                at.voltage.to_string(),
                report.unit.clone(),
                at.first_map_voltage.to_string(),
                at.second_map_voltage.to_string(),
                at.extrapolated.to_string(),
                report.flip_from.to_string(),
                test.what.to_owned(),
                test.method.name().to_owned(),
                test.first.to_string(),
                test.second.to_string(),
                test.p_value.to_string(),
                test.corrected.to_string(),
            ];
            write_csv_row(out, &cells)?;
        }
    }
    Ok(())
}

/// The voltage with the marks of both chips, once where they are alike.
fn label(at: &AtVoltage, report: &Report) -> String {
    let [first, second] = at.answered.map(Answered::label);
    if first == second { first } else { format!("{}: {first}; {}: {second}", report.first, report.second) }
}

fn rows(report: &Report) -> Vec<Vec<String>> {
    let of_test = |at: &AtVoltage, test: &EqualityTest| {
        let number = |x: f64| if x.abs() < 1e-4 && x != 0.0 { format!("{x:.1e}") } else { significant(x, 4) };
        let verdict = if test.corrected < DIFFERENT { "differ" } else { "" };
        vec![
            label(at, report),
            test.what.to_owned(),
            test.method.name().to_owned(),
            number(test.first),
            number(test.second),
            p_value(test.p_value),
            p_value(test.corrected),
            verdict.to_owned(),
        ]
    };
    report.voltages.iter().flat_map(|at| at.tests.iter().map(move |test| of_test(at, test))).collect()
}

fn write_text(report: &Report, out: &mut impl Write) -> Result<()> {
    writeln!(out, "chip {} against chip {}", shown(report.first), shown(report.second))?;
    write_threshold(report.flip_from, out)?;
    let unit = report.unit.as_str();
    let header = [unit, "what", "test", report.first, report.second, "p-value", "corrected", ""];
    write_table(out, &header, &rows(report))?;
    writeln!(
        out,
        "values: shares, of banks and columns on the mean, medians of flip probabilities; p-value: probability of such a\n\
         difference between equal chips; corrected: for the number of tests (Holm); Fisher exact and two-proportion z (its\n\
         approximation above 10,000 counts) take cells as independent, and where faults cluster find what is only luck;\n\
         Mann-Whitney takes banks or columns as independent"
    )?;
    report.legend.iter().try_for_each(|line| writeln!(out, "{line}"))?;
    write_distances(report, out)?;
    let tests = || report.voltages.iter().flat_map(|at| &at.tests);
    let different = tests().filter(|test| test.corrected < DIFFERENT).count();
    writeln!(out, "{different} of {} differ at {} %", tests().count(), DIFFERENT * 100.0)?;
    Ok(())
}

/// How far power-up states are apart.
fn write_distances(report: &Report, out: &mut impl Write) -> Result<()> {
    let distances = report.voltages.iter().filter_map(|at| Some((at.voltage, at.distance?)));
    for (number, (voltage, distance)) in distances.enumerate() {
        if number == 0 {
            writeln!(out, "{POWER_UP}")?;
        }
        writeln!(
            out,
            "at {voltage} {} {} of {} cells have another likely state, a fractional Hamming distance of {} %",
            report.unit,
            grouped(distance.count),
            grouped(distance.trials),
            percent(distance.share().unwrap_or(0.0))
        )?;
    }
    Ok(())
}
