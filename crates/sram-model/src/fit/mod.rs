//! Fits a model to a profile.
//!
//! Spatial parts count the cells that fail in most reads (flip probability ½ or more), whose critical voltage is at or
//! above the map's.
//!
//! 1. Rates: the curve is the chip's own; the law beyond it a weighted probit line ([`fit_probit`](crate::fit_probit)).
//! 2. Shared parts of banks and columns, by maximum likelihood from the counts of physical columns at the lowest voltage
//!    (`structure`); a part is kept if the likelihood-ratio test against none passes at 5 %.
//!    Where faults of columns prefer a half of it, the columns' part is split between both.
//! 3. The part of rows, by the excess of pairs of faults in one row (`rows`).
//! 4. Read noise, by maximum likelihood from the distribution of flip probabilities, and flicker from the cells that
//!    recover at a lower voltage; from single reads, both as one (`noise`).

mod curve;
mod direction;
mod halves;
mod integral;
mod levels;
mod noise;
mod progress;
mod rows;
mod search;
mod structure;

use thiserror::Error;

use self::curve::{curve, law};
use self::direction::Split;
use self::halves::half_columns;
pub(crate) use self::levels::Levels;
use self::noise::Noise;
use self::progress::Watch;
pub use self::progress::{FitProgress, FitStage};
use self::structure::{MOST_EVALUATIONS, Structure};
use crate::fault::FaultMap;
use crate::import::flips::DIRECTIONS_DRAWN;
use crate::model::{
    Arrays, DirectionUnit, Directions, FitNotes, MODEL_FORMAT, Model, ModelError, Rates, Shared, Temperature,
};
use crate::profile::{Between, Profile, ProfileError, ProfileInfo};
use crate::stats::{MapStatistics, has_half_columns, mux_of, powerup_ones};

/// From this flip probability on a cell fails in most reads.
pub(crate) const MOSTLY: f32 = 0.5;
/// Rounds of finding the share of columns of each direction.
const DIRECTION_ROUNDS: u32 = 3;

/// Why no model can be fitted.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum FitError {
    /// The profile cannot be read.
    #[error(transparent)]
    Profile(#[from] ProfileError),
    /// No cell fails in most reads, or half of all cells fail.
    #[error(
        "{name} has no voltage at which some cells, but not half of all, fail in most reads: a model needs one"
    )]
    NoFaults {
        /// The chip.
        name: String,
    },
    /// The maps are of power-up states, which are no faults.
    #[error(
        "{name} holds power-up states, which are no faults: nothing was written, so that no voltage makes cells fail; `sram-sim stats` says \
         how steady they are"
    )]
    PowerUp {
        /// The chip.
        name: String,
    },
    /// What was fitted is no model.
    #[error("{name} cannot be fitted: what was found is no model")]
    Model {
        /// The chip.
        name: String,
        /// What is wrong.
        source: ModelError,
    },
}

/// Fits a model to a profile.
///
/// # Errors
/// [`FitError`] if no cell fails, nearly all do, or the profile is of power-up states.
pub fn fit(profile: &Profile) -> Result<Model, FitError> {
    fit_watched(profile, &|_| {})
}

/// Why a profile has no voltage that a model may be fitted to.
fn without_faults(profile: &Profile) -> Result<FitError, FitError> {
    let name = profile.info().name.clone();
    let map = profile.at(profile.range().0, Between::NextLower)?;
    Ok(if powerup_ones(&map).is_some() { FitError::PowerUp { name } } else { FitError::NoFaults { name } })
}

/// Fits a model to a profile, and tells `progress` how far it is.
///
/// # Errors
/// As [`fit`].
pub fn fit_watched(profile: &Profile, progress: &dyn Fn(FitProgress)) -> Result<Model, FitError> {
    let watch = Watch::new(progress);
    let levels = Levels::watched(profile, &watch)?;
    let info = profile.info();
    let name = || info.name.clone();
    let Some(densest) = &levels.densest else { return Err(without_faults(profile)?) };

    let statistics = MapStatistics::of(densest);
    let column_mux = mux_of(&statistics);
    let mut split = Split::of(densest, column_mux);
    let mut notes =
        FitNotes { made_by: concat!("sram-sim ", env!("CARGO_PKG_VERSION")).into(), ..FitNotes::default() };
    split.describe(&levels, &mut notes);
    describe_cells(&statistics, column_mux, info, &mut notes);
    let law = law(&levels, info.unit, &mut notes);
    let structure = structure(densest, column_mux, &mut split, &mut notes, &watch);
    let curve = curve(info, &levels, &split, &mut notes);
    let shared = shared(densest, &statistics, &structure, &mut notes, &watch);

    let mut model = Model {
        flip_floor: levels.flip_floor(),
        reads: levels.reads,
        shared,
        directions: split.directions(),
        law: Some(law),
        curve,
        ..unfitted(info)
    };
    let checked = |model: &Model| model.check().map_err(|source| FitError::Model { name: name(), source });
    checked(&model)?;
    let noise = Noise::fit(&levels, &model, &mut notes, &watch);
    (model.read_noise, model.flicker) = (rounded(noise.read), rounded(noise.flicker));
    notes
        .not_identified
        .push("temperature: the profile says nothing of it; per_kelvin = 0 is assumed".into());
    notes.not_identified.push(
        "differences between chips beyond those of their banks and columns: one chip shows none".into(),
    );
    model.fit = Some(notes);
    checked(&model)?;
    Ok(model)
}

