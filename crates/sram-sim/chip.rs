//! Chips by name or path, and models.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow, bail};
use sram_model::{Geometry, Model, Profile, ProfileDraft, STORED, StoredProfile, Synthesiser, Voltage};

/// Opens the stored chip of this name, the profile at this path, or draws the chip `model.toml#SEED` (or `A#SEED`).
pub(crate) fn open(chip: &str) -> Result<Profile> {
    if let Some(stored) = StoredProfile::find(chip) {
        return Ok(stored.open()?);
    }
    let (path, seed) = split(chip);
    let is_stored = path.to_str().is_some_and(|name| StoredProfile::find(name).is_some());
    if (is_toml(path) && path.exists()) || (is_stored && seed.is_some()) {
        let file = ModelFile::open(path)?;
        let seed = match seed {
            Some(text) => text.parse().map_err(|_| {
                let path = path.display();
                anyhow!("`{chip}`: found seed `{text}`, expected a whole number after the #, as in {path}#7")
            })?,
            None => file.model.seed,
        };
        let geometry = file.model.geometry()?;
        return Ok(Profile::from_bytes(file.draw(geometry, seed, None)?.encode()?, chip)?);
    }
    if path.exists() {
        return match seed {
            None => Ok(Profile::open(path)?),
            Some(_) => bail!("`{chip}`: a seed goes with a model (.toml), and {} is none", path.display()),
        };
    }
    let names: Vec<&str> = STORED.iter().map(|stored| stored.name).collect();
    bail!(
        "unknown chip `{chip}`: expected a stored chip ({}), the path of a profile (.sfp), which `sram-sim import` and \
         `synth` make, or MODEL.toml#SEED, a chip of a model that `fit` makes",
        names.join(", ")
    )
}

/// The file that a chip is read from, if it is.
pub(crate) fn file(chip: &str) -> Option<PathBuf> {
    Some(split(chip).0.to_owned()).filter(|path| path.is_file())
}

/// Says on standard error if the chip extrapolates at a voltage.
pub(crate) fn warn_if_extrapolated(profile: &Profile, voltages: &[Voltage]) {
    let info = profile.info();
    if let (Some((low, high)), Some(at)) = (info.measured, voltages.iter().find(|at| info.extrapolates(**at)))
    {
        let knows = if low == Voltage::MAX {
            "its model has no curve, only a law".to_owned()
        } else {
            format!("its model knows {low} to {high} {}", info.unit)
        };
        let text = format!("warning: {} is extrapolated at {at} {}: {knows}", info.name, info.unit);
        // Nothing is left to do if this cannot be said.
        let _ = writeln!(io::stderr(), "{text}");
    }
}

/// Path and seed of `model.toml#SEED`, unless there is a file of the whole name.
fn split(chip: &str) -> (&Path, Option<&str>) {
    match chip.rsplit_once('#') {
        Some((path, seed)) if !Path::new(chip).exists() => (Path::new(path), Some(seed)),
        _ => (Path::new(chip), None),
    }
}

fn is_toml(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("toml"))
}

/// A model and its file.
pub(crate) struct ModelFile {
    pub(crate) model: Model,
    text: String,
}

impl ModelFile {
    /// The model at a path, or that of a stored chip by its name.
    pub(crate) fn open(path: &Path) -> Result<Self> {
        let stored = path.to_str().and_then(StoredProfile::find);
        let text = match stored {
            Some(stored) => stored.recipe.to_owned(),
            None => {
                let bytes = std::fs::read(path)
                    .with_context(|| format!("cannot read the model {}", path.display()))?;
                String::from_utf8(bytes).map_err(|_| {
                    anyhow!("{} is no model: expected a text file (TOML) that `fit` makes", path.display())
                })?
            }
        };
        let model = Model::parse(&text).with_context(|| path.display().to_string())?;
        Ok(Self { model, text })
    }

    /// The chip of this size and seed.
    pub(crate) fn draw(&self, geometry: Geometry, seed: u64, celsius: Option<f64>) -> Result<ProfileDraft> {
        let chip = Synthesiser::new(&self.model).chip(geometry, seed, celsius)?;
        let mut draft = chip.into_draft(&self.text);
        let at = celsius.map_or_else(String::new, |celsius| format!(" at {celsius} °C"));
        draft.name = format!("{}#{seed}{at}", self.model.name);
        draft.provenance.source = format!("virtual chip of a model, {}", self.model.source);
        Ok(draft)
    }

    /// What the model knows, in words.
    pub(crate) fn known(&self, celsius: Option<f64>) -> String {
        known(&self.model, celsius)
    }
}

/// The voltages that a model knows of, in words.
pub(crate) fn known(model: &Model, celsius: Option<f64>) -> String {
    match model.measured_range(celsius) {
        Some((low, high)) => format!("the model knows {low} to {high} {}", model.unit),
        None => "the model has no curve and knows no voltage".to_owned(),
    }
}
