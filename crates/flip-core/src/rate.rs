//! The bit error rate of random errors.

use std::fmt;
use std::str::FromStr;

use crate::error::RateError;

/// The probability that a bit is in error: a number from 0 to 1, both exact.
///
/// Printed and parsed as a fraction; a percentage such as `0.1%` is parsed, too.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub struct Rate(f64);

impl Rate {
    /// No bit is in error.
    pub const ZERO: Self = Self(0.0);
    /// Every bit is in error.
    pub const ONE: Self = Self(1.0);

    /// The rate `p`, a fraction.
    ///
    /// # Errors
    /// [`RateError`] if `p` is not a number from 0 to 1.
    pub fn new(p: f64) -> Result<Self, RateError> {
        // `+ 0.0` makes a rate of −0.0 print as 0.
        if (0.0..=1.0).contains(&p) { Ok(Self(p + 0.0)) } else { Err(RateError { found: p.to_string() }) }
    }

    /// The rate as a fraction.
    pub const fn get(self) -> f64 {
        self.0
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for Rate {
    type Err = RateError;

    fn from_str(text: &str) -> Result<Self, RateError> {
        let wrong = || RateError { found: text.to_owned() };
        let trimmed = text.trim();
        // A percentage is the number with its decimal exponent two lower, so that 0.7% is just 0.007.
        let value: f64 = match trimmed.strip_suffix('%').map(str::trim_end) {
            None => trimmed.parse().map_err(|_| wrong())?,
            Some(percent) => {
                let (digits, exponent) = percent.split_once(['e', 'E']).unwrap_or((percent, "0"));
                let exponent: i32 = exponent.parse().map_err(|_| wrong())?;
                format!("{digits}e{}", exponent.saturating_sub(2)).parse().map_err(|_| wrong())?
            }
        };
        Self::new(value).map_err(|_| wrong())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fractions_and_percentages_mean_the_same() {
        for (text, p) in
            [("0.001", 0.001), ("0.1%", 0.001), ("1e-9", 1e-9), ("100 %", 1.0), ("0", 0.0), ("-0", 0.0)]
        {
            assert_eq!(text.parse::<Rate>().unwrap(), Rate::new(p).unwrap(), "{text}");
        }
    }

    #[test]
    fn percentages_are_the_decimal_numbers_they_name() {
        for tenths in 1..1000u32 {
            let (whole, tenth) = (tenths / 10, tenths % 10);
            let rate: Rate = format!("{whole}.{tenth}%").parse().unwrap();
            assert_eq!(rate, format!("0.{tenths:03}").parse().unwrap(), "{whole}.{tenth}%");
        }
        assert_eq!("1e-3%".parse(), "1e-5".parse::<Rate>());
    }

    #[test]
    fn what_is_no_probability_is_refused() {
        for text in ["", "%", "e%", "1e%", "1e5%", "1.1", "101%", "-0.1", "nan", "inf", "p"] {
            assert!(text.parse::<Rate>().unwrap_err().to_string().contains(text), "{text}");
        }
        assert!(Rate::new(f64::NAN).is_err());
    }
}
