//! `sram-sim yield`: how low a voltage the chips of a model bear.

mod print;
mod shmoo;

use anyhow::{Result, ensure};
use cli_io::{Files, Talk};
use serde::Serialize;
use sram_model::{Model, PopulationChip, PopulationOptions, Proportion, Spares, Voltage, population};

use crate::arguments::{Format, YieldArguments};
use crate::chart;
use crate::chip::{self, ModelFile};
use crate::output::{MADE_BY, MadeBy, write_json};
use crate::progress;
use crate::voltages::VoltageList;

/// Steps of the model's range where no voltages are asked for.
const STEPS: u32 = 24;

#[derive(Serialize)]
struct Report {
    made_by: MadeBy,
    model: String,
    unit: String,
    geometry: [u64; 3],
    seed: u64,
    max_ber: f64,
    spares: Spares,
    /// In °C.
    temperature: f64,
    /// What the model knows, in words.
    #[serde(skip)]
    knows: String,
    /// What the model knows; beyond, it extrapolates.
    known: Option<(Voltage, Voltage)>,
    voltages: Vec<AtVoltage>,
    chips: Vec<PopulationChip>,
}

/// The yield at one voltage.
#[derive(Serialize)]
struct AtVoltage {
    voltage: Voltage,
    extrapolated: bool,
    /// Chips that bear this and all higher voltages.
    chips: Proportion,
    /// Banks that do, each by its own bit error rate.
    banks: Proportion,
    /// Of the chips' bit error rates.
    median_ber: f64,
}

pub(crate) fn run(arguments: &YieldArguments, files: &Files, out: &mut Talk) -> Result<()> {
    let plot = arguments.plot.as_ref().map(|path| files.output(path)).transpose()?;
    let model = ModelFile::open(&arguments.model, files)?.model;
    let voltages = voltages(&model, arguments.voltage.as_ref())?;
    let geometry = arguments.geometry.map_or_else(|| model.geometry(), Ok)?;
    let options = PopulationOptions {
        chips: arguments.chips,
        seed: arguments.seed,
        geometry,
        max_ber: arguments.max_ber.get(),
        voltages: voltages.clone(),
        celsius: arguments.temperature,
        spares: Spares { rows: arguments.spare_rows, columns: arguments.spare_columns },
    };
    let bar = progress::bar(arguments.chips.into(), "drawing chips");
    let chips = population(&model, &options, &|| bar.inc(1))?;
    bar.finish_and_clear();
    let at = |(index, &voltage): (usize, &Voltage)| at_voltage(&model, &options, &chips, index, voltage);
    let report = Report {
        made_by: MADE_BY,
        model: model.name.clone(),
        unit: model.unit.to_string(),
        geometry: geometry.into(),
        seed: options.seed,
        max_ber: options.max_ber,
        spares: options.spares,
        temperature: options.celsius.unwrap_or(model.temperature.reference),
        knows: chip::known(&model, options.celsius),
        known: model.measured_range(options.celsius),
        voltages: voltages.iter().enumerate().map(at).collect(),
        chips,
    };
    if let Some(output) = &plot {
        chart::write(&shmoo::Shmoo(&report), output)?;
    }
    match arguments.format {
        Format::Json => write_json(out, &report),
        Format::Csv => print::write_csv(&report, &mut out.data()),
        Format::Text => print::write_text(&report, plot.as_ref(), out),
    }
}

/// Those asked for, or the model's range in equal steps.
fn voltages(model: &Model, asked: Option<&VoltageList>) -> Result<Vec<Voltage>> {
    let own = model.voltages();
    let found = match (asked, own.last(), own.first()) {
        (Some(list), ..) => list.among(&own, &model.name, model.unit)?,
        (None, Some(low), Some(high)) if low < high => {
            let span = high.micro() - low.micro();
            let step = |k: u32| (u64::from(span) * u64::from(k) / u64::from(STEPS)) as u32;
            let mut all: Vec<Voltage> =
                (0..=STEPS).filter_map(|k| Voltage::from_micro(high.micro() - step(k))).collect();
            all.dedup();
            all
        }
        _ => own,
    };
    ensure!(!found.is_empty(), "no voltage to look at");
    Ok(found)
}

fn at_voltage(
    model: &Model,
    options: &PopulationOptions,
    chips: &[PopulationChip],
    index: usize,
    voltage: Voltage,
) -> AtVoltage {
    let borne = |lowest: Option<Voltage>| lowest.is_some_and(|lowest| lowest <= voltage);
    let mut bers: Vec<f64> = chips.iter().map(|chip| chip.ber[index]).collect();
    bers.sort_by(f64::total_cmp);
    let banks = chips.iter().flat_map(|chip| &chip.lowest_of_banks);
    AtVoltage {
        voltage,
        extrapolated: model.predict(voltage, options.celsius).extrapolated,
        chips: Proportion {
            count: chips.iter().filter(|chip| borne(chip.lowest)).count() as u64,
            trials: chips.len() as u64,
        },
        banks: Proportion {
            count: banks.clone().filter(|lowest| borne(**lowest)).count() as u64,
            trials: banks.count() as u64,
        },
        median_ber: f64::midpoint(bers[(bers.len() - 1) / 2], bers[bers.len() / 2]),
    }
}
