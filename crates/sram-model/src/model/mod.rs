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
mod rates;
mod text;

use serde::{Deserialize, Serialize};
use thiserror::Error;

pub use rates::Prediction;
pub(crate) use rates::RatePoints;

use crate::geometry::{Geometry, GeometryError};
use crate::voltage::{Voltage, VoltageUnit};

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

/// The arrays of a chip.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Arrays {
    /// Number of arrays.
    pub banks: u64,
    /// Rows of an array.
    pub rows: u64,
    /// Columns of an array.
    pub columns: u64,
    /// Arrays side by side on the map.
    pub banks_per_row: u32,
}

/// Whether chips differ in their rates.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rates {
    /// The curve is the mean over chips; each chip has the rates that its banks and columns happen to give.
    #[default]
    Population,
    /// Every chip follows the curve, but for the binomial noise of its cells.
    Chip,
}

/// The parts of the variance of x that cells have in common; the rest is each cell's own.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Shared {
    /// That of the cells of a bank.
    #[serde(default)]
    pub bank: f64,
    /// That of the cells of a physical column.
    #[serde(default)]
    pub column: f64,
    /// That of the cells of half a physical column: of the lower or the upper rows of a bank. Long bit lines are often cut in
    /// two.
    #[serde(default)]
    pub half_column: f64,
    /// That of the cells of a row of a bank.
    #[serde(default)]
    pub row: f64,
    /// Physical columns of a logical one, told apart by the row modulo this power of two.
    #[serde(default = "one")]
    pub column_mux: u32,
}

fn one() -> u32 {
    1
}

impl Default for Shared {
    fn default() -> Self {
        Self { bank: 0.0, column: 0.0, half_column: 0.0, row: 0.0, column_mux: 1 }
    }
}

impl Shared {
    /// What is left for each cell.
    pub fn own(self) -> f64 {
        1.0 - self.bank - self.column - self.half_column - self.row
    }
}

/// Which cells fail in which direction.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Directions {
    /// What has a direction: each cell by itself, or a physical column as a whole.
    pub unit: Direction,
    /// Share of the cells (or columns) that read one when they fail; the others read zero.
    pub share_0to1: f64,
}

/// What shares a direction of failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// Each cell has its own.
    Cell,
    /// All cells of a physical column fail alike.
    Column,
}

/// How critical voltages move with temperature.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Temperature {
    /// The temperature that the model holds at, in °C.
    pub reference: f64,
    /// What each kelvin more adds to every critical voltage, in thousandths of a unit: mV/K where the unit is V.
    pub per_kelvin: f64,
}

impl Default for Temperature {
    fn default() -> Self {
        Self { reference: 25.0, per_kelvin: 0.0 }
    }
}

impl Temperature {
    /// What is added to critical voltages at `celsius`, in units of voltage.
    pub fn offset(self, celsius: f64) -> f64 {
        (celsius - self.reference) * self.per_kelvin * 1e-3
    }
}

/// A normal law of critical voltages.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Law {
    /// Mean critical voltage.
    pub mean: f64,
    /// Its standard deviation. Beyond the ends of the curve rates go on from there with this deviation.
    pub deviation: f64,
}

/// The fault rates at one voltage.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CurvePoint {
    /// The voltage.
    pub voltage: Voltage,
    /// Mean over all cells of the probability that a stored 0 reads as 1.
    pub p_0to1: f64,
    /// Mean over all cells of the probability that a stored 1 reads as 0.
    pub p_1to0: f64,
}

/// How a model was fitted: for people, nothing is computed from it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FitNotes {
    /// The program and its version.
    pub made_by: String,
    /// Standard errors, and what was looked for and not found.
    pub found: Vec<String>,
    /// What the data do not identify, and what was assumed in its place.
    pub not_identified: Vec<String>,
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
    pub fn voltages(&self) -> Vec<Voltage> {
        if self.voltages.is_empty() {
            self.curve.iter().map(|point| point.voltage).collect()
        } else {
            self.voltages.clone()
        }
    }

    /// The voltages that the curve spans, lowest and highest, at a temperature in °C if it is not the reference; `None` without
    /// a curve.
    pub fn measured_range(&self, celsius: Option<f64>) -> Option<(Voltage, Voltage)> {
        let moved = |voltage: Voltage| Voltage::nearest(voltage.get() + self.offset(celsius));
        Some((moved(self.curve.last()?.voltage), moved(self.curve.first()?.voltage)))
    }

    /// What a temperature adds to critical voltages, in units of voltage.
    pub(crate) fn offset(&self, celsius: Option<f64>) -> f64 {
        celsius.map_or(0.0, |celsius| self.temperature.offset(celsius))
    }

    /// Vmin, if the curve begins with it.
    pub fn vmin(&self) -> Option<Voltage> {
        self.curve
            .first()
            .filter(|point| point.p_0to1 == 0.0 && point.p_1to0 == 0.0)
            .map(|point| point.voltage)
    }

    /// The same model without what cells have in common: independent cells of the same rates.
    #[must_use]
    pub fn independent(&self) -> Self {
        let shared = Shared { column_mux: self.shared.column_mux, ..Shared::default() };
        let directions = Directions { unit: Direction::Cell, ..self.directions };
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

/// What is wrong with a model.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ModelError {
    /// It is no TOML, or a field is missing or unknown.
    #[error("not a model: {0}")]
    Toml(Box<toml::de::Error>),
    /// Its geometry is impossible.
    #[error(transparent)]
    Geometry(#[from] GeometryError),
    /// A chip of this size has more failing cells than memory should be asked for.
    #[error(
        "a chip of {geometry} cells of this model has about {expected} cells that fail down to {lowest} {unit}, which would take \
         {gigabytes} GB: expected at most {at_most}; make it of fewer cells (--geometry), or let the model's `voltages` end higher"
    )]
    TooManyFaults {
        /// The size.
        geometry: Geometry,
        /// Failing cells to expect.
        expected: u64,
        /// Memory that they would take, in 10⁹ bytes.
        gigabytes: u64,
        /// The most that are generated.
        at_most: u64,
        /// The lowest voltage that the chip would answer for.
        lowest: Voltage,
        /// Its unit.
        unit: VoltageUnit,
    },
    /// There are not so many seeds.
    #[error(
        "found seed {first} for the first of {count}, expected one from which on there are so many: {} is the last",
        u64::MAX
    )]
    Seeds {
        /// The first.
        first: u64,
        /// How many are needed.
        count: u32,
    },
    /// A value makes no sense.
    #[error("model field `{field}`: found {found}, expected {expected}")]
    Field {
        /// The field.
        field: &'static str,
        /// What was found.
        found: String,
        /// What makes sense.
        expected: &'static str,
    },
}

#[cfg(test)]
mod tests;
