//! `sram-sim validate`: the twin test.

use std::io::Write;

use anyhow::{Result, bail};
use cli_io::{Data, Files, Talk, shown};
use serde::Serialize;
use sram_model::{TwinTest, twin_test};

use crate::arguments::{Format, ValidateArguments};
use crate::chip::{self, ModelFile};
use crate::output::{MADE_BY, MadeBy, percent, significant, write_csv_row, write_json, write_table};
use crate::progress;

#[derive(Serialize)]
struct Report<'a> {
    made_by: MadeBy,
    profile: &'a str,
    model: &'a str,
    independent: bool,
    /// Voltages of the profile that the model does not know: there its chips are extrapolated.
    extrapolated: Vec<String>,
    #[serde(skip)]
    knows: String,
    passes: bool,
    chips: u32,
    seed: u64,
    #[serde(flatten)]
    test: &'a TwinTest,
}

pub(crate) fn run(arguments: &ValidateArguments, files: &Files, out: &mut Talk) -> Result<()> {
    let profile = chip::open(&arguments.profile, files)?;
    let mut model = ModelFile::open(&arguments.model, files)?.model;
    if model.unit != profile.info().unit {
        bail!(
            "the model's voltages are in {}, those of {} in {}: expected the same unit",
            model.unit,
            profile.info().name,
            profile.info().unit
        );
    }
    if arguments.independent {
        model = model.independent();
    }
    let extrapolated: Vec<String> = profile
        .info()
        .voltages
        .iter()
        .filter(|&&voltage| model.predict(voltage, None).extrapolated)
        .map(ToString::to_string)
        .collect();
    let bar = progress::bar(arguments.chips.into(), "drawing twins");
    let test = twin_test(&profile, &model, arguments.chips, arguments.seed, &|| bar.inc(1))?;
    bar.finish_and_clear();
    let report = Report {
        made_by: MADE_BY,
        profile: &profile.info().name,
        model: &model.name,
        independent: arguments.independent,
        extrapolated,
        knows: chip::known(&model, None),
        passes: test.passes(),
        chips: arguments.chips,
        seed: arguments.seed,
        test: &test,
    };
    match arguments.format {
        Format::Json => write_json(out, &report)?,
        Format::Csv => write_csv(&test, &mut out.data())?,
        Format::Text => write_text(&report, out)?,
    }
    out.flush()?;
    if !test.passes() {
        bail!(
            "{} is no chip of the model: {} of {} statistics lie outside, and of the model's own chips {} % have as many",
            profile.info().name,
            test.outside,
            test.statistics.len(),
            percent(test.twins_as_far)
        );
    }
    Ok(())
}

fn cells(test: &TwinTest) -> Vec<Vec<String>> {
    let row = |s: &sram_model::TwinStatistic| {
        let number = |x: f64| significant(x, 4);
        let verdict = if s.passes { "pass" } else { "FAIL" };
        vec![
            s.name.clone(),
            number(s.real),
            number(s.median),
            number(s.low),
            number(s.high),
            verdict.to_owned(),
        ]
    };
    test.statistics.iter().map(row).collect()
}

fn write_csv(test: &TwinTest, out: &mut Data<'_>) -> Result<()> {
    write_csv_row(out, &["statistic", "real", "median", "low", "high", "verdict"].map(str::to_owned))?;
    Ok(cells(test).iter().try_for_each(|row| write_csv_row(out, row))?)
}

fn write_text(report: &Report, out: &mut impl Write) -> Result<()> {
    let (test, independent) = (report.test, if report.independent { ", independent cells" } else { "" });
    writeln!(
        out,
        "chip {} against {} virtual chips of model {}{independent}, seed {}",
        shown(report.profile),
        report.chips,
        shown(report.model),
        report.seed
    )?;
    write_table(out, &["statistic", "real", "median", "2.5 %", "97.5 %", "verdict"], &cells(test))?;
    writeln!(
        out,
        "faults: cells that fail in half of the reads or more, at the voltage with the most; BER: p/2; flip probabilities of \
         all\nfaulty cells; pass: the real chip lies between the 2.5 % and 97.5 % quantiles of the virtual ones"
    )?;
    if !report.extrapolated.is_empty() {
        writeln!(out, "extrapolated at {}: {}", report.extrapolated.join(", "), report.knows)?;
    }
    let verdict = if test.passes() { "pass" } else { "FAIL" };
    writeln!(
        out,
        "{verdict}: {} of {} outside; {} % of the virtual chips have as many or more outside (below 5 % is a fail)",
        test.outside,
        test.statistics.len(),
        percent(test.twins_as_far)
    )?;
    Ok(())
}
