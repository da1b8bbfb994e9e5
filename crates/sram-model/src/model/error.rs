//! What is wrong with a model.

use thiserror::Error;

use crate::geometry::{Geometry, GeometryError};
use crate::voltage::{Voltage, VoltageError, VoltageUnit};

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
    /// A voltage in another unit than the model's.
    #[error(transparent)]
    Voltage(#[from] VoltageError),
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
    /// A temperature that the model does not know the effect of.
    #[error(
        "the model `{model}` says nothing of temperature (`per_kelvin` in its [temperature] is 0), so its rates at {celsius} °C are \
         not known: give `per_kelvin`, in thousandths of a {unit} for each kelvin above `reference`, or leave the temperature out"
    )]
    Temperature {
        /// The model's name.
        model: String,
        /// The temperature asked for.
        celsius: f64,
        /// The unit of its voltages.
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
