//! The elements of arrays: of which type they are, and their numbers.

use std::fmt;
use std::str::FromStr;

use super::NpyError;

/// What elements are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ElementKind {
    /// True or false, a byte each.
    Bool,
    /// Whole numbers from 0 on.
    Unsigned,
    /// Whole numbers.
    Signed,
    /// Floating-point numbers.
    Float,
}

/// The type of an array's elements: bool, whole numbers of 1, 2, 4 or 8 bytes, or floats of 2, 4 or 8, in either byte order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ElementType {
    kind: ElementKind,
    bytes: usize,
    is_big: bool,
}

/// The number that an element is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Number {
    /// A whole number; true is 1.
    Whole(i128),
    /// A floating-point number, which may be none (NaN).
    Float(f64),
}

impl ElementType {
    /// What elements are.
    pub fn kind(self) -> ElementKind {
        self.kind
    }

    /// Whether the most significant byte of an element comes first.
    pub fn is_big_endian(self) -> bool {
        self.is_big
    }

    /// Bytes of an element: 1, 2, 4 or 8.
    pub fn bytes(self) -> usize {
        self.bytes
    }

    /// The number that an element's bytes, as many as [`bytes`](Self::bytes) says, are. A byte of a bool that is neither 0 nor 1
    /// is given as it is.
    pub fn number(self, bytes: &[u8]) -> Number {
        let add = |number: u64, byte: &u8| number << 8 | u64::from(*byte);
        let bits = if self.is_big { bytes.iter().fold(0, add) } else { bytes.iter().rev().fold(0, add) };
        match (self.kind, self.bytes) {
            (ElementKind::Bool | ElementKind::Unsigned, _) => Number::Whole(bits.into()),
            (ElementKind::Signed, size) => {
                let unused = 64 - 8 * size as u32;
                Number::Whole(((bits << unused).cast_signed() >> unused).into())
            }
            (ElementKind::Float, 2) => Number::Float(half::f16::from_bits(bits as u16).to_f64()),
            (ElementKind::Float, 4) => Number::Float(f32::from_bits(bits as u32).into()),
            (ElementKind::Float, _) => Number::Float(f64::from_bits(bits)),
        }
    }
}

impl FromStr for ElementType {
    type Err = NpyError;

    /// Parses a type as headers have it: `|b1`, `<f4`, `>i8`. Without a sign for the byte order it is little-endian, as `=` is
    /// where such files are written today.
    fn from_str(text: &str) -> Result<Self, NpyError> {
        let plain = text.trim_start_matches(['|', '<', '=', '>']);
        let kind = match plain.get(..1) {
            Some("b") => ElementKind::Bool,
            Some("u") => ElementKind::Unsigned,
            Some("i") => ElementKind::Signed,
            Some("f") => ElementKind::Float,
            _ => return Err(unknown(text)),
        };
        let bytes = match (kind, &plain[1..]) {
            (ElementKind::Bool | ElementKind::Unsigned | ElementKind::Signed, "1") => 1,
            (ElementKind::Unsigned | ElementKind::Signed | ElementKind::Float, "2") => 2,
            (ElementKind::Unsigned | ElementKind::Signed | ElementKind::Float, "4") => 4,
            (ElementKind::Unsigned | ElementKind::Signed | ElementKind::Float, "8") => 8,
            _ => return Err(unknown(text)),
        };
        Ok(Self { kind, bytes, is_big: text.starts_with('>') })
    }
}

fn unknown(text: &str) -> NpyError {
    NpyError::header(
        format!("elements of type `{text}`"),
        "bool, whole numbers of up to 64 bits, or floats of 16, 32 or 64",
    )
}

impl fmt::Display for ElementType {
    /// As headers have it, without a sign for the byte order if that is little-endian.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let letter = match self.kind {
            ElementKind::Bool => 'b',
            ElementKind::Unsigned => 'u',
            ElementKind::Signed => 'i',
            ElementKind::Float => 'f',
        };
        write!(f, "{}{letter}{}", if self.is_big { ">" } else { "" }, self.bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(descr: &str, bytes: &[u8]) -> Number {
        descr.parse::<ElementType>().unwrap().number(bytes)
    }

    #[test]
    fn numbers_come_back_from_their_bytes_in_either_order() {
        for value in [0i64, 1, -1, 127, -128] {
            let (little, big) = (value.to_le_bytes(), value.to_be_bytes());
            for size in [1, 2, 4, 8] {
                let whole = Number::Whole(value.into());
                assert_eq!(number(&format!("<i{size}"), &little[..size]), whole);
                assert_eq!(number(&format!(">i{size}"), &big[8 - size..]), whole);
            }
        }
        assert_eq!(number("<u8", &u64::MAX.to_le_bytes()), Number::Whole(u64::MAX.into()));
        assert_eq!(number("|u1", &[255]), Number::Whole(255));
        assert_eq!(number("|b1", &[1]), Number::Whole(1));
        for value in [0.0f32, 0.25, -1.5, f32::INFINITY] {
            let float = Number::Float(value.into());
            assert_eq!(number("<f4", &value.to_le_bytes()), float);
            assert_eq!(number(">f8", &f64::from(value).to_be_bytes()), float);
            assert_eq!(number("<f2", &half::f16::from_f32(value).to_le_bytes()), float);
        }
    }

    #[test]
    fn types_are_written_as_they_are_read_and_others_refused() {
        for descr in ["|b1", "|u1", "<u2", ">i4", "<f2", ">f8", "=f4"] {
            let element: ElementType = descr.parse().unwrap();
            assert_eq!(element.to_string().parse::<ElementType>().unwrap(), element, "{descr}");
        }
        for descr in ["", "<", "<f16", "<c8", "|O", "<U3", "|b2", "<f1", "<i3", "é1", "<M8[ns]"] {
            let said = descr.parse::<ElementType>().unwrap_err().to_string();
            assert!(said.contains(&format!("`{descr}`")), "{said}");
        }
    }
}
