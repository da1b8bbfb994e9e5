//! The twin test: whether a real chip can be told from the virtual chips of a model by the numbers that matter.
//!
//! Virtual chips of the profile's size are generated and measured as the real one was: at the same voltages, with as many reads.
//! A statistic passes if the real chip's value lies in the central 95 % of theirs.

mod measure;
mod statistics;

use rayon::prelude::*;
use serde::Serialize;
use thiserror::Error;

use self::measure::measure;
use self::statistics::{Measured, Statistic};
use crate::fit::Levels;
use crate::model::{Model, ModelError};
use crate::profile::{Between, Profile, ProfileError, ProfileInfo};
use crate::synth::{Synthesiser, seeds};
use crate::voltage::{Voltage, VoltageUnit};

/// The share of twins on each side of the interval.
const TAIL: f64 = 0.025;

/// A chip of which fewer twins have as many statistics outside is not of the model.
const PASSES_FROM: f64 = 0.05;

/// The outcome of a twin test.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TwinTest {
    /// Every statistic that the real chip has.
    pub statistics: Vec<TwinStatistic>,
    /// How many lie outside.
    pub outside: usize,
    /// The share of twins that have as many or more outside, of statistics that depend on each other: the probability of
    /// such a result for a chip that the model does hold for.
    pub twins_as_far: f64,
}

impl TwinTest {
    /// Whether the chip may be of the model: of many statistics some lie outside by chance, so this goes by how many, which a
    /// chip of the model exceeds with a probability of 5 %.
    pub fn passes(&self) -> bool {
        self.outside == 0 || self.twins_as_far >= PASSES_FROM
    }
}

/// A statistic of a real chip and its twins.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TwinStatistic {
    /// What it is.
    pub name: &'static str,
    /// What its values are in: `%`, or `ratio`.
    pub value_unit: &'static str,
    /// The voltage that it is of, in the profile's unit; none if it is of all of them.
    pub voltage: Option<Voltage>,
    /// Its value for the real chip.
    pub real: f64,
    /// The median of the twins.
    pub median: f64,
    /// Their 2.5 % quantile.
    pub low: f64,
    /// Their 97.5 % quantile.
    pub high: f64,
    /// Whether the real chip lies between.
    pub passes: bool,
}

/// Why a twin test could not be run.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum TwinError {
    /// The profile cannot be read.
    #[error(transparent)]
    Profile(#[from] ProfileError),
    /// No chip of the model can be generated so large, or at these voltages.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// The model's voltages are in another unit than the profile's.
    #[error("the model's voltages are in {model}, those of {name} in {profile}: expected the same unit")]
    Units {
        /// The chip.
        name: String,
        /// The unit of the profile.
        profile: VoltageUnit,
        /// The unit of the model.
        model: VoltageUnit,
    },
}

/// Compares a profile with `chips` virtual chips of a model. `done` is called after each of them.
///
/// Statistics are those of [`MapStatistics`](crate::MapStatistics), whose parts say their formulas, of the map with the most
/// faults, counting cells that fail in half of the reads or more; flip probabilities of all faulty cells; the bit error rate p/2
/// at every voltage; and [`Inclusion`](crate::Inclusion) over all of them.
///
/// # Errors
/// [`TwinError`] if the profile's records are damaged, no chip of the model can be generated at the profile's size and voltages,
/// there are not so many seeds from the first on, or the model has another unit of voltage.
pub fn twin_test(
    profile: &Profile,
    model: &Model,
    chips: u32,
    seed: u64,
    done: &(dyn Fn() + Sync),
) -> Result<TwinTest, TwinError> {
    let ProfileInfo { name, unit, .. } = profile.info();
    if *unit != model.unit {
        return Err(TwinError::Units { name: name.clone(), profile: *unit, model: model.unit });
    }
    let seeds = seeds(seed, chips)?;
    let levels = Levels::of(profile)?;
    let mux = model.shared.column_mux;
    let (voltages, least) = (&profile.info().voltages, levels.flip_floor());
    // A chip without faults has bit error rates, of 0, too.
    let densest = levels.densest.as_ref().map(|map| map.voltage().voltage).or(voltages.last().copied());
    let mut real = Measured::new();
    let mut sweep = profile.sweep();
    for &voltage in voltages {
        real.add(sweep.at(unit.of(voltage), Between::NextLower)?, Some(voltage) == densest);
    }
    let real = real.statistics(mux);
    // Twins answer at the profile's voltages, whatever the model's are.
    let mut model = model.clone();
    model.voltages.clone_from(voltages);
    model.check()?;
    let synthesiser = Synthesiser::new(&model);
    let twins: Vec<Vec<Statistic>> = seeds
        .into_par_iter()
        .map(|seed| {
            let chip = synthesiser.chip(profile.info().geometry, seed, None)?;
            let mut twin = Measured::new();
            for (at, &voltage) in (0..).zip(voltages) {
                twin.add(measure(&chip, (at, voltage), levels.reads, least), Some(voltage) == densest);
            }
            done();
            Ok(twin.statistics(mux))
        })
        .collect::<Result<_, ModelError>>()?;
    Ok(compare(real, &twins))
}

fn compare(real: Vec<Statistic>, twins: &[Vec<Statistic>]) -> TwinTest {
    let mut outside_of = vec![0usize; twins.len()];
    let mut compared = Vec::new();
    for (index, statistic) in real.into_iter().enumerate() {
        let Some(value) = statistic.value else { continue };
        let values: Vec<Option<f64>> = twins.iter().map(|twin| twin[index].value).collect();
        let mut sorted: Vec<f64> = values.iter().copied().flatten().collect();
        sorted.sort_by(f64::total_cmp);
        let (low, median, high) =
            (quantile(&sorted, TAIL), quantile(&sorted, 0.5), quantile(&sorted, 1.0 - TAIL));
        // Equal counts are equal, however they were divided.
        let slack = 1e-9 * value.abs();
        let inside = |value: f64| low - slack <= value && value <= high + slack;
        for (outside, value) in outside_of.iter_mut().zip(&values) {
            *outside += usize::from(value.is_some_and(|value| !inside(value)));
        }
        let passes = inside(value);
        let Statistic { name, value_unit, voltage, .. } = statistic;
        compared.push(TwinStatistic { name, value_unit, voltage, real: value, median, low, high, passes });
    }
    let outside = compared.iter().filter(|statistic| !statistic.passes).count();
    let as_far = outside_of.iter().filter(|&&twin| twin >= outside).count();
    TwinTest { statistics: compared, outside, twins_as_far: as_far as f64 / twins.len().max(1) as f64 }
}

/// The quantile of sorted values, linear between them (Hyndman and Fan 1996, type 7); not a number of none.
pub(crate) fn quantile(sorted: &[f64], share: f64) -> f64 {
    let at = share * sorted.len().saturating_sub(1) as f64;
    match (sorted.get(at.floor() as usize), sorted.get(at.ceil() as usize)) {
        (Some(low), Some(high)) => low + (high - low) * at.fract(),
        _ => f64::NAN,
    }
}

#[cfg(test)]
mod tests;
