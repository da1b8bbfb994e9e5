//! Schemes as typed.

use std::fmt;
use std::str::FromStr;

use super::{Scheme, SchemeError};

/// The name of a scheme, checked; bits are given apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SchemeName(String);

impl SchemeName {
    /// The scheme of this name with these bits.
    ///
    /// # Errors
    /// [`SchemeError::Bits`] unless `bits` is 2..=8, 16 or 32.
    pub fn with_bits(&self, bits: u32) -> Result<Scheme, SchemeError> {
        Scheme::named(&self.0, bits)
    }
}

impl FromStr for SchemeName {
    type Err = SchemeError;

    fn from_str(name: &str) -> Result<Self, SchemeError> {
        Scheme::named(name, 8).map(|_| Self(name.to_owned()))
    }
}

impl fmt::Display for SchemeName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
