//! `sram-sim validate`: the twin test.

use std::io::Write;

use anyhow::{Result, bail};
use cli_io::{Data, Files, Talk, shown};
use serde::Serialize;
use sram_model::{TwinStatistic, TwinTest, Voltage, VoltageUnit, twin_test};

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
    extrapolated: Vec<Voltage>,
    /// Of all voltages.
    unit: VoltageUnit,
    #[serde(skip)]
    knows: String,
    passes: bool,
    chips: u32,
    seed: u64,
    #[serde(flatten)]
    test: &'a TwinTest,
}

pub(crate) fn run(arguments: &ValidateArguments, files: &Files, out: &mut Talk) -> Result<()> {
    chip::seeds(arguments.seed, arguments.chips)?;
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
    let mut extrapolated = Vec::new();
    for voltage in profile.info().voltages() {
        if model.predict(voltage, None)?.extrapolated {
            extrapolated.push(voltage.voltage);
        }
    }
    let bar = progress::bar(arguments.chips.into(), "generating twins");
    let test = twin_test(&profile, &model, arguments.chips, arguments.seed, &|| bar.inc(1))?;
    bar.finish_and_clear();
    let report = Report {
        made_by: MADE_BY,
        profile: &profile.info().name,
        model: &model.name,
        independent: arguments.independent,
        extrapolated,
        unit: model.unit,
        knows: chip::known(&model, None),
        passes: test.passes(),
        chips: arguments.chips,
        seed: arguments.seed,
        test: &test,
    };
    match arguments.format {
        Format::Json => write_json(out, &report)?,
        Format::Csv => write_csv(&report, &mut out.data())?,
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

impl Report<'_> {
    fn is_extrapolated(&self, statistic: &TwinStatistic) -> bool {
        statistic.voltage.is_some_and(|voltage| self.extrapolated.contains(&voltage))
    }
}

fn verdict(passes: bool) -> &'static str {
    if passes { "pass" } else { "FAIL" }
}

fn write_csv(report: &Report, out: &mut Data<'_>) -> Result<()> {
    let header = [
        "statistic",
        "value_unit",
        "voltage",
        "unit",
        "extrapolated",
        "real",
        "median",
        "low",
        "high",
        "verdict",
    ];
    write_csv_row(out, &header.map(str::to_owned))?;
    for s in &report.test.statistics {
        let cells = [
            s.name.to_owned(),
            s.value_unit.to_owned(),
            s.voltage.map_or_else(String::new, |voltage| voltage.to_string()),
            report.unit.to_string(),
            report.is_extrapolated(s).to_string(),
            s.real.to_string(),
            s.median.to_string(),
            s.low.to_string(),
            s.high.to_string(),
            verdict(s.passes).to_owned(),
        ];
        write_csv_row(out, &cells)?;
    }
    Ok(())
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
    let row = |s: &TwinStatistic| {
        let star = if report.is_extrapolated(s) { "*" } else { "" };
        let voltage = s.voltage.map_or_else(|| "all".to_owned(), |voltage| format!("{voltage}{star}"));
        let unit = if s.value_unit == "%" { ", %" } else { "" };
        let values = [s.real, s.median, s.low, s.high].map(|x| significant(x, 4));
        [format!("{}{unit}", s.name), voltage]
            .into_iter()
            .chain(values)
            .chain([verdict(s.passes).to_owned()])
            .collect()
    };
    let rows: Vec<Vec<String>> = test.statistics.iter().map(row).collect();
    let unit = report.unit.to_string();
    write_table(out, &["statistic", &unit, "real", "median", "2.5 %", "97.5 %", "verdict"], &rows)?;
    writeln!(
        out,
        "expected BER: p/2 for balanced data, p the mean over cells of both flip probabilities added; faults: cells that fail\n\
         in half of the reads or more, those with a flip probability all that ever flip; variance/mean: of their numbers, 1 for\n\
         independent cells; pass: the real chip lies between the 2.5 % and 97.5 % quantiles of the virtual ones"
    )?;
    if !report.extrapolated.is_empty() {
        writeln!(out, "*: extrapolated; {}", report.knows)?;
    }
    let verdict = verdict(test.passes());
    writeln!(
        out,
        "{verdict}: {} of {} outside; {} % of the virtual chips have as many or more outside (below 5 % is a fail)",
        test.outside,
        test.statistics.len(),
        percent(test.twins_as_far)
    )?;
    Ok(())
}
