//! How the elements of a tensor lie in memory.

use std::fmt;

use flip_core::BitWidth;

use crate::scheme::Scheme;

/// How the elements of a tensor lie in memory.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum StoredAs {
    /// Floats, as codes of a scheme.
    Quantised(Scheme),
    /// As the file has them, so many bits each.
    InFile(BitWidth),
}

impl StoredAs {
    /// Bits of an element.
    pub fn bits(self) -> BitWidth {
        match self {
            Self::Quantised(scheme) => scheme.bits(),
            Self::InFile(width) => width,
        }
    }

    /// The scheme, if elements are quantised.
    pub fn scheme(self) -> Option<Scheme> {
        match self {
            Self::Quantised(scheme) => Some(scheme),
            Self::InFile(_) => None,
        }
    }
}

impl From<Scheme> for StoredAs {
    fn from(scheme: Scheme) -> Self {
        Self::Quantised(scheme)
    }
}

impl fmt::Display for StoredAs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Quantised(scheme) => scheme.fmt(f),
            Self::InFile(width) => write!(f, "{width} bits, as the file has them"),
        }
    }
}
