//! The parts of a model, each a table of its file.

use serde::{Deserialize, Serialize};

use crate::fault::Direction;
use crate::voltage::Voltage;

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
    pub unit: DirectionUnit,
    /// Share of the cells (or columns) that read one when they fail; the others read zero.
    pub share_0to1: f64,
}

impl Directions {
    /// The share of the cells (or columns) that fail in this direction when they do.
    pub fn share(self, direction: Direction) -> f64 {
        match direction {
            Direction::ZeroToOne => self.share_0to1,
            Direction::OneToZero => 1.0 - self.share_0to1,
        }
    }
}

/// What shares a direction of failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DirectionUnit {
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
    /// The voltage, in the model's unit.
    pub voltage: Voltage,
    /// Mean over all cells of the probability that a stored 0 reads as 1.
    pub p_0to1: f64,
    /// Mean over all cells of the probability that a stored 1 reads as 0.
    pub p_1to0: f64,
}

impl CurvePoint {
    /// Mean over all cells of the probability to fail in this direction.
    pub fn p(self, direction: Direction) -> f64 {
        match direction {
            Direction::ZeroToOne => self.p_0to1,
            Direction::OneToZero => self.p_1to0,
        }
    }
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
