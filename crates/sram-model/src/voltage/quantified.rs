//! Voltages with their unit.

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

use super::{Voltage, VoltageError, VoltageUnit};

/// A voltage with its unit: what chips and models are asked for and what they answer, so that volts are never taken for
/// multiples of Vmin. A [`Voltage`] alone stands beside its unit in files, tables and their parts.
///
/// As text it is the number and the unit. Voltages of different units are neither equal, nor is one the lower.
///
/// ```
/// use sram_model::{QuantifiedVoltage, Voltage, VoltageUnit};
/// let half = VoltageUnit::RelativeToVmin.of("0.5".parse()?);
/// assert_eq!(half.to_string(), "0.5 V/Vmin");
/// assert_eq!(half, "0.5 V/Vmin".parse()?);
/// assert_eq!(half.in_unit(VoltageUnit::RelativeToVmin)?, Voltage::new(0.5)?);
/// assert!(half.in_unit(VoltageUnit::Volt).is_err());
/// assert!("0.5".parse::<QuantifiedVoltage>().is_err(), "of what?");
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

    /// The lower and the higher of two voltages of this unit.
    pub(crate) fn of_both(self, (low, high): (Voltage, Voltage)) -> (QuantifiedVoltage, QuantifiedVoltage) {
        (self.of(low), self.of(high))
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

impl PartialOrd for QuantifiedVoltage {
    /// None for voltages of different units.
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        (self.unit == other.unit).then(|| self.voltage.cmp(&other.voltage))
    }
}

impl fmt::Display for QuantifiedVoltage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.voltage, self.unit)
    }
}

impl FromStr for QuantifiedVoltage {
    type Err = VoltageError;

    fn from_str(text: &str) -> Result<Self, VoltageError> {
        let typed = text.trim();
        // Digits, signs and exponents have no V, and both units begin with one.
        let (number, unit) = typed.split_at(typed.find(['V', 'v']).unwrap_or(typed.len()));
        match (number.parse(), unit.parse::<VoltageUnit>()) {
            (Ok(voltage), Ok(unit)) => Ok(unit.of(voltage)),
            _ => Err(VoltageError::Quantified { found: text.to_owned() }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_voltage_with_its_unit_prints_and_parses() {
        for (text, printed) in [
            ("0.53 V", "0.53 V"),
            ("0.8 V/Vmin", "0.8 V/Vmin"),
            (" 0.80v/vmin ", "0.8 V/Vmin"),
            ("53e-2V", "0.53 V"),
        ] {
            let voltage: QuantifiedVoltage = text.parse().unwrap();
            assert_eq!(voltage.to_string(), printed, "{text}");
            assert_eq!(printed.parse(), Ok(voltage), "{text}");
        }
    }

    #[test]
    fn what_has_no_unit_or_no_number_is_refused_and_both_forms_are_named() {
        for text in ["", "0.8", "V", "V/Vmin", "800 mV", "5 V", "0 V", "0.8 V/V", "0.8 VV", "V 0.8", "high V"]
        {
            let said = text.parse::<QuantifiedVoltage>().unwrap_err().to_string();
            assert!(said.contains(&format!("`{text}` is not a voltage with its unit")), "{said}");
            assert!(said.contains("`0.53 V`") && said.ends_with("`0.8 V/Vmin`"), "{said}");
        }
    }

    #[test]
    fn voltages_of_different_units_have_no_order() {
        let [low, high, relative] =
            ["0.5 V", "0.6 V", "0.55 V/Vmin"].map(|text| text.parse::<QuantifiedVoltage>().unwrap());
        assert!(low < high && !(low..=high).contains(&relative));
        assert_eq!((low.partial_cmp(&relative), relative.partial_cmp(&high)), (None, None));
    }
}
