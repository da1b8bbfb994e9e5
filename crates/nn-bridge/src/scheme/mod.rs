//! Quantisation schemes: how a float weight becomes a code of m bits, with all the switches of Stutz et al. (MLSys 2021,
//! section 3.1 and appendix).

mod error;
mod name;

use std::fmt;

use flip_core::{BitWidth, WidthError};

pub use self::error::SchemeError;
pub use self::name::SchemeName;

/// How weights are quantised.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scheme {
    bits: BitWidth,
    range: RangeRule,
    /// Whether the range is centred on 0.
    pub symmetry: Symmetry,
    /// How codes are stored.
    pub sign: Sign,
    /// What becomes of the fraction.
    pub rounding: Rounding,
    clip: Option<f64>,
}

/// Where a tensor's range comes from.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum RangeRule {
    /// From the tensor's own weights.
    PerTensor,
    /// ±this for all tensors.
    Global(f64),
    /// From the grid that the tensor's weights lie on already: whole multiples of a step.
    Stored,
}

/// Whether the range is centred on 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Symmetry {
    /// ±r.
    Symmetric,
    /// From the least to the greatest weight.
    Asymmetric,
}

/// How codes are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sign {
    /// In two's complement.
    Signed,
    /// With 2^(m−1) added, as unsigned numbers.
    Unsigned,
}

/// What becomes of the fraction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rounding {
    /// Cut off, toward zero (of unsigned codes: after 2^(m−1) was added).
    Truncate,
    /// Rounded to the nearest, ties to even.
    Nearest,
}

/// The range of the preset `global`.
pub const GLOBAL_RANGE: f64 = 1.0;

/// Switches of which a name has one.
const OPPOSITES: [[&str; 2]; 3] =
    [["symmetric", "asymmetric"], ["signed", "unsigned"], ["truncated", "rounded"]];

impl Scheme {
    /// Preset `global`: range ±1 for all tensors, symmetric, signed, truncated.
    ///
    /// # Errors
    /// [`SchemeError::Bits`] unless `bits` is 2..=8, 16 or 32.
    pub fn global(bits: u32) -> Result<Self, SchemeError> {
        Ok(Self { range: RangeRule::Global(GLOBAL_RANGE), ..Self::normal(bits)? })
    }

    /// Preset `normal`: range per tensor, symmetric, signed, truncated.
    ///
    /// # Errors
    /// [`SchemeError::Bits`] unless `bits` is 2..=8, 16 or 32.
    pub fn normal(bits: u32) -> Result<Self, SchemeError> {
        // One bit has no positive step: 2^(m−1) − 1 = 0.
        if bits == 1 {
            return Err(SchemeError::Bits { found: bits });
        }
        Ok(Self {
            bits: BitWidth::new(bits).map_err(|WidthError { found }| SchemeError::Bits { found })?,
            range: RangeRule::PerTensor,
            symmetry: Symmetry::Symmetric,
            sign: Sign::Signed,
            rounding: Rounding::Truncate,
            clip: None,
        })
    }

    /// Preset `rquant`: range per tensor, asymmetric, unsigned, rounded.
    ///
    /// # Errors
    /// [`SchemeError::Bits`] unless `bits` is 2..=8, 16 or 32.
    pub fn rquant(bits: u32) -> Result<Self, SchemeError> {
        let (symmetry, sign) = (Symmetry::Asymmetric, Sign::Unsigned);
        Ok(Self { symmetry, sign, rounding: Rounding::Nearest, ..Self::normal(bits)? })
    }

    /// Preset `stored`: weights that are integers times a scale already, one for each tensor, keep their integers; in two's complement,
    /// or with `+unsigned` counted from the least weight.
    ///
    /// # Errors
    /// [`SchemeError::Bits`] unless `bits` is 2..=8 or 16.
    pub fn stored(bits: u32) -> Result<Self, SchemeError> {
        if bits == 32 {
            return Err(SchemeError::Bits { found: bits });
        }
        Ok(Self { range: RangeRule::Stored, rounding: Rounding::Nearest, ..Self::normal(bits)? })
    }

