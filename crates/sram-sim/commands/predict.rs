//! `sram-sim predict`.

use std::io::Write;

use anyhow::Result;
use cli_io::{Files, Talk, shown};
use serde::Serialize;
use sram_model::{Prediction, Voltage, fit, relative_energy};

use crate::UsageError;
use crate::arguments::{Format, PredictArguments};
use crate::chip::{self, ModelFile};
use crate::output::{MADE_BY, MadeBy, or_dash, percent, significant, write_csv_row, write_json, write_table};

#[derive(Serialize)]
struct Report {
    made_by: MadeBy,
    model: String,
    unit: String,
    /// In °C.
    temperature: f64,
    /// What the model knows, in words.
    #[serde(skip)]
    knows: String,
    /// What the fit assumed of the law.
    assumed: Option<String>,
    /// What the model knows; beyond, it extrapolates.
    known: Option<(Voltage, Voltage)>,
    rows: Vec<Row>,
}

#[derive(Serialize)]
struct Row {
    #[serde(flatten)]
    prediction: Prediction,
    fault_rate: f64,
    expected_ber_balanced_data: f64,
    energy_relative_to_vmin: Option<f64>,
}

pub(crate) fn run(arguments: &PredictArguments, files: &Files, out: &mut Talk) -> Result<()> {
    let model = match (&arguments.model, &arguments.profile) {
        (Some(model), None) => ModelFile::open(model, files)?.model,
        (None, Some(profile)) => fit(&chip::open(profile, files)?)?,
        _ => return Err(UsageError("expected one of --model and --profile".into()).into()),
    };
    let voltages = arguments.voltage.among(&model.voltages(), &model.name, model.unit)?;
    let row = |voltage: Voltage| {
        let prediction = model.predict(voltage, arguments.temperature);
        Row {
            prediction,
            fault_rate: prediction.p(),
            expected_ber_balanced_data: prediction.expected_ber(),
            energy_relative_to_vmin: model.vmin().map(|vmin| relative_energy(voltage, vmin)),
        }
    };
    let report = Report {
        made_by: MADE_BY,
        model: model.name.clone(),
        unit: model.unit.to_string(),
        temperature: arguments.temperature.unwrap_or(model.temperature.reference),
        knows: chip::known(&model, arguments.temperature),
        assumed: model
            .fit
            .iter()
            .flat_map(|fit| &fit.not_identified)
            .find(|note| note.starts_with("law:"))
            .cloned(),
        known: model.measured_range(arguments.temperature),
        rows: voltages.into_iter().map(row).collect(),
    };
    match arguments.format {
        Format::Json => write_json(out, &report),
        Format::Csv => {
            let header = ["voltage", "p", "p_0to1", "p_1to0", "ber", "energy", "extrapolated"];
            let mut out = out.data();
            write_csv_row(&mut out, &header.map(str::to_owned))?;
            Ok(report.rows.iter().try_for_each(|row| write_csv_row(&mut out, &numbers(row)))?)
        }
        Format::Text => write_text(&report, out),
    }
}

fn numbers(row: &Row) -> [String; 7] {
    let Prediction { voltage, p01, p10, extrapolated } = row.prediction;
    let energy = row.energy_relative_to_vmin.map_or_else(String::new, |energy| energy.to_string());
    let rates = [row.fault_rate, p01, p10, row.expected_ber_balanced_data].map(|rate| rate.to_string());
    let [p, p01, p10, ber] = rates;
    [voltage.to_string(), p, p01, p10, ber, energy, extrapolated.to_string()]
}

fn write_text(report: &Report, out: &mut impl Write) -> Result<()> {
    writeln!(out, "model {} at {} °C: means over its chips", shown(&report.model), report.temperature)?;
    let cells = |row: &Row| {
        vec![
            row.prediction.voltage.to_string(),
            percent(row.fault_rate),
            percent(row.prediction.p01),
            percent(row.prediction.p10),
            percent(row.expected_ber_balanced_data),
            significant(8e6 * row.expected_ber_balanced_data, 4),
            or_dash(row.energy_relative_to_vmin, 4),
            if row.prediction.extrapolated { "extrapolated".to_owned() } else { "known".to_owned() },
        ]
    };
    let header = ["V", "p %", "0to1 %", "1to0 %", "BER %", "errors/MB", "energy", "by the model"];
    write_table(out, &header, &report.rows.iter().map(cells).collect::<Vec<_>>())?;
    writeln!(
        out,
        "V in {}; p: mean over cells of both flip probabilities added; BER = p/2, for balanced data;\nerrors/MB in 10^6 bytes \
         of weights; energy per access relative to Vmin",
        report.unit
    )?;
    if report.rows.iter().any(|row| row.prediction.extrapolated) {
        writeln!(
            out,
            "extrapolated: {}; beyond, rates follow a normal law of critical\nvoltages that no measurement has tested",
            report.knows
        )?;
    }
    if let Some(assumed) = &report.assumed {
        writeln!(out, "{}", shown(assumed))?;
    }
    Ok(())
}
