//! `sram-sim predict`.

use std::io::Write;

use anyhow::Result;
use cli_io::{Files, Talk, shown};
use serde::Serialize;
use sram_model::{QuantifiedVoltage, Voltage, relative_energy};

use crate::arguments::{Format, PredictArguments};
use crate::chip::{self, ModelFile};
use crate::output::{MADE_BY, MadeBy, or_dash, percent, significant, write_csv_row, write_json, write_table};
use crate::{UsageError, progress, voltages};

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

/// What the model expects at a voltage. Rates and energies are fractions.
#[derive(Serialize)]
struct Row {
    voltage: Voltage,
    /// p: mean over cells of both flip probabilities added.
    fault_rate: f64,
    fault_rate_0to1: f64,
    fault_rate_1to0: f64,
    /// p/2: bit errors per bit, half of the bits ones.
    expected_ber_balanced_data: f64,
    /// In 10⁶ bytes of such data.
    expected_bit_errors_per_mb: f64,
    energy_relative_to_vmin: Option<f64>,
    extrapolated: bool,
}

pub(crate) fn run(arguments: &PredictArguments, files: &Files, out: &mut Talk) -> Result<()> {
    let model = match (&arguments.model, &arguments.profile) {
        (Some(model), None) => ModelFile::open(model, files)?.model,
        (None, Some(profile)) => progress::fit(&chip::open(profile, files)?)?,
        _ => return Err(UsageError("expected one of --model and --profile".into()).into()),
    };
    model.check_temperature(arguments.temperature)?;
    let asked = arguments.voltage.of_model(&model)?;
    let row = |voltage: QuantifiedVoltage| {
        let found = model.predict(voltage, arguments.temperature)?;
        Ok(Row {
            voltage: voltage.voltage,
            fault_rate: found.p(),
            fault_rate_0to1: found.p01,
            fault_rate_1to0: found.p10,
            expected_ber_balanced_data: found.expected_ber(),
            expected_bit_errors_per_mb: 8e6 * found.expected_ber(),
            energy_relative_to_vmin: model.vmin().map(|vmin| relative_energy(voltage, vmin)).transpose()?,
            extrapolated: found.extrapolated,
        })
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
        known: model.measured_range(arguments.temperature).map(voltages::numbers),
        rows: asked.into_iter().map(row).collect::<Result<_>>()?,
    };
    match arguments.format {
        Format::Json => write_json(out, &report),
        Format::Csv => {
            let mut out = out.data();
            write_csv_row(&mut out, &COLUMNS.map(str::to_owned))?;
            Ok(report.rows.iter().try_for_each(|row| write_csv_row(&mut out, &numbers(&report, row)))?)
        }
        Format::Text => write_text(&report, out),
    }
}

const COLUMNS: [&str; 11] = [
    "model",
    "voltage",
    "unit",
    "fault_rate",
    "fault_rate_0to1",
    "fault_rate_1to0",
    "expected_ber_balanced_data",
    "expected_bit_errors_per_mb",
    "energy_relative_to_vmin",
    "extrapolated",
    "temperature",
];

fn numbers(report: &Report, row: &Row) -> [String; 11] {
    [
        report.model.clone(),
        row.voltage.to_string(),
        report.unit.clone(),
        row.fault_rate.to_string(),
        row.fault_rate_0to1.to_string(),
        row.fault_rate_1to0.to_string(),
        row.expected_ber_balanced_data.to_string(),
        row.expected_bit_errors_per_mb.to_string(),
        row.energy_relative_to_vmin.map_or_else(String::new, |energy| energy.to_string()),
        row.extrapolated.to_string(),
        report.temperature.to_string(),
    ]
}

fn write_text(report: &Report, out: &mut impl Write) -> Result<()> {
    writeln!(out, "model {} at {} °C: means over its chips", shown(&report.model), report.temperature)?;
    let cells = |row: &Row| {
        vec![
            row.voltage.to_string(),
            percent(row.fault_rate),
            percent(row.fault_rate_0to1),
            percent(row.fault_rate_1to0),
            percent(row.expected_ber_balanced_data),
            significant(row.expected_bit_errors_per_mb, 4),
            or_dash(row.energy_relative_to_vmin, 4),
            if row.extrapolated { "extrapolated".to_owned() } else { "known".to_owned() },
        ]
    };
    let unit = report.unit.as_str();
    let header = [unit, "p %", "0to1 %", "1to0 %", "BER %", "errors/MB", "energy", "by the model"];
    write_table(out, &header, &report.rows.iter().map(cells).collect::<Vec<_>>())?;
    writeln!(
        out,
        "p: fault rate, mean over cells of both flip probabilities (0to1: a stored 0 reads as 1) added; BER: expected, p/2\nfor \
         balanced data; errors/MB: bit errors in 10^6 bytes of such data; energy: per access, (V/Vmin)^2"
    )?;
    if report.rows.iter().any(|row| row.extrapolated) {
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
