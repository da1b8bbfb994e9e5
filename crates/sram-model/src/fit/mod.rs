//! Fits a model to a profile.
//!
//! Spatial parts count the cells that fail in most reads (flip probability ½ or more), whose critical voltage is at or
//! above the map's.
//!
//! 1. Rates: the curve is the chip's own; the law beyond it a weighted probit line ([`fit_probit`]).
//! 2. Shared parts of banks and columns, by maximum likelihood from the counts of physical columns at the lowest voltage
//!    (`structure`); a part is kept if the likelihood-ratio test against none passes at 5 %.
//! 3. The part of rows, by the excess of pairs of faults in one row (`rows`).
//! 4. Read noise, by maximum likelihood from the distribution of flip probabilities, and flicker from the cells that
//!    recover at a lower voltage; from single reads, both as one (`noise`).

mod direction;
mod noise;
mod rows;
mod search;
mod structure;

use flip_core::FaultKind;
use thiserror::Error;

use self::direction::Split;
use self::noise::Noise;
use self::structure::Structure;
use crate::fault::FaultMap;
use crate::model::{
    Arrays, CurvePoint, FitNotes, Law, MODEL_FORMAT, Model, ModelError, Rates, Shared, Temperature,
};
use crate::normal;
use crate::profile::{Between, Profile, ProfileError};
use crate::stats::{MapStatistics, Proportion, fit_probit, mux_of};
use crate::voltage::VoltageUnit;

/// From this flip probability on a cell fails in most reads.
pub(crate) const MOSTLY: f32 = 0.5;
/// Standard deviation of critical voltages, by the voltage, of the arrays in figure 1 of Stutz et al. (MLSys 2021): the
/// probits of its rates at 0.875 and 0.75 of Vmin.
const PUBLISHED_DEVIATION: f64 = 0.057;

/// What is known of a profile's maps.
pub(crate) struct Levels {
    /// The maps of all profiled voltages, highest first.
    pub(crate) maps: Vec<FaultMap>,
    /// How often each cell was read; none if probabilities are finer than that.
    pub(crate) reads: Option<u32>,
    /// The least flip probability there is.
    pub(crate) least: f32,
}

