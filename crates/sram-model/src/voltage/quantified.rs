//! Voltages with their unit.

use std::fmt;

use super::{Voltage, VoltageError, VoltageUnit};

/// A voltage with its unit, for where voltages of several chips or models meet. A [`Voltage`] alone is in the unit of the
/// profile or the model that it is given to or taken from.
///
/// ```
/// use sram_model::{Voltage, VoltageUnit};
/// let half = VoltageUnit::RelativeToVmin.of("0.5".parse()?);
/// assert_eq!(half.to_string(), "0.5 V/Vmin");
/// assert_eq!(half.in_unit(VoltageUnit::RelativeToVmin)?, Voltage::new(0.5)?);
/// assert!(half.in_unit(VoltageUnit::Volt).is_err());
/// # Ok::<(), sram_model::VoltageError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QuantifiedVoltage {
    /// The voltage.
    pub voltage: Voltage,
    /// Its unit.
    pub unit: VoltageUnit,
}

impl VoltageUnit {
    /// A voltage of this unit.
    pub const fn of(self, voltage: Voltage) -> QuantifiedVoltage {
        QuantifiedVoltage { voltage, unit: self }
    }
}

impl QuantifiedVoltage {
    /// The voltage for something whose voltages are in `unit`. Nothing is converted.
    ///
    /// # Errors
    /// [`VoltageError::OtherUnit`] if it has another unit.
    pub fn in_unit(self, unit: VoltageUnit) -> Result<Voltage, VoltageError> {
        if self.unit == unit {
            Ok(self.voltage)
        } else {
            Err(VoltageError::OtherUnit { found: self, expected: unit })
        }
    }
}

impl fmt::Display for QuantifiedVoltage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.voltage, self.unit)
    }
}