    /// A preset (`global`, `normal`, `rquant`, `stored`) with switches added to it: `+symmetric`, `+asymmetric`, `+signed`,
    /// `+unsigned`, `+truncated`, `+rounded`, in upper or lower case. So `normal+asymmetric+unsigned+rounded` is `rquant`.
    ///
    /// # Errors
    /// [`SchemeError`] for an unknown name or unsupported bits.
    pub fn named(name: &str, bits: u32) -> Result<Self, SchemeError> {
        let unknown = |part: &str| SchemeError::Name { name: name.to_owned(), part: part.to_owned() };
        let lower = name.to_ascii_lowercase();
        let mut parts = lower.split('+').map(str::trim);
        let preset = parts.next().unwrap_or_default();
        let mut scheme = match preset {
            "global" => Self::global(bits)?,
            "normal" => Self::normal(bits)?,
            "rquant" => Self::rquant(bits)?,
            "stored" => Self::stored(bits)?,
            other => return Err(unknown(other)),
        };
        let mut said: Vec<&str> = Vec::new();
        for switch in parts {
            match switch {
                "symmetric" => scheme.symmetry = Symmetry::Symmetric,
                "asymmetric" => scheme.symmetry = Symmetry::Asymmetric,
                "signed" => scheme.sign = Sign::Signed,
                "unsigned" => scheme.sign = Sign::Unsigned,
                "truncated" => scheme.rounding = Rounding::Truncate,
                "rounded" => scheme.rounding = Rounding::Nearest,
                other => return Err(unknown(other)),
            }
            let excludes =
                |other: &&str| OPPOSITES.contains(&[*other, switch]) || OPPOSITES.contains(&[switch, *other]);
            if let Some(other) = said.iter().copied().find(|other| excludes(other)) {
                let (first, second) = (other.to_owned(), switch.to_owned());
                return Err(SchemeError::Contradiction { name: name.to_owned(), first, second });
            }
            said.push(switch);
        }
        let is_kept = scheme.symmetry == Symmetry::Symmetric && scheme.rounding == Rounding::Nearest;
        if scheme.range == RangeRule::Stored && !is_kept {
            return Err(SchemeError::AsTheyAre { what: "+asymmetric or +truncated" });
        }
        Ok(scheme)
    }

    /// Bits per weight.
    pub fn bits(&self) -> BitWidth {
        self.bits
    }

    /// The same scheme with other bits.
    ///
    /// # Errors
    /// [`SchemeError::Bits`] unless `bits` is 2..=8, 16 or 32.
    pub fn with_bits(self, bits: u32) -> Result<Self, SchemeError> {
        let of_range =
            if self.range == RangeRule::Stored { Self::stored(bits)? } else { Self::normal(bits)? };
        Ok(Self { bits: of_range.bits, ..self })
    }

    /// Its name, of which [`named`](Self::named) makes the same scheme, but for clipping and another global range.
    pub fn name(&self) -> String {
        let preset = match self.range {
            RangeRule::PerTensor => "normal",
            RangeRule::Global(_) => "global",
            RangeRule::Stored if self.sign == Sign::Unsigned => return "stored+unsigned".to_owned(),
            RangeRule::Stored => return "stored".to_owned(),
        };
        let switches = [
            (self.symmetry == Symmetry::Asymmetric, "+asymmetric"),
            (self.sign == Sign::Unsigned, "+unsigned"),
            (self.rounding == Rounding::Nearest, "+rounded"),
        ];
        let switches = switches.into_iter().filter_map(|(is_on, switch)| is_on.then_some(switch));
        match std::iter::once(preset).chain(switches).collect::<String>() {
            name if name == "normal+asymmetric+unsigned+rounded" => "rquant".to_owned(),
            name => name,
        }
    }

    /// Whether codes are numbers whose top bit is their sign, so that 0 has the code 0.
    pub fn has_sign(&self) -> bool {
        self.sign == Sign::Signed && self.symmetry == Symmetry::Symmetric
    }

    /// Where a tensor's range comes from.
    pub fn range(&self) -> RangeRule {
        self.range
    }

    /// Weights are clipped to ±this before everything else.
    pub fn clip(&self) -> Option<f64> {
        self.clip
    }

