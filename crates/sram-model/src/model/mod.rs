//! Models of chips: the statistics that virtual chips are drawn from, as a TOML file that people read and edit.
//!
//! # The model
//! Each cell has a critical voltage Vc and one direction of failure. A read at voltage V errs with probability
//! Φ((Vc − V)/σ), where σ is the read noise. Behind Vc stands a standard normal variable
//!
//! x = √b·(bank) + √c·(physical column) + √h·(half of it) + √r·(row) + √(1 − b − c − h − r)·(cell),
//!
//! each term a standard normal number that all cells of the unit have in common: b, c, h and r, the [`Shared`] parts of the
//! variance, make weak banks, columns, half columns and rows (a Gaussian copula). The larger x, the higher Vc; the relation is the
//! marginal law: the share of cells above each voltage, such that the mean flip probability at V is the rate of the
//! [`curve`](Model::curve), or, outside of it, of the normal [`law`](Model::law).

mod check;
mod error;
mod parts;
mod rates;
mod text;

use serde::{Deserialize, Serialize};

pub use error::ModelError;
pub use parts::{Arrays, CurvePoint, DirectionUnit, Directions, FitNotes, Law, Rates, Shared, Temperature};
pub use rates::Prediction;
pub(crate) use rates::RatePoints;

use crate::geometry::{Geometry, GeometryError};
use crate::voltage::{QuantifiedVoltage, Voltage, VoltageUnit};

/// The version of the model file that this program writes and reads.
pub const MODEL_FORMAT: u32 = 1;

/// A model of chips. All voltages are in `unit`, all rates and shares are fractions.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Model {
    /// [`MODEL_FORMAT`].
    pub format: u32,
    /// What the chips are called.
    pub name: String,
    /// What the numbers were taken from.
    pub source: String,
    /// The licence of that, as far as it is known; chips of the model have it, too.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub licence: String,
    /// The unit of all voltages.
    pub unit: VoltageUnit,
    /// Seed of all random numbers, where none is given.
    #[serde(default)]
    pub seed: u64,
    /// The arrays of a chip, where no others are asked for.
    pub arrays: Arrays,
    /// Whether chips differ in their rates.
    #[serde(default)]
    pub rates: Rates,
    /// Standard deviation σ of the read noise, in units of voltage; 0 for none.
    pub read_noise: f64,
    /// Standard deviation of a cell's critical voltage from one measurement to the next, in units of voltage. It is the
    /// same in all reads of a measurement, as twins are measured; chips that are drawn answer for a read at any time, whose
    /// noise has the deviation √(σ² + flicker²).
    #[serde(default)]
    pub flicker: f64,
    /// Flip probabilities below this count as none.
    pub flip_floor: f64,
    /// How often each cell was read as a 0 and as a 1 in the measurement that the model was fitted to; none if flip
    /// probabilities were measured finely. Twins are measured in the same way.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reads: Option<[u32; 2]>,
    /// What cells of a bank, a column and a row have in common.
    #[serde(default)]
    pub shared: Shared,
    /// Which cells fail in which direction.
    pub directions: Directions,
    /// How critical voltages move with temperature.
    #[serde(default)]
    pub temperature: Temperature,
    /// The normal law of critical voltages outside the curve.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub law: Option<Law>,
    /// Voltages that chips answer for, highest first; those of the curve if there are none. Beyond the curve they are
    /// extrapolated.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub voltages: Vec<Voltage>,
    /// Fault rates over voltage, highest voltage first, log-linear between the points. A first point of rate 0 is Vmin.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub curve: Vec<CurvePoint>,
    /// How the model was fitted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fit: Option<FitNotes>,
}

impl Model {
    /// Reads a model.
    ///
    /// # Errors
    /// [`ModelError`] with the line if it is no TOML or lacks a field, with the field if a value makes no sense.
    pub fn parse(toml: &str) -> Result<Self, ModelError> {
        let model: Self = toml::from_str(toml).map_err(|error| ModelError::Toml(Box::new(error)))?;
        model.check()?;
        Ok(model)
    }

    /// The size of a chip, where no other is asked for.
    ///
    /// # Errors
    /// [`GeometryError`] if there can be no such chip.
    pub fn geometry(&self) -> Result<Geometry, GeometryError> {
        Geometry::new(self.arrays.banks, self.arrays.rows, self.arrays.columns)
    }

