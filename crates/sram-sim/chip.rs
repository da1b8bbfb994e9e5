//! Chips by name or path, and models.

mod list;
mod name;
mod several;

use std::ffi::OsStr;
use std::ops::RangeInclusive;
use std::path::Path;

use anyhow::{Context, Result, anyhow};
use cli_io::{Files, InputPath, shown, shown_os, warn};
use nn_bridge::Foreign;
use sram_model::{
    Geometry, Model, Profile, ProfileDraft, ProfileError, QuantifiedVoltage, STORED, Synthesiser,
    VirtualChip, Voltage,
};

use crate::{UsageError, voltages};

pub use self::list::ChipNames;
use self::name::Model as Source;
pub use self::name::{ChipName, ModelName};
pub use self::several::{Chip, ChipIdentity, Outline, several};
use self::several::{Found, Models};

/// The largest text of a model that is read: 4 MiB. Ten thousand points of a curve are a megabyte.
const MAX_MODEL_BYTES: u64 = 4 << 20;

/// Opens the stored chip of this name, the profile at this path, or makes the chip `model.toml#SEED` (or `A#SEED`).
pub fn open(chip: &ChipName, files: &Files) -> Result<Profile> {
    match Models::default().find(chip, files)?.1 {
        Found::Open(profile) => Ok(*profile),
        Found::Closed(closed) => closed.open(),
    }
}

/// Vmin as the profile knows it, or as it was typed, in the profile's unit, for one that does not.
pub fn vmin(profile: &Profile, typed: Option<Voltage>) -> Result<Option<QuantifiedVoltage>> {
    let vmin = profile.vmin_or(typed.map(|typed| voltages::for_chip(profile, typed)));
    vmin.with_context(|| typed.map_or_else(String::new, |typed| format!("--vmin {typed}")))
}

/// The seeds of `count` chips, `first` being the first.
pub fn seeds(first: u64, count: u32) -> Result<RangeInclusive<u64>, UsageError> {
    seeds_of("chips", first, count)
}

/// The same of other things.
pub fn seeds_of(what: &str, first: u64, count: u32) -> Result<RangeInclusive<u64>, UsageError> {
    sram_model::seeds(first, count).map_err(|_| {
        UsageError(format!(
            "--seed {first}: {count} {what} from it on need seeds above {}, the last",
            u64::MAX
        ))
    })
}

/// What is no profile is named by its first bytes.
fn no_profile(typed: &InputPath, path: &Path, error: ProfileError) -> anyhow::Error {
    let kind = match Foreign::of_file(path) {
        None | Some(Foreign::Profile) => return error.into(),
        Some(kind) => kind,
    };
    let next = match kind {
        Foreign::Text => {
            "a table of faults becomes one by `sram-sim import csv`, and the name of a model of chips ends in .toml"
        }
        _ => "expected one, which `sram-sim import` and `synth` make",
    };
    anyhow!("{typed} is no profile, but {}: {next}", kind.kind())
}

fn parse_seed(seed: &OsStr, chip: &ChipName) -> Result<u64> {
    seed.to_str().and_then(|text| text.parse().ok()).ok_or_else(|| {
        let seed = shown_os(seed);
        anyhow!("`{chip}`: found seed `{seed}`, expected a whole number after the #, as in model.toml#7")
    })
}

fn unknown(chip: &ChipName) -> anyhow::Error {
    if let Some(path) = chip.seeded_file() {
        return anyhow!("`{chip}`: a seed goes with a model (.toml), and {path} is none");
    }
    if let Some(path) = chip.missing_file() {
        return anyhow!(
            "there is no file `{path}`: expected a profile (.sfp), which `sram-sim import` and `synth` make, or a model"
        );
    }
    let names: Vec<&str> = STORED.iter().map(|stored| stored.name).collect();
    anyhow!(
        "unknown chip `{chip}`: expected a stored chip ({}), the path of a profile (.sfp), which `sram-sim import` and \
         `synth` make, or MODEL.toml#SEED, a chip of a model that `fit` makes",
        names.join(", ")
    )
}

/// Says on standard error if the chip extrapolates at a voltage.
pub fn warn_if_extrapolated(profile: &Profile, voltages: &[QuantifiedVoltage]) {
    let info = profile.info();
    if let Some(at) = voltages.iter().find(|at| info.extrapolates(**at)) {
        warn(&format!("warning: {} is extrapolated at {at}: {}", shown(&info.name), knows(profile)));
    }
}

/// What a chip's model knows, in words, where it answers beyond that.
pub fn knows(profile: &Profile) -> String {
    match profile.info().measured() {
        Some((low, _)) if low.voltage == Voltage::MAX => "its model has no curve, only a law".to_owned(),
        Some((low, high)) => format!("its model knows {} to {high}", low.voltage),
        None => "its model knows all voltages that it answers for".to_owned(),
    }
}

/// A model and its file.
#[derive(Debug)]
pub struct ModelFile {
    pub model: Model,
    text: String,
}

impl ModelFile {
    /// The model at a path, or that of a stored chip by its name.
    pub fn open(name: &ModelName, files: &Files) -> Result<Self> {
        Self::of(&name.meaning()?, files)
    }

    fn of(source: &Source, files: &Files) -> Result<Self> {
        let (text, name) = match source {
            Source::Stored(stored) => (stored.recipe.to_owned(), stored.name.to_owned()),
            Source::File(path) => {
                let bytes = files.read(path, MAX_MODEL_BYTES).context("cannot read the model")?;
                let text = String::from_utf8(bytes).map_err(|_| {
                    anyhow!("{path} is no model: expected a text file (TOML) that `fit` makes")
                })?;
                (text, path.to_string())
            }
        };
        let model = Model::parse(&text).context(name)?;
        Ok(Self { model, text })
    }

    /// The chip of this size and seed, of a synthesiser of the model.
    pub fn chip(
        &self,
        synthesiser: &Synthesiser,
        geometry: Geometry,
        seed: u64,
        celsius: Option<f64>,
    ) -> Result<ProfileDraft> {
        let mut draft = synthesiser.chip(geometry, seed, celsius)?.into_draft(&self.text);
        draft.name = self.name_of(seed, celsius);
        draft.provenance.source = format!("virtual chip of a model, {}", self.model.source);
        Ok(draft)
    }

    /// What all chips of this size have in common, as a profile without cells that is called so.
    pub fn outline(&self, geometry: Geometry, name: &str, celsius: Option<f64>) -> Result<Profile> {
        let mut draft = VirtualChip::without_cells(&self.model, geometry, celsius).into_draft(&self.text);
        name.clone_into(&mut draft.name);
        Ok(Profile::from_bytes(draft.encode()?, name)?)
    }

    /// The name of the chip of a seed.
    fn name_of(&self, seed: u64, celsius: Option<f64>) -> String {
        let at = celsius.map_or_else(String::new, |celsius| format!(" at {celsius} °C"));
        format!("{}#{seed}{at}", self.model.name)
    }

    /// What the model knows, in words.
    pub fn known(&self, celsius: Option<f64>) -> String {
        known(&self.model, celsius)
    }
}

/// The voltages that a model knows of, in words.
pub fn known(model: &Model, celsius: Option<f64>) -> String {
    match model.measured_range(celsius) {
        Some((low, high)) => format!("the model knows {} to {high}", low.voltage),
        None => "the model has no curve and knows no voltage".to_owned(),
    }
}
