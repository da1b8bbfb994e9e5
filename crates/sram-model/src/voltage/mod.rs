//! Voltages, in millionths of the profile's unit, so that they compare exactly and print as they were typed.

mod quantified;

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;

pub use self::quantified::QuantifiedVoltage;

/// What a profile's voltages are given in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum VoltageUnit {
    /// Volts.
    #[serde(rename = "V")]
    Volt,
    /// Multiples of Vmin, the lowest voltage at which no profiled cell fails.
    #[serde(rename = "V/Vmin")]
    RelativeToVmin,
}

impl fmt::Display for VoltageUnit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Volt => "V",
            Self::RelativeToVmin => "V/Vmin",
        })
    }
}

impl FromStr for VoltageUnit {
    type Err = VoltageError;

    fn from_str(text: &str) -> Result<Self, VoltageError> {
        match text.to_ascii_lowercase().as_str() {
            "v" => Ok(Self::Volt),
            "v/vmin" => Ok(Self::RelativeToVmin),
            _ => Err(VoltageError::Unit { found: text.to_owned() }),
        }
    }
}

/// A supply voltage: a whole number of millionths of a unit that stands beside it. With its unit it is a
/// [`QuantifiedVoltage`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "f64", into = "f64")]
pub struct Voltage(u32);

impl Voltage {
    /// The highest voltage there is: 4.194303 units. It takes 22 bits.
    pub const MAX: Self = Self((1 << 22) - 1);
    /// One unit.
    pub const ONE: Self = Self(1_000_000);
    const PER_UNIT: f64 = 1e6;

    /// The voltage nearest to `units`.
    ///
    /// # Errors
    /// [`VoltageError`] unless 0 < `units` ≤ 4.194303 after rounding to a millionth.
    pub fn new(units: f64) -> Result<Self, VoltageError> {
        let micro = libm::round(units * Self::PER_UNIT);
        if micro >= 1.0 && micro <= f64::from(Self::MAX.0) {
            Ok(Self(micro as u32))
        } else {
            Err(VoltageError::Range { found: units.to_string() })
        }
    }

    /// The voltage nearest to `units` that there is: from a millionth to [`MAX`](Self::MAX).
    pub(crate) fn nearest(units: f64) -> Self {
        Self(libm::round(units * Self::PER_UNIT).clamp(1.0, f64::from(Self::MAX.0)) as u32)
    }

    /// The voltage of this number of millionths of a unit, or `None` if there is none.
    pub const fn from_micro(micro: u32) -> Option<Self> {
        if micro == 0 || micro > Self::MAX.0 { None } else { Some(Self(micro)) }
    }

    /// Millionths of a unit.
    pub const fn micro(self) -> u32 {
        self.0
    }

    /// The voltage in units.
    pub fn get(self) -> f64 {
        f64::from(self.0) / Self::PER_UNIT
    }
}

impl fmt::Display for Voltage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A double nearest to a multiple of 10⁻⁶ prints as just that.
        f.pad(&self.get().to_string())
    }
}

impl FromStr for Voltage {
    type Err = VoltageError;

    fn from_str(text: &str) -> Result<Self, VoltageError> {
        let wrong = || VoltageError::Range { found: text.to_owned() };
        text.trim().parse().map_err(|_| wrong()).and_then(|units| Self::new(units).map_err(|_| wrong()))
    }
}

impl TryFrom<f64> for Voltage {
    type Error = VoltageError;

    fn try_from(units: f64) -> Result<Self, VoltageError> {
        Self::new(units)
    }
}

impl From<Voltage> for f64 {
    fn from(voltage: Voltage) -> Self {
        voltage.get()
    }
}

/// What may be meant by a text that is no voltage.
fn meant(text: &str) -> String {
    let text = text.trim();
    let in_unit =
        |unit: &str| text.strip_suffix(unit).map(str::trim_end).and_then(|digits| digits.parse::<f64>().ok());
    let millivolts = in_unit("mV").or_else(|| in_unit("")).filter(|found| *found >= 50.0);
    match (
        millivolts.and_then(|found| Voltage::new(found / 1000.0).ok()),
        in_unit("V").and_then(|v| Voltage::new(v).ok()),
    ) {
        (Some(volts), _) => format!("; if millivolts are meant, {volts}"),
        (None, Some(volts)) => format!("; without the unit, {volts}"),
        (None, None) => String::new(),
    }
}

/// What is no voltage, or no unit of one, or not the unit that is meant.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum VoltageError {
    /// Not a number, or outside what can be stored.
    #[error(
        "`{found}` is not a voltage: expected a number above 0 and at most {}, to 6 decimals, in V or V/Vmin as the profile \
         has it{}",
        Voltage::MAX,
        meant(found)
    )]
    Range {
        /// What was found.
        found: String,
    },
    /// Not the name of a unit.
    #[error("`{found}` is not a unit of voltage: expected `V` or `V/Vmin`")]
    Unit {
        /// What was found.
        found: String,
    },
    /// Not a number with a unit, or a number outside what can be stored.
    #[error(
        "`{found}` is not a voltage with its unit: expected a number above 0 and at most {}, to 6 decimals, and V or V/Vmin, as in \
         `0.53 V` or `0.8 V/Vmin`",
        Voltage::MAX
    )]
    Quantified {
        /// What was found.
        found: String,
    },
    /// A voltage in another unit than those that it meets.
    #[error("found {found}, expected a voltage in {expected}")]
    OtherUnit {
        /// What was found.
        found: QuantifiedVoltage,
        /// The unit of the others.
        expected: VoltageUnit,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_voltage_prints_and_parses_exactly() {
        for micro in (1..=Voltage::MAX.micro()).step_by(997).chain([Voltage::MAX.micro()]) {
            let voltage = Voltage::from_micro(micro).unwrap();
            assert_eq!(voltage.to_string().parse(), Ok(voltage));
        }
        assert_eq!(Voltage::new(0.53).unwrap().to_string(), "0.53");
        assert_eq!("0.8333333".parse::<Voltage>().unwrap().micro(), 833_333);
    }

    #[test]
    fn what_is_refused_says_what_may_be_meant() {
        for (text, part) in [
            ("800", "; if millivolts are meant, 0.8"),
            ("530.5", "; if millivolts are meant, 0.5305"),
            ("800mV", "; if millivolts are meant, 0.8"),
            ("0.8V", "; without the unit, 0.8"),
            ("0.8 V", "; without the unit, 0.8"),
        ] {
            let said = text.parse::<Voltage>().unwrap_err().to_string();
            assert!(said.contains("V or V/Vmin") && said.ends_with(part), "{said}");
        }
        for text in ["5", "5000000", "-800", "high", "inf", "nanmV", "0"] {
            assert!(text.parse::<Voltage>().unwrap_err().to_string().ends_with("has it"), "{text}");
        }
    }

    #[test]
    fn what_is_no_voltage_is_refused() {
        for text in ["", "0", "-0.8", "4.2", "nan", "inf", "0.8V", "1e-9"] {
            assert!(text.parse::<Voltage>().is_err(), "{text}");
        }
        assert_eq!((Voltage::from_micro(0), Voltage::from_micro(1 << 22)), (None, None));
    }
}
