//! Bit errors that a list names, put into an image again: rows of CSV with the columns `tensor`, `element`, `bit` and `before`, as
//! `inject --faultlist` writes them; other columns are passed over, but for `after`, which must agree.

use std::collections::HashMap;
use std::fmt;
use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::Path;

use csv::{ReaderBuilder, StringRecord, Trim};
use flip_core::{FaultKind, MaskError, SparseMask};
use thiserror::Error;

use crate::image::ImageLayout;

/// An image, quantised or as a file has it.
pub struct Replayed<'a> {
    /// Where its bits lie.
    pub layout: &'a ImageLayout,
    /// The names of its tensors, in its order.
    pub names: Vec<&'a str>,
    /// Bits of the elements of a tensor, 64 at most.
    pub element_bits: &'a dyn Fn(usize) -> u32,
    /// The bits of an element of a tensor, both by their number.
    pub element: &'a dyn Fn(usize, usize) -> u64,
}

impl fmt::Debug for Replayed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Replayed").field("names", &self.names).finish_non_exhaustive()
    }
}

/// A list does not say bit errors of an image.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ReplayError {
    /// It cannot be read.
    #[error("cannot read the list")]
    Read(#[from] io::Error),
    /// It is no CSV.
    #[error("the list is no CSV")]
    Csv(#[from] csv::Error),
    /// A column is missing.
    #[error("found the columns {found}, expected `{missing}` among them")]
    Column {
        /// What it has.
        found: String,
        /// What it has not.
        missing: &'static str,
    },
    /// A row says no bit of the image.
    #[error("line {line}: {what}")]
    Row {
        /// The line, from 1 on.
        line: u64,
        /// What is wrong.
        what: String,
    },
    /// They are no mask.
    #[error(transparent)]
    Mask(MaskError),
    /// A bit is there twice.
    #[error("found bit {bit} of element {element} of tensor {tensor} twice, expected each bit once")]
    Twice {
        /// The tensor.
        tensor: String,
        /// Its element.
        element: u64,
        /// The bit of it.
        bit: u64,
    },
}

/// Where the columns stand.
struct Columns {
    tensor: usize,
    element: usize,
    bit: usize,
    before: usize,
    after: Option<usize>,
}

/// The bit errors of an image that a list in a file names.
///
/// # Errors
/// [`ReplayError`] if a row names no bit of the image, or another value than stands there; so a list is put into just the weights
/// that it is of.
pub fn replay(list: &Path, of: &Replayed<'_>) -> Result<SparseMask, ReplayError> {
    read(BufReader::new(File::open(list)?), of)
}

fn read(list: impl Read, of: &Replayed<'_>) -> Result<SparseMask, ReplayError> {
    let mut rows = ReaderBuilder::new().comment(Some(b'#')).trim(Trim::All).from_reader(list);
    let columns = Columns::of(rows.headers()?)?;
    let numbers: HashMap<&str, usize> = of.names.iter().copied().zip(0..).collect();
    let mut bits = Vec::new();
    let mut row = StringRecord::new();
    while rows.read_record(&mut row)? {
        // A row's own position lies before comments and empty lines that are passed over.
        let (begin, after) = (row.position().map_or(0, csv::Position::line), rows.position().line());
        let line = begin.max(after - 1);
        bits.push(columns.bit(&row, of, &numbers).map_err(|what| ReplayError::Row { line, what })?);
    }
    let faults = bits.into_iter().map(|bit| (bit, FaultKind::Inverts));
    SparseMask::from_faults(of.layout.len_bits(), faults).map_err(|error| of.twice(error))
}

impl Columns {
    fn of(header: &StringRecord) -> Result<Self, ReplayError> {
        let at = |name: &str| header.iter().position(|column| column == name);
        let needed = |missing| {
            let found = || match header.iter().collect::<Vec<_>>().join(", ") {
                none if none.is_empty() => "none".to_owned(),
                some => some,
            };
            at(missing).ok_or_else(|| ReplayError::Column { found: found(), missing })
        };
        Ok(Self {
            tensor: needed("tensor")?,
            element: needed("element")?,
            bit: needed("bit")?,
            before: needed("before")?,
            after: at("after"),
        })
    }

    /// The bit of the image that a row names.
    fn bit(
        &self,
        row: &StringRecord,
        of: &Replayed<'_>,
        numbers: &HashMap<&str, usize>,
    ) -> Result<u64, String> {
        let text = |column: usize| row.get(column).unwrap_or_default();
        let name = text(self.tensor);
        let &tensor = numbers.get(name).ok_or_else(|| {
            let there = of.names.first().copied().unwrap_or("none");
            format!("found tensor {name}, expected one of the {} in memory, such as {there}", of.names.len())
        })?;
        let (range, width) = (of.layout.bits(tensor), u64::from((of.element_bits)(tensor)));
        let elements = (range.end - range.start) / width.max(1);
        let below = |column: usize, what: &str, end: u64| {
            let found = text(column);
            let number = whole(found).filter(|&number| number < end);
            number.ok_or_else(|| {
                format!("found {what} `{found}` of tensor {name}, expected 0 to one below {end}")
            })
        };
        let element = below(self.element, "element", elements)?;
        let bit = below(self.bit, "bit", width)?;
        let stored = (of.element)(tensor, element as usize);
        let found = text(self.before);
        if whole(found) != Some(stored) {
            return Err(format!(
                "found {found} before the bit error in element {element} of tensor {name}, and {stored:#x} in the weights: the list is of \
                 others, or of another quantisation"
            ));
        }
        match self.after.map(text) {
            Some(after) if whole(after).is_none_or(|after| (after ^ stored) >> bit & 1 == 0) => Err(format!(
                "found {after} after the bit error, expected {stored:#x} with bit {bit} inverted"
            )),
            _ => Ok(range.start + element * width + bit),
        }
    }
}

impl Replayed<'_> {
    /// Which bit is there twice; all lie in the image.
    fn twice(&self, error: MaskError) -> ReplayError {
        let MaskError::Duplicate { position } = error else { return ReplayError::Mask(error) };
        let tensor = self.layout.tensor(position).unwrap_or_default();
        let (begin, width) = (self.layout.bits(tensor).start, u64::from((self.element_bits)(tensor)).max(1));
        ReplayError::Twice {
            tensor: self.names.get(tensor).copied().unwrap_or_default().to_owned(),
            element: (position - begin) / width,
            bit: (position - begin) % width,
        }
    }
}

