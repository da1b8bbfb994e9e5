//! Files of `NumPy` arrays (npy): the header, which says type, order and shape, and the elements that follow it.
//!
//! ```text
//! \x93NUMPY  version (2 bytes)  length (2 or 4 bytes)  {'descr': '<f4', 'fortran_order': False, 'shape': (64, 128), }  elements
//! ```
//!
//! The header is a dictionary as Python prints it, of which only the three keys are looked for. Nothing is read but what is asked
//! for, so that an array of any size takes no memory here. Packed arrays (npz) are zip files of such files.

mod element;

use std::io::{self, Read};

use thiserror::Error;

pub use self::element::{ElementKind, ElementType, Number};

/// The bytes that every array file begins with.
pub const MAGIC: &[u8] = b"\x93NUMPY";

/// Longer headers describe records with names, which are not read.
const MAX_HEADER_BYTES: u64 = 1 << 16;

/// What a header says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// The type of the elements.
    pub element: ElementType,
    /// Whether the first index runs fastest, not the last one.
    pub fortran_order: bool,
    /// The sides of the array, none for a single number.
    pub shape: Vec<usize>,
}

/// Why a file is no array that is read.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum NpyError {
    /// Its bytes cannot be read.
    #[error("cannot read the array")]
    Read(#[from] io::Error),
    /// Its header is none, or of an array that is not read.
    #[error("found {found}, expected {expected}")]
    Header {
        /// What was found.
        found: String,
        /// What was expected.
        expected: String,
    },
}

impl NpyError {
    fn header(found: impl Into<String>, expected: impl Into<String>) -> Self {
        Self::Header { found: found.into(), expected: expected.into() }
    }
}

impl Header {
    /// Reads a header; what follows are the elements.
    ///
    /// # Errors
    /// [`NpyError`] if the file cannot be read, begins with no header of version 1 to 3, or is of records, texts or other elements
    /// than [`ElementType`] has.
    pub fn read(file: &mut impl Read) -> Result<Self, NpyError> {
        let mut next = |most: u64| -> io::Result<Vec<u8>> {
            let mut bytes = Vec::new();
            file.take(most).read_to_end(&mut bytes)?;
            Ok(bytes)
        };
        let length_bytes = match (next(6)?.as_slice() == MAGIC, next(2)?.first()) {
            (true, Some(1)) => 2,
            (true, Some(2 | 3)) => 4,
            _ => return Err(NpyError::header("no header of a NumPy array", "one of version 1 to 3")),
        };
        let length =
            next(length_bytes)?.iter().rev().fold(0u64, |length, &byte| length << 8 | u64::from(byte));
        if length > MAX_HEADER_BYTES {
            let expected = format!("at most {MAX_HEADER_BYTES}");
            return Err(NpyError::header(format!("a header of {length} bytes"), expected));
        }
        Self::parse(&String::from_utf8_lossy(&next(length)?))
    }

    fn parse(text: &str) -> Result<Self, NpyError> {
        let of = |key: &str| {
            let value = text.split_once(&format!("'{key}':")).map(|(_, value)| value.trim_start());
            value.ok_or_else(|| {
                NpyError::header(format!("no `{key}` in the header"), "descr, fortran_order and shape")
            })
        };
        let descr = of("descr")?.strip_prefix('\'').and_then(|rest| rest.split_once('\''));
        let (descr, _) =
            descr.ok_or_else(|| NpyError::header("records", "an array of one type of numbers"))?;
        let order = of("fortran_order")?;
        let fortran_order = order.starts_with("True");
        if !fortran_order && !order.starts_with("False") {
            return Err(NpyError::header("no order of elements", "fortran_order as True or False"));
        }
        let sides = of("shape")?.strip_prefix('(').and_then(|rest| rest.split_once(')'));
        let (sides, _) =
            sides.ok_or_else(|| NpyError::header("no shape", "sides in parentheses, as (64, 128)"))?;
        let side = |side: &str| {
            side.parse().map_err(|_| NpyError::header(format!("the side `{side}`"), "a whole number"))
        };
        let sides = sides.split(',').map(str::trim).filter(|side| !side.is_empty());
        Ok(Self { element: descr.parse()?, fortran_order, shape: sides.map(side).collect::<Result<_, _>>()? })
    }

    /// How many elements there are; `None` if no number of 64 bits holds them.
    pub fn elements(&self) -> Option<u64> {
        self.shape.iter().try_fold(1u64, |product, &side| product.checked_mul(side as u64))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(text: &str) -> String {
        Header::parse(text).unwrap_err().to_string()
    }

    #[test]
    fn headers_say_type_order_and_shape() {
        let good = Header::parse("{'descr': '|u1', 'fortran_order': False, 'shape': (2, 28, 28), }").unwrap();
        let element = "|u1".parse().unwrap();
        assert_eq!(good, Header { element, fortran_order: false, shape: vec![2, 28, 28] });
        assert_eq!(good.elements(), Some(2 * 28 * 28));
        let one = Header::parse("{'descr': '<i8', 'fortran_order': True, 'shape': (3,), }").unwrap();
        assert!(one.fortran_order && one.shape == [3]);
        let none = Header::parse("{'descr': '<i8', 'fortran_order': False, 'shape': (), }").unwrap();
        assert_eq!(none.elements(), Some(1));
        let huge = format!("{{'descr': '<i8', 'fortran_order': False, 'shape': ({0}, {0})}}", u64::MAX);
        assert_eq!(Header::parse(&huge).unwrap().elements(), None);
    }

    #[test]
    fn what_is_no_plain_array_is_refused_by_its_part() {
        let records = "{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (2,), }";
        for (text, part) in [
            (records, "records"),
            ("{'descr': '|u1', 'fortran_order': False, 'shape': (2, x), }", "`x`"),
            ("{'descr': '|u1', 'fortran_order': 0, 'shape': (2,), }", "True or False"),
            ("{'descr': '|u1', 'fortran_order': False, 'shape': 2, }", "(64, 128)"),
            ("{'descr': '<c8', 'fortran_order': False, 'shape': (2,), }", "`<c8`"),
            ("{}", "descr"),
        ] {
            let said = refused(text);
            assert!(said.contains(part), "{text}: {said}");
        }
        assert!(Header::read(&mut &b"\x93NUMPY\x02\0\xff\xff\xff\xff"[..]).is_err());
        assert!(Header::read(&mut &b"PK"[..]).is_err());
    }
}
