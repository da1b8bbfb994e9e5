//! How the elements of a tensor lie in memory.

use std::fmt;

use flip_core::BitWidth;

use crate::scheme::Scheme;

/// How the elements of a tensor lie in memory.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum StoredAs {
    /// Floats, as codes of a scheme.
    Quantised(Scheme),
    /// As the file has them: each in so many fields of this width.
    InFile {
        /// Bits of a field.
        width: BitWidth,
        /// Fields of an element.
        fields: u32,
    },
}

impl StoredAs {
    /// Bits of a field: of an element, if it is one.
    pub fn bits(self) -> BitWidth {
        match self {
            Self::Quantised(scheme) => scheme.bits(),
            Self::InFile { width, .. } => width,
        }
    }

    /// Fields of an element.
    pub fn fields(self) -> u32 {
        match self {
            Self::Quantised(_) => 1,
            Self::InFile { fields, .. } => fields,
        }
    }

    /// Bits of an element.
    pub fn element_bits(self) -> u32 {
        self.bits().bits() * self.fields()
    }

    /// The scheme, if elements are quantised.
    pub fn scheme(self) -> Option<Scheme> {
        match self {
            Self::Quantised(scheme) => Some(scheme),
            Self::InFile { .. } => None,
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
            Self::InFile { .. } => write!(f, "{} bits, as the file has them", self.element_bits()),
        }
    }
}
