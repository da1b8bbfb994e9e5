//! What differs between two files of weights, bit by bit.

use std::collections::HashMap;

use flip_core::Bits;
use serde::Serialize;

use crate::as_stored::{Element, NumberChanges};
use crate::quantise::Coded;
use crate::weights::{Tensor, WeightFile};

/// Elements that are compared at a time: whole bytes of any width, and so few that most have none that differs at the rates of bit errors.
const CHUNK: usize = 1 << 4;

/// What differs between two files of weights.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Difference {
    /// Tensors that can be compared, in the order of the first file.
    pub tensors: Vec<TensorDifference>,
    /// Tensors that only the first file has.
    pub only_in_first: Vec<String>,
    /// Tensors that only the second file has.
    pub only_in_second: Vec<String>,
    /// Tensors of other types, shapes or ranges.
    pub unlike: Vec<Unlike>,
}

/// A tensor that is another in each file.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Unlike {
    /// Its name.
    pub tensor: String,
    /// What the first file has.
    pub first: String,
    /// What the second file has.
    pub second: String,
}

/// What differs between two tensors of a name.
#[derive(Clone, Debug, Serialize)]
pub struct TensorDifference {
    /// The tensor.
    pub name: String,
    /// The type of its elements.
    pub dtype: String,
    /// Its elements; of blocks their bytes.
    pub elements: u64,
    /// Bits of an element.
    pub bits_per_element: u32,
    /// Bits that differ.
    pub bits: u64,
    /// Elements of which a bit differs.
    pub differing_elements: u64,
    /// How far apart its numbers are.
    #[serde(flatten)]
    pub change: NumberChanges,
}

/// An element that differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DifferingElement<'a> {
    /// Its tensor.
    pub tensor: &'a str,
    /// Its number.
    pub element: u64,
    /// Its bits in the first file.
    pub before: u64,
    /// Its bits in the second.
    pub after: u64,
}

/// A tensor of one of the files.
#[derive(Clone, Copy)]
enum Side<'a> {
    Stored(&'a Tensor, Element),
    Coded(&'a Tensor, &'a Coded),
}

/// Compares two files, tensor by tensor: what they store, or their codes if they are files of codes. `each` gets every element that
/// differs, in the order of the first file.
///
/// # Errors
/// What `each` fails with.
pub fn difference<E>(
    first: &WeightFile,
    second: &WeightFile,
    each: &mut dyn FnMut(DifferingElement<'_>) -> Result<(), E>,
) -> Result<Difference, E> {
    let mut difference = Difference::default();
    let mut others: HashMap<&str, &Tensor> =
        second.tensors().iter().map(|tensor| (&*tensor.name, tensor)).collect();
    for tensor in first.tensors() {
        let Some(other) = others.remove(&*tensor.name) else {
            difference.only_in_first.push(tensor.name.clone());
            continue;
        };
        let (a, b) = (Side::of(tensor), Side::of(other));
        if a.is_like(b) {
            difference.tensors.push(TensorDifference::between(a, b, each)?);
        } else {
            let (first, second) = (a.words(), b.words());
            difference.unlike.push(Unlike { tensor: tensor.name.clone(), first, second });
        }
        [tensor, other].into_iter().for_each(Tensor::release);
    }
    let left = second.tensors().iter().filter(|tensor| others.contains_key(&*tensor.name));
    difference.only_in_second = left.map(|tensor| tensor.name.clone()).collect();
    Ok(difference)
}

impl<'a> Side<'a> {
    fn of(tensor: &'a Tensor) -> Self {
        match tensor.coded() {
            Some(coded) => Self::Coded(tensor, coded),
            // What is not known is compared as bytes.
            None => Self::Stored(tensor, Element::of(tensor).unwrap_or(Element::BYTE)),
        }
    }

    fn tensor(self) -> &'a Tensor {
        match self {
            Self::Stored(tensor, _) | Self::Coded(tensor, _) => tensor,
        }
    }

    /// Whether elements of the same number mean the same in both.
    fn is_like(self, other: Self) -> bool {
        let (a, b) = (self.tensor(), other.tensor());
        let same = match (self, other) {
            (Self::Stored(..), Self::Stored(..)) => a.elements() == b.elements(),
            (Self::Coded(_, a), Self::Coded(_, b)) => a.quantizer() == b.quantizer(),
            _ => false,
        };
        same && a.shape == b.shape
    }

    fn words(self) -> String {
        let shape = &self.tensor().shape;
        match self {
            Self::Stored(tensor, _) => format!("{} {shape:?}", tensor.elements()),
            Self::Coded(_, coded) => {
                let (scheme, (lo, hi)) = (coded.quantizer().scheme(), coded.quantizer().range());
                format!("codes {shape:?} of {scheme}, {lo} to {hi}")
            }
        }
    }

    /// Type and bits of an element.
    fn element(self) -> (String, u32) {
        match self {
            Self::Stored(tensor, element) => (tensor.elements().to_string(), element.bits()),
            Self::Coded(_, coded) => {
                let bits = coded.codes().width().bits();
                (format!("codes of {bits} bits"), bits)
            }
        }
    }

    fn bytes(self) -> &'a [u8] {
        match self {
            Self::Stored(tensor, _) => tensor.bytes(),
            Self::Coded(_, coded) => coded.codes().as_bytes(),
        }
    }

    fn elements(self) -> u64 {
        match self {
            Self::Stored(tensor, element) => tensor.bytes().len() as u64 * 8 / u64::from(element.bits()),
            Self::Coded(_, coded) => coded.codes().len() as u64,
        }
    }

    /// Whether elements are bytes of blocks, which are no numbers by themselves.
    fn is_of_block(self) -> bool {
        matches!(self, Self::Stored(_, element) if element.is_of_block())
    }
}