/// What a profile says itself of its chip; nothing is fitted yet.
fn unfitted(info: &ProfileInfo) -> Model {
    let geometry = info.geometry;
    let banks = u64::from(geometry.banks());
    Model {
        format: MODEL_FORMAT,
        name: info.name.clone(),
        source: format!("fitted to the profile {}: {}", info.name, info.provenance.source),
        licence: info.provenance.licence.clone(),
        unit: info.unit,
        seed: 0,
        arrays: Arrays {
            banks,
            rows: geometry.rows().into(),
            columns: geometry.columns().into(),
            banks_per_row: (banks as f64).sqrt().ceil() as u32,
        },
        rates: Rates::Population,
        read_noise: 0.0,
        flicker: 0.0,
        flip_floor: 0.0,
        reads: None,
        shared: Shared::default(),
        directions: Directions { unit: DirectionUnit::Cell, share_0to1: 0.5 },
        temperature: Temperature::default(),
        law: None,
        voltages: info.voltages.clone(),
        curve: Vec::new(),
        fit: None,
    }
}

/// Notes how the columns are made, and what of the cells may mislead.
fn describe_cells(statistics: &MapStatistics, column_mux: u32, info: &ProfileInfo, notes: &mut FitNotes) {
    notes.found.push(if column_mux > 1 {
        format!(
            "column_mux: {column_mux} physical columns of a logical one, told apart by the lowest bits of the row"
        )
    } else {
        "column_mux: 1; faults of a column do not agree in bits of the row".to_owned()
    });
    if statistics.halves.is_doubled() {
        notes.not_identified.push(
            "what cells share: each cell seems to be given twice, which the model takes for a likeness of columns; import the \
             profile with each cell once"
                .into(),
        );
    }
    if info.provenance.notes.iter().any(|note| note.contains(DIRECTIONS_DRAWN)) {
        notes
            .not_identified
            .push("directions: of some cells they were drawn when the profile was imported".into());
    }
}

/// The shared parts of banks and columns. Columns without a fault do not show their direction; how many there are of each
/// depends on what columns share, so both are found in turn.
fn structure(
    densest: &FaultMap,
    mux: u32,
    split: &mut Split,
    notes: &mut FitNotes,
    watch: &Watch,
) -> Structure {
    let watch = watch.stage(FitStage::Structure, (DIRECTION_ROUNDS as usize + 1) * MOST_EVALUATIONS);
    let mut round = 0;
    loop {
        let mut found = FitNotes::default();
        let structure = Structure::fit(densest, mux, split, &mut found, &watch);
        match structure.share_0to1 {
            Some(share) if (share - split.share_0to1).abs() > 0.002 && round < DIRECTION_ROUNDS => {
                split.share_0to1 = share;
                round += 1;
            }
            _ => {
                notes.found.extend(found.found);
                notes.not_identified.extend(found.not_identified);
                return structure;
            }
        }
    }
}

/// The parts of the variance that cells have in common.
fn shared(
    densest: &FaultMap,
    statistics: &MapStatistics,
    structure: &Structure,
    notes: &mut FitNotes,
    watch: &Watch,
) -> Shared {
    let column_mux = mux_of(statistics);
    let (bank, column) = (rounded(structure.bank), rounded(structure.column));
    let mut shared = Shared { bank, column, half_column: 0.0, row: 0.0, column_mux };
    if column > 0.0 && has_half_columns(statistics) {
        let parts = half_columns(densest, column_mux, bank, column, notes, watch);
        (shared.column, shared.half_column) = (rounded(parts.0), rounded(parts.1));
    }
    shared.row = rounded(rows::fit(densest, shared, notes));
    shared
}

/// To five significant digits: more than any fit is good for, and readable.
fn rounded(x: f64) -> f64 {
    format!("{x:.4e}").parse().unwrap_or(x)
}

#[cfg(test)]
mod tests;
