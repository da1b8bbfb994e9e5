//! Chips by name or path, and models.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow, bail};
use sram_model::{Geometry, Model, Profile, ProfileDraft, STORED, StoredProfile, Synthesiser, Voltage};

/// Opens the stored chip of this name, the profile at this path, or draws the chip `model.toml#SEED`.
pub(crate) fn open(chip: &str) -> Result<Profile> {
    if let Some(stored) = StoredProfile::find(chip) {
        return Ok(stored.open()?);
    }
    let (path, seed) = split(chip);
    if path.exists() && (seed.is_some() || is_model(path)) {
        let model = ModelFile::open(path)?;
        let seed = match seed {
            Some(text) => text.parse().map_err(|_| {
                anyhow!(
                    "`{chip}`: found seed `{text}`, expected a whole number after the #, as in {}#7",
                    path.display()
                )
            })?,
            None => model.model.seed,
        };
        let geometry = model.model.geometry()?;
        return Ok(Profile::from_bytes(model.draw(geometry, seed, None).encode()?, chip)?);
    }
    if path.exists() {
        return Ok(Profile::open(path)?);
    }
    let names: Vec<&str> = STORED.iter().map(|stored| stored.name).collect();
    bail!(
        "unknown chip `{chip}`: expected a stored chip ({}), the path of a profile (.sfp), which `sram-sim import` and `synth` \
         make, or MODEL.toml#SEED, a chip of a model that `fit` makes",
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
        let text = format!(
            "warning: {at} {unit} is extrapolated: the model of {} knows {low} to {high} {unit}",
            info.name,
            unit = info.unit
        );
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

fn is_model(path: &Path) -> bool {
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
            None => std::fs::read_to_string(path)
                .with_context(|| format!("cannot read the model {}", path.display()))?,
        };
        let model = Model::parse(&text).with_context(|| path.display().to_string())?;
        Ok(Self { model, text })
    }

    /// The chip of this size and seed.
    pub(crate) fn draw(&self, geometry: Geometry, seed: u64, celsius: Option<f64>) -> ProfileDraft {
        let chip = Synthesiser::new(&self.model).chip(geometry, seed, celsius);
        ProfileDraft { name: format!("{}#{seed}", self.model.name), ..chip.into_draft(&self.text) }
    }
}
