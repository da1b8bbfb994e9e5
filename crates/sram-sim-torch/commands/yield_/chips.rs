//! The chips of a yield, one after the other: hundreds of them need not be in memory at a time.

use std::ops::RangeInclusive;

use anyhow::{Context, Result, bail};
use cli_io::Files;
use sram_model::{Geometry, Profile, Rates, Synthesiser, Voltage, VoltageUnit};
use sram_sim_cli::UsageError;
use sram_sim_cli::arguments::YieldArguments;
use sram_sim_cli::chip::{self, ChipName, ChipNames, ModelFile};
use sram_sim_cli::commands::yield_;

use crate::campaign;

/// At most this many are named.
const SHOWN: usize = 8;

/// The most chips that a network is asked on.
const MAX_CHIPS: u64 = 100_000;

/// Chips of a model, or chips by name.
pub(super) enum Chips {
    OfModel { file: Box<ModelFile>, geometry: Geometry, seeds: RangeInclusive<u64>, celsius: Option<f64> },
    Named { names: Vec<ChipName>, unit: VoltageUnit },
}

impl Chips {
    /// Those asked for, and the voltages to look at, highest first.
    pub(super) fn of(arguments: &YieldArguments, files: &Files) -> Result<(Self, Vec<Voltage>)> {
        if arguments.of_network.chip.is_empty() {
            return Self::of_model(arguments, files);
        }
        let names = ChipNames::split(&arguments.of_network.chip)?;
        let first = names.first().context("--chip names no chip")?;
        // The interval is that of chips that have nothing to do with each other.
        if let Some(twice) = (1..names.len()).find(|&at| names[..at].contains(&names[at])) {
            let name = &names[twice];
            return Err(
                UsageError(format!("--chip: {name} is named twice, and would count as two chips")).into()
            );
        }
        let profile = chip::open(first, files)?;
        let voltages = match &arguments.voltage {
            Some(list) => list.of(&profile)?,
            None => {
                check_alike(&profile, &names, files)?;
                profile.info().voltages.clone()
            }
        };
        campaign::check_answers(&profile, &voltages, arguments.of_network.reads.between)?;
        chip::warn_if_extrapolated(&profile, &voltages);
        let unit = profile.info().unit;
        Ok((Self::Named { names, unit }, voltages))
    }

    fn of_model(arguments: &YieldArguments, files: &Files) -> Result<(Self, Vec<Voltage>)> {
        let name = arguments.model.as_ref().context("--model is missing: chips of what")?;
        let mut file = Box::new(ModelFile::open(name, files)?);
        let voltages = yield_::voltages(&file.model, arguments.voltage.as_ref())?;
        let geometry = arguments.geometry.map_or_else(|| file.model.geometry(), Ok)?;
        // Chips answer at the voltages that are asked for, whatever the model's range is.
        file.model.voltages.clone_from(&voltages);
        file.model.check()?;
        if u64::from(arguments.chips) > MAX_CHIPS {
            let text =
                format!("--chips {}: expected at most {MAX_CHIPS} chips of a network", arguments.chips);
            return Err(UsageError(text).into());
        }
        let seeds = chip::seeds(arguments.seed, arguments.chips)?;
        Ok((Self::OfModel { file, geometry, seeds, celsius: arguments.temperature }, voltages))
    }

    pub(super) fn count(&self) -> u64 {
        match self {
            Self::OfModel { seeds, .. } => seeds.end() - seeds.start() + 1,
            Self::Named { names, .. } => names.len() as u64,
        }
    }

    pub(super) fn unit(&self) -> VoltageUnit {
        match self {
            Self::OfModel { file, .. } => file.model.unit,
            Self::Named { unit, .. } => *unit,
        }
    }

    /// Whether chips differ by more than the chance of independent cells, and whether they are held to the model's curve.
    pub(super) fn differ(&self) -> (bool, Rates) {
        match self {
            Self::OfModel { file, .. } => (file.model.chips_differ(), file.model.rates),
            Self::Named { .. } => (true, Rates::Chip),
        }
    }

    /// The voltages that the model knows.
    pub(super) fn known(&self) -> Option<(Voltage, Voltage)> {
        match self {
            Self::OfModel { file, celsius, .. } => file.model.measured_range(*celsius),
            Self::Named { .. } => None,
        }
    }

    /// Which chips these are.
    pub(super) fn words(&self) -> String {
        match self {
            Self::OfModel { file, geometry, seeds, celsius } => {
                let (count, first, last) = (self.count(), seeds.start(), seeds.end());
                let at = celsius.unwrap_or(file.model.temperature.reference);
                format!("{count} of model {}, {geometry}, seeds {first} to {last}, {at} °C", file.model.name)
            }
            Self::Named { names, .. } => match &names[..] {
                [one] => format!("{one}"),
                names if names.len() <= SHOWN => {
                    let names: Vec<String> = names.iter().map(ToString::to_string).collect();
                    format!("{}: {}", names.len(), names.join(", "))
                }
                [first, second, .., last] => format!("{}: {first}, {second}, …, {last}", names.len()),
                [..] => "none".to_owned(),
            },
        }
    }

    /// Calls `see` with the name of each and with the chip.
    pub(super) fn each(
        &self,
        files: &Files,
        see: &mut dyn FnMut(String, Profile) -> Result<()>,
    ) -> Result<()> {
        match self {
            Self::OfModel { file, geometry, seeds, celsius } => {
                let synthesiser = Synthesiser::new(&file.model);
                for seed in seeds.clone() {
                    let draft = file.chip(&synthesiser, *geometry, seed, *celsius)?;
                    let name = draft.name.clone();
                    let profile = Profile::from_bytes(draft.encode()?, &name)?;
                    see(name, profile)?;
                }
                Ok(())
            }
            Self::Named { names, unit } => names.iter().try_for_each(|name| {
                let profile = chip::open(name, files)?;
                let other = profile.info().unit;
                if other != *unit {
                    bail!("{name} has voltages in {other}, {} in {unit}: one at a time", names[0]);
                }
                see(name.unmarked(), profile)
            }),
        }
    }
}

/// Refuses chips of other voltages than the first.
fn check_alike(first: &Profile, names: &[ChipName], files: &Files) -> Result<()> {
    for name in &names[1..] {
        if chip::open(name, files)?.info().voltages != first.info().voltages {
            bail!(
                "{} and {name} were profiled at different voltages: say which to look at, by --voltage",
                names[0]
            );
        }
    }
    Ok(())
}