    /// Voltages that chips answer for, highest first.
    pub fn voltages(&self) -> Vec<QuantifiedVoltage> {
        self.own_voltages().into_iter().map(|voltage| self.unit.of(voltage)).collect()
    }

    /// Lets chips answer for these voltages, highest first, whatever the model's were. None: those of the curve.
    ///
    /// # Errors
    /// [`ModelError`] if one has another unit than the model's, or the model makes no sense with them: then it stays as it was.
    pub fn set_voltages(
        &mut self,
        voltages: impl IntoIterator<Item = QuantifiedVoltage>,
    ) -> Result<(), ModelError> {
        let in_unit = |voltage: QuantifiedVoltage| voltage.in_unit(self.unit);
        let voltages = voltages.into_iter().map(in_unit).collect::<Result<_, _>>()?;
        let changed = Self { voltages, ..self.clone() };
        changed.check()?;
        *self = changed;
        Ok(())
    }

    /// Voltages that chips answer for, highest first, in the model's unit.
    pub(crate) fn own_voltages(&self) -> Vec<Voltage> {
        if self.voltages.is_empty() {
            self.curve.iter().map(|point| point.voltage).collect()
        } else {
            self.voltages.clone()
        }
    }

    /// The voltages that the curve spans, lowest and highest, at a temperature in °C if it is not the reference; `None` without
    /// a curve.
    pub fn measured_range(&self, celsius: Option<f64>) -> Option<(QuantifiedVoltage, QuantifiedVoltage)> {
        let moved = |voltage: Voltage| Voltage::nearest(voltage.get() + self.offset(celsius));
        Some(self.unit.of_both((moved(self.curve.last()?.voltage), moved(self.curve.first()?.voltage))))
    }

    /// Whether the model says what a temperature in °C does, if it is given and not the one that it holds at.
    ///
    /// # Errors
    /// [`ModelError::Temperature`] if not.
    pub fn check_temperature(&self, celsius: Option<f64>) -> Result<(), ModelError> {
        let Temperature { reference, per_kelvin } = self.temperature;
        match celsius {
            Some(celsius) if celsius != reference && per_kelvin == 0.0 => {
                Err(ModelError::Temperature { model: self.name.clone(), celsius, unit: self.unit })
            }
            _ => Ok(()),
        }
    }

    /// What a temperature adds to critical voltages, in units of voltage.
    pub(crate) fn offset(&self, celsius: Option<f64>) -> f64 {
        celsius.map_or(0.0, |celsius| self.temperature.offset(celsius))
    }

    /// Vmin, if the curve begins with it.
    pub fn vmin(&self) -> Option<QuantifiedVoltage> {
        self.curve
            .first()
            .filter(|point| point.p_0to1 == 0.0 && point.p_1to0 == 0.0)
            .map(|point| self.unit.of(point.voltage))
    }

    /// The same model without what cells have in common: independent cells of the same rates.
    #[must_use]
    pub fn independent(&self) -> Self {
        let shared = Shared { column_mux: self.shared.column_mux, ..Shared::default() };
        let directions = Directions { unit: DirectionUnit::Cell, ..self.directions };
        // Cells of both directions, in the shares in which they fail.
        let (ones, all) = self
            .curve
            .last()
            .map_or((self.directions.share_0to1, 1.0), |point| (point.p_0to1, point.p_0to1 + point.p_1to0));
        let share_0to1 = if all > 0.0 { ones / all } else { directions.share_0to1 };
        Self { shared, directions: Directions { share_0to1, ..directions }, ..self.clone() }
    }

    /// Whether chips of the model differ by more than the chance of independent cells: by what their banks, columns and rows
    /// have in common, unless every chip has to follow the curve.
    pub fn chips_differ(&self) -> bool {
        let shared = self.shared;
        let parts = shared.bank + shared.column + shared.half_column + shared.row;
        self.rates == Rates::Population && parts > 0.0
    }

    /// The deviation of a read's noise and of flicker together: that of a read at any time.
    pub(crate) fn total_noise(&self) -> f64 {
        self.read_noise.hypot(self.flicker)
    }
}

#[cfg(test)]
mod tests;
