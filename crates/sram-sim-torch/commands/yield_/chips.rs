//! The chips of a yield, one after the other: hundreds of them need not be in memory at a time.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::ops::RangeInclusive;
use std::rc::Rc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use cli_io::Files;
use sram_model::{Geometry, Profile, QuantifiedVoltage, Rates, Synthesiser, Voltage, VoltageUnit};
use sram_sim_cli::UsageError;
use sram_sim_cli::arguments::YieldArguments;
use sram_sim_cli::chip::{self, Chip, ChipNames, ModelFile};
use sram_sim_cli::commands::yield_;
use sram_sim_cli::voltages;

use crate::campaign;

/// At most this many are named.
const SHOWN: usize = 8;

/// The most chips that a network is asked on.
const MAX_CHIPS: u64 = 100_000;

/// Chips of a model, or chips by name.
pub(super) enum Chips {
    OfModel { file: Box<ModelFile>, geometry: Geometry, seeds: RangeInclusive<u64>, celsius: Option<f64> },
    Named { chips: Vec<Chip>, unit: VoltageUnit },
}

impl Chips {
    /// Those asked for, and the voltages to look at, highest first.
    pub(super) fn of(arguments: &YieldArguments, files: &Files) -> Result<(Self, Vec<QuantifiedVoltage>)> {
        if arguments.of_network.chip.is_empty() {
            return Self::of_model(arguments, files);
        }
        let chips = chip::several(ChipNames::split(&arguments.of_network.chip)?, files)?;
        check_apart(&chips)?;
        let first = chips.first().context("--chip names no chip")?.outline()?.profile;
        let voltages = match &arguments.voltage {
            Some(list) => list.of(&first)?,
            None => first.info().voltages().collect(),
        };
        let reads = &arguments.of_network.reads;
        let is_told = arguments.voltage.is_some();
        check_all(&chips, &first, is_told, |chip| {
            campaign::check_answers(chip, &voltages, reads.between)?;
            chip::warn_if_extrapolated(chip, &voltages);
            Ok(())
        })?;
        campaign::check_vmin(&chips, reads.vmin)?;
        let unit = first.info().unit;
        Ok((Self::Named { chips, unit }, voltages))
    }

    fn of_model(arguments: &YieldArguments, files: &Files) -> Result<(Self, Vec<QuantifiedVoltage>)> {
        let name = arguments.model.as_ref().context("--model is missing: chips of what")?;
        let mut file = Box::new(ModelFile::open(name, files)?);
        let asked = yield_::voltages(&file.model, arguments.voltage.as_ref())?;
        let geometry = arguments.geometry.map_or_else(|| file.model.geometry(), Ok)?;
        // Chips answer at the voltages that are asked for, whatever the model's range is.
        let mut answered = asked.clone();
        // That none of their cells fails at Vmin is only known of chips that answer there.
        let vmin = arguments.of_network.reads.vmin;
        answered.extend(vmin.map(|typed| voltages::for_model(&file.model, typed)));
        answered.sort_unstable_by_key(|at| Reverse(at.voltage));
        answered.dedup();
        file.model.set_voltages(answered)?;
        if u64::from(arguments.chips) > MAX_CHIPS {
            let text =
                format!("--chips {}: expected at most {MAX_CHIPS} chips of a network", arguments.chips);
            return Err(UsageError(text).into());
        }
        let seeds = chip::seeds(arguments.seed, arguments.chips)?;
        let outline = file.outline(geometry, &file.model.name, arguments.temperature)?;
        if let Some(typed) = vmin {
            chip::vmin(&outline, Some(typed))?;
            let first =
                file.chip(&Synthesiser::new(&file.model), geometry, *seeds.start(), arguments.temperature)?;
            let name = first.name.clone();
            chip::vmin(&Profile::from_bytes(first.encode()?, &name)?, Some(typed))?;
        }
        Ok((Self::OfModel { file, geometry, seeds, celsius: arguments.temperature }, asked))
    }

    pub(super) fn count(&self) -> u64 {
        match self {
            Self::OfModel { seeds, .. } => seeds.end() - seeds.start() + 1,
            Self::Named { chips, .. } => chips.len() as u64,
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
            Self::OfModel { file, celsius, .. } => file.model.measured_range(*celsius).map(voltages::numbers),
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
            Self::Named { chips, .. } => match &chips[..] {
                [one] => one.typed().to_string(),
                few if few.len() <= SHOWN => {
                    let names: Vec<String> = few.iter().map(|chip| chip.typed().to_string()).collect();
                    format!("{}: {}", names.len(), names.join(", "))
                }
                [first, second, .., last] => {
                    let [first, second, last] = [first, second, last].map(Chip::typed);
                    format!("{}: {first}, {second}, …, {last}", chips.len())
                }
                [..] => "none".to_owned(),
            },
        }
    }

    /// Calls `see` with the name of each and with the chip. Tells how long it took to generate them.
    pub(super) fn each(&self, see: &mut dyn FnMut(String, Rc<Profile>) -> Result<()>) -> Result<Duration> {
        let mut generating = Duration::ZERO;
        match self {
            Self::OfModel { file, geometry, seeds, celsius } => {
                let synthesiser = Synthesiser::new(&file.model);
                for seed in seeds.clone() {
                    let began = Instant::now();
                    let draft = file.chip(&synthesiser, *geometry, seed, *celsius)?;
                    let name = draft.name.clone();
                    let profile = Profile::from_bytes(draft.encode()?, &name)?;
                    generating += began.elapsed();
                    see(name, Rc::new(profile))?;
                }
            }
            Self::Named { chips, .. } => {
                chips.iter().try_for_each(|chip| see(chip.typed().unmarked(), chip.profile()?))?;
            }
        }
        Ok(generating)
    }
}

/// Refuses chips of other units than the first, or of other voltages unless some were told, and calls `check` with each; chips of one
/// model are alike.
fn check_all(
    chips: &[Chip],
    first: &Rc<Profile>,
    is_told: bool,
    check: impl Fn(&Profile) -> Result<()>,
) -> Result<()> {
    check(first)?;
    let mut last = Rc::clone(first);
    for chip in &chips[1..] {
        let profile = chip.outline()?.profile;
        if Rc::ptr_eq(&profile, &last) {
            continue;
        }
        let ([known, info], [one, other]) =
            ([first.info(), profile.info()], [&chips[0], chip].map(Chip::typed));
        if info.unit != known.unit {
            bail!("{other} has voltages in {}, {one} in {}: one at a time", info.unit, known.unit);
        }
        if !is_told && !info.voltages().eq(known.voltages()) {
            bail!(
                "{one} and {other} were profiled at different voltages: say which to look at, by --voltage"
            );
        }
        check(&profile)?;
        last = profile;
    }
    Ok(())
}

/// Refuses a chip that is named twice: the interval is that of chips that have nothing to do with each other.
fn check_apart(chips: &[Chip]) -> Result<(), UsageError> {
    let mut known = HashMap::new();
    for chip in chips {
        if let Some(first) = known.insert(chip.identity(), chip.typed()) {
            let typed = chip.typed();
            let of = if first == typed { String::new() } else { format!(", as {first} and {typed}") };
            return Err(UsageError(format!(
                "--chip: {first} is named twice{of}, and would count as two chips"
            )));
        }
    }
    Ok(())
}
