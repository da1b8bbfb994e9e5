//! `sram-sim yield`: how low a voltage the chips of a model tolerate.

mod print;
pub mod shmoo;

use anyhow::{Context, Result, ensure};
use cli_io::{Files, Talk};
use serde::Serialize;
use sram_model::{
    Model, PopulationChip, PopulationOptions, Proportion, QuantifiedVoltage, Rates, Spares, Voltage,
    population,
};

pub use self::print::write_whether_they_differ;
use self::shmoo::{Shmoo, ShmooChip};
use crate::arguments::{Format, YieldArguments};
use crate::chart::{self, label};
use crate::chip::{self, ModelFile};
use crate::output::{MADE_BY, MadeBy, percent, write_json};
use crate::voltages::{self, VoltageList};
use crate::{UsageError, progress};

/// Steps of the model's range where no voltages are asked for.
const STEPS: u32 = 24;

#[derive(Serialize)]
struct Report {
    made_by: MadeBy,
    model: String,
    unit: String,
    geometry: [u64; 3],
    seed: u64,
    /// The highest expected bit error rate that is tolerated: p/2, for balanced data.
    max_expected_ber_balanced_data: f64,
    spares: Spares,
    /// In °C.
    temperature: f64,
    /// Whether chips differ by more than the chance of independent cells. Where they do not, the yield is a step.
    chips_differ: bool,
    /// Whether they are all held to the model's curve.
    rates: Rates,
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
    /// Chips that tolerate this and all higher voltages.
    tolerating_chips: Proportion,
    /// Clopper–Pearson, at 95 %, of their share.
    tolerating_chips_interval: (f64, f64),
    /// Banks that do, each by its own bit error rate.
    tolerating_banks: Proportion,
    /// Of the chips' fault rates p: mean over cells of both flip probabilities added.
    median_fault_rate: f64,
    /// Of the chips' expected bit error rates: p/2, for balanced data.
    median_expected_ber_balanced_data: f64,
}

pub(crate) fn run(arguments: &YieldArguments, files: &Files, out: &mut Talk) -> Result<()> {
    let plot = arguments.plot.as_ref().map(|path| files.output(path)).transpose()?;
    let name = arguments.model.as_ref().context("--model is missing: chips of what")?;
    let max_ber = arguments.max_ber.ok_or_else(|| {
        let text = "--max-ber is missing: how many bit errors are tolerated; or --network with --max-error: which test error";
        UsageError(text.to_owned())
    })?;
    chip::seeds(arguments.seed, arguments.chips)?;
    let model = ModelFile::open(name, files)?.model;
    let voltages = voltages(&model, arguments.voltage.as_ref())?;
    let geometry = arguments.geometry.map_or_else(|| model.geometry(), Ok)?;
    let options = PopulationOptions {
        chips: arguments.chips,
        seed: arguments.seed,
        geometry,
        max_ber: max_ber.get(),
        voltages,
        celsius: arguments.temperature,
        spares: Spares { rows: arguments.spare_rows, columns: arguments.spare_columns },
    };
    let bar = progress::bar(arguments.chips.into(), "generating chips");
    let chips = population(&model, &options, &|| bar.inc(1))?;
    bar.finish_and_clear();
    let lowest = Lowest::of(&chips);
    let at = |(index, &voltage): (usize, &QuantifiedVoltage)| {
        let mut bers: Vec<f64> = chips.iter().map(|chip| chip.expected_ber_balanced_data[index]).collect();
        let extrapolated = model.predict(voltage, options.celsius)?.extrapolated;
        Ok(at_voltage(voltage.voltage, extrapolated, &lowest, &mut bers))
    };
    let report = Report {
        made_by: MADE_BY,
        model: model.name.clone(),
        unit: model.unit.to_string(),
        geometry: geometry.into(),
        seed: options.seed,
        max_expected_ber_balanced_data: options.max_ber,
        spares: options.spares,
        temperature: options.celsius.unwrap_or(model.temperature.reference),
        chips_differ: model.chips_differ(),
        rates: model.rates,
        knows: chip::known(&model, options.celsius),
        known: model.measured_range(options.celsius).map(voltages::numbers),
        voltages: options.voltages.iter().enumerate().map(at).collect::<Result<_>>()?,
        chips,
    };
    if let Some(output) = &plot {
        chart::write(&report.shmoo(), output)?;
    }
    match arguments.format {
        Format::Json => write_json(out, &report),
        Format::Csv => print::write_csv(&report, &mut out.data()),
        Format::Text => print::write_text(&report, plot.as_ref(), out),
    }
}