/// A whole number, decimal or with `0x`.
fn whole(text: &str) -> Option<u64> {
    match text.strip_prefix("0x") {
        Some(digits) if !digits.starts_with('+') => u64::from_str_radix(digits, 16).ok(),
        Some(_) => None,
        None if text.starts_with('+') => None,
        None => text.parse().ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Scheme, Tensor, WeightImage};

    fn image() -> WeightImage {
        let tensor = |name: &str, values: &[f32]| Tensor::from_f32(name, vec![values.len()], values).unwrap();
        let tensors = [tensor("a", &[0.5, -0.25, 0.125]), tensor("b, c", &[1.0, -1.0])];
        WeightImage::build(Scheme::normal(8).unwrap(), &tensors.iter().collect::<Vec<_>>()).unwrap()
    }

    fn replayed(list: &str) -> Result<Vec<u64>, String> {
        let image = image();
        let of = Replayed {
            layout: image.layout(),
            names: image.tensors().iter().map(|tensor| &*tensor.name).collect(),
            element_bits: &|_| 8,
            element: &|tensor, element| u64::from(image.code(tensor, element)),
        };
        let said = |error: ReplayError| format!("{error}: {:?}", std::error::Error::source(&error));
        Ok(read(list.as_bytes(), &of).map_err(said)?.iter().map(|(bit, _)| bit).collect())
    }

    #[test]
    fn rows_are_bits_of_the_image_in_any_order() {
        // 0.5 of 0.501 and 127 steps is 126; 1 is 126, too.
        let (a, b) = (image().code(0, 0), image().code(1, 0));
        assert_eq!([a, b], [126, 126]);
        let list =
            format!("# a note\nbit,more,tensor,element,before\n7,x,\"b, c\",0,{b:#x}\n 0 ,y, a ,0, {a}\n");
        assert_eq!(replayed(&list), Ok(vec![0, 3 * 8 + 7]));
        assert_eq!(replayed("tensor,element,bit,before,after\n"), Ok(vec![]));
        assert_eq!(replayed("tensor,element,bit,before,after\na,0,1,0x7e,0x7c\n"), Ok(vec![1]));
    }

    #[test]
    fn what_is_no_bit_error_of_these_weights_is_refused_by_line() {
        let refused = |rows: &str, parts: &[&str]| {
            let said = replayed(&format!("tensor,element,bit,before,after\n{rows}")).unwrap_err();
            assert!(parts.iter().all(|part| said.contains(part)), "{rows}: {said}");
        };
        refused("a,0,1,0x7f,0x7d\n", &["line 2: found 0x7f before", "0x7e in the weights"]);
        refused("# x\n\na,0,1,0x7f,0x7d\n", &["line 4: found 0x7f before"]);
        refused("a,0,1,0x7f,0x7d", &["line 2: found 0x7f before"]);
        refused("z,0,1,0,2\n", &["line 2: found tensor z, expected one of the 2 in memory, such as a"]);
        refused("a,3,1,0,2\n", &["found element `3` of tensor a, expected 0 to one below 3"]);
        refused("a,-1,1,0,2\n", &["found element `-1`"]);
        refused("a,0,8,0x7e,2\n", &["found bit `8` of tensor a, expected 0 to one below 8"]);
        refused("a,0,1,0x7e,0x7f\n", &["found 0x7f after the bit error, expected 0x7e with bit 1 inverted"]);
        refused("a,0,1,0x+7e,0x7c\n", &["found 0x+7e before"]);
        refused("a,0,1,0x7e\n", &["no CSV", "line: 2"]);
        refused(
            "a,0,1,0x7e,0x7c\na,0,2,0x7e,0x7a\na,0,1,0x7e,0x7c\n",
            &["found bit 1 of element 0 of tensor a twice"],
        );
        let said = replayed("").unwrap_err();
        assert!(said.contains("found the columns none, expected `tensor`"), "{said}");
        let said = replayed("tensor,element,before\n").unwrap_err();
        assert!(said.contains("found the columns tensor, element, before, expected `bit`"), "{said}");
    }
}
