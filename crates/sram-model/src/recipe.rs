//! Recipes: how a virtual chip is made. A recipe is a TOML file, such as those of the stored chips in `profiles/`.

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::geometry::{Geometry, GeometryError};
use crate::voltage::{Voltage, VoltageUnit};

/// How to make a virtual chip. All voltages are in `unit`, all rates are fractions.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recipe {
    /// The chip's name.
    pub name: String,
    /// What the numbers were taken from.
    pub source: String,
    /// Seed of all random numbers.
    pub seed: u64,
    /// The unit of all voltages.
    pub unit: VoltageUnit,
    /// The chip's arrays.
    pub arrays: Arrays,
    /// Standard deviation of the read noise σ: a cell of critical voltage Vc flips at V with probability
    /// Φ((Vc − V)/σ).
    pub read_noise: f64,
    /// Flip probabilities below this count as none.
    pub flip_floor: f64,
    /// Share of the variance of the latent normal variable behind Vc that the cells of a column have in common: 0 for
    /// independent cells, near 1 for columns that fail as a whole.
    pub column_correlation: f64,
    /// What fails in one direction: each cell by itself, or a column as a whole.
    pub direction: Direction,
    /// Share of the cells (or columns) that read one when they fail; the others read zero.
    pub share_0to1: f64,
    /// Fault rates over voltage, highest voltage first, log-linear between the points. The first must be free of
    /// faults: its voltage is Vmin.
    pub curve: Vec<CurvePoint>,
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

/// What shares a direction of failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// Each cell has its own.
    Cell,
    /// All cells of a column fail alike.
    Column,
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

impl Recipe {
    /// Reads a recipe.
    ///
    /// # Errors
    /// [`RecipeError`] with the line if it is no TOML or lacks a field, with the field if a value makes no sense.
    pub fn parse(toml: &str) -> Result<Self, RecipeError> {
        let recipe: Self = toml::from_str(toml).map_err(|error| RecipeError::Toml(Box::new(error)))?;
        recipe.check()?;
        Ok(recipe)
    }

    /// The chip's size.
    ///
    /// # Errors
    /// [`GeometryError`] if there can be no such chip.
    pub fn geometry(&self) -> Result<Geometry, GeometryError> {
        Geometry::new(self.arrays.banks, self.arrays.rows, self.arrays.columns)
    }

    fn check(&self) -> Result<(), RecipeError> {
        self.geometry()?;
        let need = |field, valid: bool, found: String, expected| {
            if valid { Ok(()) } else { Err(RecipeError::Field { field, found, expected }) }
        };
        let noise = self.read_noise;
        need(
            "read_noise",
            (1e-4..1.0).contains(&noise),
            noise.to_string(),
            "a number from 0.0001 to below 1",
        )?;
        let floor = self.flip_floor;
        need("flip_floor", (1e-6..=0.1).contains(&floor), floor.to_string(), "a number from 1e-6 to 0.1")?;
        let shared = self.column_correlation;
        need(
            "column_correlation",
            (0.0..1.0).contains(&shared),
            shared.to_string(),
            "a number from 0 to below 1",
        )?;
        let share = self.share_0to1;
        need("share_0to1", (0.01..=0.99).contains(&share), share.to_string(), "a number from 0.01 to 0.99")?;
        let descends = self.curve.is_sorted_by(|a, b| a.voltage > b.voltage);
        need(
            "curve",
            self.curve.len() >= 3 && descends,
            "other".into(),
            "3 or more points, highest voltage first",
        )?;
        for (direction, share, rates) in [
            ("p_0to1", self.share_0to1, self.rates(|point| point.p_0to1)),
            ("p_1to0", 1.0 - self.share_0to1, self.rates(|point| point.p_1to0)),
        ] {
            let rising = rates[0] == 0.0 && rates[1] > 0.0 && rates.is_sorted_by(|a, b| a < b);
            need(direction, rising, format!("{rates:?}"), "0 at the first voltage, then rates that rise")?;
            let most = rates[rates.len() - 1];
            need(
                direction,
                most < 0.5 * share,
                most.to_string(),
                "less than half of the cells of that direction",
            )?;
        }
        Ok(())
    }

    fn rates(&self, rate: fn(&CurvePoint) -> f64) -> Vec<f64> {
        self.curve.iter().map(rate).collect()
    }
}

/// What is wrong with a recipe.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum RecipeError {
    /// It is no TOML, or a field is missing or unknown.
    #[error("not a recipe: {0}")]
    Toml(Box<toml::de::Error>),
    /// Its geometry is impossible.
    #[error(transparent)]
    Geometry(#[from] GeometryError),
    /// A value makes no sense.
    #[error("recipe field `{field}`: found {found}, expected {expected}")]
    Field {
        /// The field.
        field: &'static str,
        /// What was found.
        found: String,
        /// What makes sense.
        expected: &'static str,
    },
}