/// Why no model can be fitted.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum FitError {
    /// The profile cannot be read.
    #[error(transparent)]
    Profile(#[from] ProfileError),
    /// No cell ever fails.
    #[error("{name} has no faults: a model needs a voltage at which cells fail")]
    NoFaults {
        /// The chip.
        name: String,
    },
    /// What was fitted is no model.
    #[error("{name} cannot be fitted: its rates are beyond what the model holds for")]
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
/// [`FitError`] if no cell fails, or nearly all do.
pub fn fit(profile: &Profile) -> Result<Model, FitError> {
    let levels = Levels::of(profile)?;
    let info = profile.info();
    let name = || info.name.clone();
    let Some(densest) = levels.densest() else { return Err(FitError::NoFaults { name: name() }) };

    let statistics = MapStatistics::of(densest);
    let column_mux = mux_of(&statistics);
    let split = Split::of(densest, column_mux);
    let mut notes =
        FitNotes { made_by: concat!("sram-sim ", env!("CARGO_PKG_VERSION")).into(), ..FitNotes::default() };
    split.describe(&levels, &mut notes);
    let curve = curve(&levels, &split);
    let law = law(&levels, info.unit, &mut notes);

    let geometry = info.geometry;
    let structure = Structure::fit(densest, column_mux, &split, &mut notes);
    let (bank, column) = (rounded(structure.bank), rounded(structure.column));
    let mut shared = Shared { bank, column, row: 0.0, column_mux };
    shared.row = rounded(rows::fit(densest, shared, &mut notes));

    let banks = u64::from(geometry.banks());
    let mut model = Model {
        format: MODEL_FORMAT,
        name: name(),
        source: format!("fitted to the profile {}: {}", info.name, info.provenance.source),
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
        flip_floor: levels.flip_floor(),
        reads: levels.reads,
        shared,
        directions: split.directions(),
        temperature: Temperature::default(),
        law: Some(law),
        voltages: info.voltages.clone(),
        curve,
        fit: None,
    };
    let checked = |model: &Model| model.check().map_err(|source| FitError::Model { name: name(), source });
    checked(&model)?;
    let noise = Noise::fit(&levels, &model, &mut notes);
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

impl Levels {
    pub(crate) fn of(profile: &Profile) -> Result<Self, ProfileError> {
        let mut sweep = profile.sweep();
        let voltages = &profile.info().voltages;
        let maps: Vec<FaultMap> = voltages
            .iter()
            .map(|&voltage| sweep.at(voltage, Between::NextLower))
            .collect::<Result<_, _>>()?;
        let flips =
            || maps.iter().flat_map(FaultMap::faults).map(|fault| fault.flip.p01().max(fault.flip.p10()));
        let least = flips().fold(1.0, f32::min);
        // The least number of reads that could have given every probability.
        let multiple = |n: u32| {
            let n = f64::from(n);
            flips().all(|p| ((f64::from(p) * n).round() / n - f64::from(p)).abs() < 1e-6)
        };
        Ok(Self { reads: (1..=200).find(|&n| multiple(n)), least, maps })
    }

    /// The map with the most faults, of those where less than half of the cells fail.
    pub(crate) fn densest(&self) -> Option<&FaultMap> {
        let usable = |map: &&FaultMap| map.faults().len() as u64 <= map.geometry().cells() / 2;
        self.maps
            .iter()
            .filter(usable)
            .max_by_key(|map| map.faults().len())
            .filter(|map| !map.faults().is_empty())
    }

    fn flip_floor(&self) -> f64 {
        // Of a cell that is read n times less can be seen, but it is there.
        if self.reads.is_some() { 0.001 } else { f64::from(self.least).clamp(1e-6, 0.1) }
    }
}

/// The chip's rates, from the highest voltage with a fault on; made to rise where they do not.
fn curve(levels: &Levels, split: &Split) -> Vec<CurvePoint> {
    let mut points: Vec<CurvePoint> = levels
        .maps
        .iter()
        .map(|map| {
            let rates = map.rates();
            CurvePoint { voltage: map.voltage(), p_0to1: rates.p01, p_1to0: rates.p10 }
        })
        .skip_while(|point| point.p_0to1 + point.p_1to0 == 0.0)
        .collect();
    let last = points.last().map_or(0.5, |point| point.p_0to1 / (point.p_0to1 + point.p_1to0));
    // Where a direction that there is has not been seen yet, it has the share that it has below.
    let mut share = last;
    for point in points.iter_mut().rev() {
        let p = point.p_0to1 + point.p_1to0;
        if split.has_both() && (point.p_0to1 == 0.0 || point.p_1to0 == 0.0) {
            (point.p_0to1, point.p_1to0) = (p * share, p * (1.0 - share));
        }
        share = point.p_0to1 / p;
    }
    for k in 1..points.len() {
        let above = points[k - 1];
        let rise = |p: f64, above: f64| if above > 0.0 { p.max(above * (1.0 + 1e-6)) } else { p };
        points[k].p_0to1 = rise(points[k].p_0to1, above.p_0to1);
        points[k].p_1to0 = rise(points[k].p_1to0, above.p_1to0);
    }
    points
}

/// The normal law through the shares of cells that fail in most reads.
fn law(levels: &Levels, unit: VoltageUnit, notes: &mut FitNotes) -> Law {
    let mostly = |map: &FaultMap| Proportion {
        count: map.flipping_from(MOSTLY).faults().len() as u64,
        trials: map.geometry().cells(),
    };
    let points: Vec<(f64, Proportion)> =
        levels.maps.iter().map(|map| (map.voltage().get(), mostly(map))).collect();
    if let Some(fit) = fit_probit(&points) {
        notes.found.push(format!(
            "law: mean {:.4} and deviation {:.4} {unit}, a line through the probits; its worst residual is {:.1} \
             standard errors of independent cells",
            fit.mean, fit.deviation, fit.worst_residual
        ));
        return Law { mean: rounded(fit.mean), deviation: rounded(fit.deviation) };
    }
    let (voltage, share) = points
        .iter()
        .filter_map(|(voltage, found)| Some((*voltage, found.share()?)))
        .rfind(|point| point.1 > 0.0 && point.1 < 1.0)
        .unwrap_or((1.0, 0.01));
    let deviation = PUBLISHED_DEVIATION * voltage;
    notes.not_identified.push(format!(
        "law: one voltage with faults does not show how rates go with voltage; a deviation of {PUBLISHED_DEVIATION} of \
         the voltage is assumed, that of the arrays in figure 1 of Stutz et al. 2021, and voltages and noises are to \
         that scale"
    ));
    Law { mean: rounded(voltage + normal::quantile(share) * deviation), deviation: rounded(deviation) }
}

/// To five significant digits: more than any fit is good for, and readable.
fn rounded(x: f64) -> f64 {
    format!("{x:.4e}").parse().unwrap_or(x)
}

/// The shares of cells of a map that fail in most reads, by direction.
pub(crate) fn mostly_by_direction(map: &FaultMap) -> [f64; 2] {
    let cells = map.geometry().cells() as f64;
    let mut counts = [0u64; 2];
    for fault in map.flipping_from(MOSTLY).faults() {
        counts[usize::from(direction::of(fault) == FaultKind::ReadsZero)] += 1;
    }
    counts.map(|count| count as f64 / cells)
}

#[cfg(test)]
mod tests;
