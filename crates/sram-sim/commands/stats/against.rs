//! Two chips side by side.

use std::io::Write;

use anyhow::{Result, bail};
use cli_io::{Talk, shown};
use serde::Serialize;
use sram_model::{EqualityMethod, EqualityTest, Profile, Voltage, correct_for_many, equality_tests};

use crate::arguments::{Format, StatsArguments};
use crate::output::{MADE_BY, MadeBy, probability, significant, write_csv_row, write_json, write_table};

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
}

#[derive(Serialize)]
struct AtVoltage {
    voltage: Voltage,
    tests: Vec<EqualityTest>,
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
        bail!(
            "--against: {} answers from {low} to {high} {}, none of the voltages asked for",
            b.name,
            b.unit
        );
    }
    let (mut sweep_a, mut sweep_b) = (first.sweep(), second.sweep());
    let least = arguments.flip_from.get() as f32;
    let mut compared = Vec::with_capacity(voltages.len());
    for voltage in voltages {
        let map_a = sweep_a.at(voltage, arguments.between.into())?.flipping_from(least);
        let map_b = sweep_b.at(voltage, arguments.between.into())?.flipping_from(least);
        compared.push(AtVoltage { voltage, tests: equality_tests(&map_a, &map_b) });
    }
    correct_for_many(compared.iter_mut().flat_map(|at| &mut at.tests));
    let report = Report {
        made_by: MADE_BY,
        first: &a.name,
        second: &b.name,
        unit: a.unit.to_string(),
        flip_from: arguments.flip_from.get(),
        voltages: compared,
    };
    match arguments.format {
        Format::Json => write_json(out, &report),
        Format::Csv => {
            let header = ["voltage", "what", "test", "first", "second", "p", "corrected"];
            let mut out = out.data();
            write_csv_row(&mut out, &header.map(str::to_owned))?;
            Ok(rows(&report, 12).iter().try_for_each(|row| write_csv_row(&mut out, &row[..7]))?)
        }
        Format::Text => write_text(&report, out),
    }
}

fn rows(report: &Report, digits: usize) -> Vec<Vec<String>> {
    let of_test = |at: &AtVoltage, test: &EqualityTest| {
        let method = match test.method {
            EqualityMethod::Shares => "Fisher",
            EqualityMethod::Ranks => "Mann-Whitney",
            EqualityMethod::Distributions => "Kolmogorov-Smirnov",
        };
        let number = |x: f64| {
            if x.abs() < 1e-4 && x != 0.0 { format!("{x:.1e}") } else { significant(x, digits.min(4)) }
        };
        let verdict = if test.corrected < DIFFERENT { "differ" } else { "" };
        vec![
            at.voltage.to_string(),
            test.what.to_owned(),
            method.to_owned(),
            number(test.first),
            number(test.second),
            probability(test.p_value),
            probability(test.corrected),
            verdict.to_owned(),
        ]
    };
    report.voltages.iter().flat_map(|at| at.tests.iter().map(move |test| of_test(at, test))).collect()
}

fn write_text(report: &Report, out: &mut impl Write) -> Result<()> {
    writeln!(out, "chip {} against chip {}", shown(report.first), shown(report.second))?;
    let header = ["V", "what", "test", report.first, report.second, "p", "corrected", ""];
    write_table(out, &header, &rows(report, 4))?;
    writeln!(
        out,
        "V in {}; values: shares, of arrays and columns on the mean, medians of flip probabilities; p: probability of such a\n\
         difference between equal chips; corrected: for the number of tests (Holm); Fisher takes cells as independent, and\n\
         where faults cluster finds what is only luck; Mann-Whitney takes arrays or columns as independent",
        report.unit
    )?;
    let tests = || report.voltages.iter().flat_map(|at| &at.tests);
    let different = tests().filter(|test| test.corrected < DIFFERENT).count();
    writeln!(out, "{different} of {} differ at {} %", tests().count(), DIFFERENT * 100.0)?;
    Ok(())
}
