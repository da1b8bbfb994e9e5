//! Bit planes of weights, as typed.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// Which bits of each weight.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Planes {
    /// All.
    #[default]
    All,
    /// None.
    None,
    /// The most significant ones.
    Msb(u32),
    /// The least significant ones.
    Lsb(u32),
    /// Those that no other region has.
    Rest,
}

/// What names no bit planes.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("`{0}` names no bit planes: expected all, rest, none, or a number of them such as msb:2 or lsb:6")]
pub struct PlanesError(String);

impl Planes {
    /// These planes of weights of `width` bits, bit 0 the LSB; of [`Rest`](Self::Rest) what `others` leave.
    pub(in crate::memory) fn mask(self, width: u32, others: u32) -> u32 {
        let low = |count: u32| if count >= 32 { u32::MAX } else { (1 << count) - 1 };
        let all = low(width);
        match self {
            Self::All => all,
            Self::None => 0,
            Self::Msb(count) => all & !low(width.saturating_sub(count)),
            Self::Lsb(count) => low(count.min(width)),
            Self::Rest => all & !others,
        }
    }
}

impl fmt::Display for Planes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::All => f.write_str("all"),
            Self::None => f.write_str("none"),
            Self::Msb(count) => write!(f, "msb:{count}"),
            Self::Lsb(count) => write!(f, "lsb:{count}"),
            Self::Rest => f.write_str("rest"),
        }
    }
}

impl FromStr for Planes {
    type Err = PlanesError;

    fn from_str(text: &str) -> Result<Self, PlanesError> {
        let wrong = || PlanesError(text.to_owned());
        let count =
            |count: &str| count.parse().ok().filter(|count| (1..=32).contains(count)).ok_or_else(wrong);
        match text.split_once(':') {
            None => match text {
                "all" => Ok(Self::All),
                "rest" => Ok(Self::Rest),
                "none" => Ok(Self::None),
                _ => Err(wrong()),
            },
            Some(("msb", number)) => count(number).map(Self::Msb),
            Some(("lsb", number)) => count(number).map(Self::Lsb),
            Some(_) => Err(wrong()),
        }
    }
}

impl TryFrom<String> for Planes {
    type Error = PlanesError;

    fn try_from(text: String) -> Result<Self, PlanesError> {
        text.parse()
    }
}

impl From<Planes> for String {
    fn from(planes: Planes) -> Self {
        planes.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn planes_count_from_either_end() {
        for (text, width, mask) in [
            ("all", 8, 0xff),
            ("none", 8, 0),
            ("msb:2", 8, 0xc0),
            ("lsb:6", 8, 0x3f),
            ("msb:2", 1, 1),
            ("lsb:9", 4, 0xf),
            ("msb:32", 32, u32::MAX),
            ("lsb:1", 32, 1),
            ("rest", 4, 0b0100),
        ] {
            let planes: Planes = text.parse().unwrap();
            assert_eq!(planes.mask(width, 0b1011), mask, "{text} of {width}");
            assert_eq!(planes.to_string(), text);
        }
        for wrong in ["", "msb", "msb:", "msb:0", "msb:33", "lsb:-1", "top:2", "ALL"] {
            assert!(wrong.parse::<Planes>().is_err(), "{wrong}");
        }
    }
}