impl TensorDifference {
    fn between<E>(
        a: Side<'_>,
        b: Side<'_>,
        each: &mut dyn FnMut(DifferingElement<'_>) -> Result<(), E>,
    ) -> Result<Self, E> {
        let (dtype, width) = a.element();
        let (before, after) = (a.bytes(), b.bytes());
        let elements = a.elements().min(b.elements());
        let tensor = a.tensor();
        let mut found = Self {
            name: tensor.name.clone(),
            dtype,
            elements,
            bits_per_element: width,
            bits: 0,
            differing_elements: 0,
            change: if a.is_of_block() { NumberChanges::unknown() } else { NumberChanges::default() },
        };
        for begin in (0..elements).step_by(CHUNK) {
            let end = elements.min(begin + CHUNK as u64);
            let first = (begin * u64::from(width) / 8) as usize;
            let range = first..(end * u64::from(width)).div_ceil(8) as usize;
            if before.get(range.clone()) == after.get(range) {
                continue;
            }
            for element in begin..end {
                let field = |bytes| Bits::new(bytes).field(element * u64::from(width), width);
                let (before, after) = (field(before), field(after));
                if before != after {
                    found.count(a, before, after);
                    each(DifferingElement { tensor: &tensor.name, element, before, after })?;
                }
            }
        }
        Ok(found)
    }

    /// Counts an element that differs.
    fn count(&mut self, side: Side<'_>, before: u64, after: u64) {
        self.differing_elements += 1;
        self.bits += u64::from((before ^ after).count_ones());
        match side {
            Side::Stored(_, element) => {
                let numbers = element.numbers(before).zip(element.numbers(after));
                numbers.for_each(|(before, after)| self.change.count(before, after));
            }
            Side::Coded(_, coded) => {
                let mut values = [0.0; 2];
                coded.quantizer().decode(&[before as u32, after as u32], &mut values);
                self.change.count(values[0].into(), values[1].into());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;
    use std::convert::Infallible;

    fn file(tensors: &[(&str, &[f32])]) -> WeightFile {
        let tensor =
            |(name, values): &(&str, &[f32])| Tensor::from_f32(*name, vec![values.len()], values).unwrap();
        WeightFile::new(tensors.iter().map(tensor).collect(), BTreeMap::new())
    }

    fn between(first: &WeightFile, second: &WeightFile) -> (Difference, Vec<(String, u64, u64, u64)>) {
        let mut all = Vec::new();
        let of = difference::<Infallible>(first, second, &mut |at| {
            all.push((at.tensor.to_owned(), at.element, at.before, at.after));
            Ok(())
        });
        (of.unwrap(), all)
    }

    #[test]
    fn every_bit_that_differs_is_found_once() {
        // More elements than are compared at a time, and some beyond.
        let mut values: Vec<f32> = (0..3 * CHUNK + 5).map(|at| at as f32).collect();
        let first = file(&[("a", &values), ("b", &[1.0, 2.0])]);
        for at in [0, CHUNK - 1, CHUNK, 3 * CHUNK + 4] {
            values[at] = f32::from_bits(values[at].to_bits() ^ 0x0100_0001);
        }
        values[7] = f32::NAN;
        let second = file(&[("b", &[1.0, 2.0]), ("a", &values)]);
        let (of, all) = between(&first, &second);
        let expected = [0, 7, CHUNK - 1, CHUNK, 3 * CHUNK + 4];
        assert_eq!(all.iter().map(|at| at.1).collect::<Vec<_>>(), expected.map(|at| at as u64));
        assert_eq!((all[4].2 ^ all[4].3, all[1].2), (0x0100_0001, u64::from(7f32.to_bits())));
        let [a, b] = &of.tensors[..] else { panic!("{of:?}") };
        assert_eq!((a.differing_elements, a.change.not_finite, b.bits), (5, 1, 0));
        let bits: u32 = all.iter().map(|at| (at.2 ^ at.3).count_ones()).sum();
        assert_eq!(a.bits, u64::from(bits));
        let change = |at: &(String, u64, u64, u64)| {
            (f64::from(f32::from_bits(at.3 as u32)) - f64::from(f32::from_bits(at.2 as u32))).abs()
        };
        let changes: Vec<f64> = all.iter().map(change).filter(|change| change.is_finite()).collect();
        assert_eq!(a.change.l_inf, changes.iter().copied().fold(0.0, f64::max));
        let norm = changes.iter().map(|change| change * change).sum::<f64>().sqrt();
        assert!((a.change.l2 / norm - 1.0).abs() < 1e-12);
        assert!(between(&first, &first).1.is_empty());
    }

    #[test]
    fn what_cannot_be_compared_is_named() {
        let first = file(&[("a", &[1.0]), ("b", &[2.0]), ("c", &[])]);
        let second = file(&[("b", &[2.0, 3.0]), ("d", &[1.0]), ("c", &[])]);
        let (of, all) = between(&first, &second);
        assert_eq!((of.only_in_first, of.only_in_second), (vec!["a".to_owned()], vec!["d".to_owned()]));
        let [b] = &of.unlike[..] else { panic!("one") };
        assert_eq!((&*b.tensor, &*b.first, &*b.second), ("b", "F32 [1]", "F32 [2]"));
        assert_eq!((of.tensors.len(), all.len()), (1, 0));
    }
}