    /// The same scheme with weights clipped to ±`limit`.
    ///
    /// # Errors
    /// [`SchemeError::Limit`] unless `limit` is a number above 0, also as float32; [`SchemeError::AsTheyAre`] of a stored grid.
    pub fn clipped(self, limit: f64) -> Result<Self, SchemeError> {
        let clip = Some(positive("clipping bound", limit)?);
        self.with_range_of_its_own("clipping")?;
        Ok(Self { clip, ..self })
    }

    /// Checks that weights need not stay as they are.
    fn with_range_of_its_own(self, what: &'static str) -> Result<(), SchemeError> {
        if self.range == RangeRule::Stored { Err(SchemeError::AsTheyAre { what }) } else { Ok(()) }
    }

    /// The same scheme with the range ±`range` for all tensors.
    ///
    /// # Errors
    /// [`SchemeError::Limit`] unless `range` is a number above 0, also as float32; [`SchemeError::AsTheyAre`] of a stored grid.
    pub fn with_global_range(self, range: f64) -> Result<Self, SchemeError> {
        let range = RangeRule::Global(positive("global range", range)?);
        self.with_range_of_its_own("a global range")?;
        Ok(Self { range, ..self })
    }
}

fn positive(what: &'static str, found: f64) -> Result<f64, SchemeError> {
    let rounded = found as f32;
    if rounded > 0.0 && rounded.is_finite() { Ok(found) } else { Err(SchemeError::Limit { what, found }) }
}

impl fmt::Display for Scheme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.range {
            RangeRule::PerTensor => write!(f, "{} bits, range per tensor", self.bits)?,
            RangeRule::Global(range) => write!(f, "{} bits, range ±{range}", self.bits)?,
            RangeRule::Stored => {
                let sign = if self.sign == Sign::Unsigned { "unsigned" } else { "signed" };
                return write!(f, "{} bits, the grid that weights lie on, {sign}", self.bits);
            }
        }
        f.write_str(match self.symmetry {
            Symmetry::Symmetric => ", symmetric",
            Symmetry::Asymmetric => ", asymmetric",
        })?;
        f.write_str(match self.sign {
            Sign::Signed => ", signed",
            Sign::Unsigned => ", unsigned",
        })?;
        f.write_str(match self.rounding {
            Rounding::Truncate => ", truncated",
            Rounding::Nearest => ", rounded",
        })?;
        match self.clip {
            Some(limit) => write!(f, ", weights clipped to ±{limit}"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_papers_steps_lead_from_normal_to_rquant() {
        let steps = [
            "normal",
            "normal+asymmetric",
            "normal+asymmetric+unsigned",
            "normal+asymmetric+unsigned+rounded",
        ];
        let schemes = steps.map(|name| Scheme::named(name, 8).unwrap());
        assert_eq!(schemes[0], Scheme::normal(8).unwrap());
        assert_eq!(schemes[3], Scheme::rquant(8).unwrap());
        assert!(schemes.windows(2).all(|pair| pair[0] != pair[1]));
        // Said twice is said once; a preset's own is overruled by one switch, not by two.
        assert_eq!(Scheme::named("rquant+signed+signed", 4), Scheme::named("rquant+signed", 4));
        let contradiction = Scheme::named("rquant+signed+unsigned", 4).unwrap_err().to_string();
        assert!(contradiction.contains("both +signed and +unsigned"), "{contradiction}");
        assert_eq!(Scheme::named("global", 4).unwrap(), Scheme::global(4).unwrap());
        for name in ["rquant", "normal", "global", "normal+unsigned", "global+asymmetric+rounded"] {
            let scheme = Scheme::named(name, 4).unwrap();
            assert_eq!((scheme.name(), Scheme::named(&scheme.name(), 4)), (name.to_owned(), Ok(scheme)));
        }
    }

    #[test]
    fn what_is_no_scheme_is_refused() {
        for bits in [0, 1, 9, 12, 33] {
            assert_eq!(Scheme::rquant(bits), Err(SchemeError::Bits { found: bits }));
        }
        for name in ["", "RQuantum", "normal+", "rounded", "normal+fast"] {
            assert!(name.parse::<SchemeName>().is_err(), "{name}");
        }
        let normal = Scheme::normal(8).unwrap();
        assert!(normal.clipped(0.0).is_err() && normal.clipped(f64::NAN).is_err());
        assert!(normal.with_global_range(1e39).is_err() && normal.clipped(1e-50).is_err());
    }
}