impl Report {
    /// Each chip's bit error rates by the highest that is tolerated: darker by decades.
    fn shmoo(&self) -> Shmoo {
        let most = self.max_expected_ber_balanced_data;
        let chip = |chip: &PopulationChip| {
            let tolerated = |voltage| chip.lowest_tolerated.is_some_and(|lowest| lowest <= voltage);
            let depth = |(at, ber): (&AtVoltage, &f64)| {
                let decades = (ber / most).max(1e-12).log10();
                if tolerated(at.voltage) { (decades + 4.0) / 4.0 } else { decades / 3.0 }
            };
            let depths = self.voltages.iter().zip(&chip.expected_ber_balanced_data).map(depth).collect();
            ShmooChip { lowest: chip.lowest_tolerated, depths }
        };
        Shmoo {
            title: format!(
                "{} chips of {}: expected BER of at most {} %",
                self.chips.len(),
                label(&self.model),
                percent(most)
            ),
            unit: self.unit.clone(),
            voltages: self.voltages.iter().map(|at| at.voltage).collect(),
            chips: self.chips.iter().map(chip).collect(),
            known: self.known,
        }
    }
}

/// Those asked for, or the model's range in equal steps.
pub fn voltages(model: &Model, asked: Option<&VoltageList>) -> Result<Vec<QuantifiedVoltage>> {
    let own = model.voltages();
    let found = match (asked, own.last(), own.first()) {
        (Some(list), ..) => list.of_model(model)?,
        (None, Some(low), Some(high)) if low < high => {
            let (low, high) = (low.voltage.micro(), high.voltage.micro());
            let step = |k: u32| (u64::from(high - low) * u64::from(k) / u64::from(STEPS)) as u32;
            let mut all: Vec<QuantifiedVoltage> = (0..=STEPS)
                .filter_map(|k| Voltage::from_micro(high - step(k)))
                .map(|voltage| model.unit.of(voltage))
                .collect();
            all.dedup();
            all
        }
        _ => own,
    };
    ensure!(!found.is_empty(), "no voltage to look at");
    Ok(found)
}

/// The lowest voltages that chips and banks tolerate, ascending; of how many.
struct Lowest {
    chips: (Vec<Voltage>, u64),
    banks: (Vec<Voltage>, u64),
}

impl Lowest {
    fn of(chips: &[PopulationChip]) -> Self {
        let sorted = |lowest: &mut dyn Iterator<Item = Option<Voltage>>| {
            let mut all = 0;
            let mut found: Vec<Voltage> = lowest.inspect(|_| all += 1).flatten().collect();
            found.sort_unstable();
            (found, all)
        };
        Self {
            chips: sorted(&mut chips.iter().map(|chip| chip.lowest_tolerated)),
            banks: sorted(&mut chips.iter().flat_map(|chip| chip.lowest_tolerated_of_banks.iter().copied())),
        }
    }
}

/// The yield at a voltage, from the chips' bit error rates there.
fn at_voltage(voltage: Voltage, extrapolated: bool, lowest: &Lowest, bers: &mut [f64]) -> AtVoltage {
    bers.sort_by(f64::total_cmp);
    let share = |(lowest, trials): &(Vec<Voltage>, u64)| Proportion {
        count: lowest.partition_point(|&lowest| lowest <= voltage) as u64,
        trials: *trials,
    };
    let median = f64::midpoint(bers[(bers.len() - 1) / 2], bers[bers.len() / 2]);
    let tolerating_chips = share(&lowest.chips);
    AtVoltage {
        voltage,
        extrapolated,
        tolerating_chips,
        tolerating_chips_interval: tolerating_chips.interval(0.95),
        tolerating_banks: share(&lowest.banks),
        median_fault_rate: 2.0 * median,
        median_expected_ber_balanced_data: median,
    }
}
