//! Tensors that are the same ones under two names, or hold the same.

use std::collections::{BTreeMap, HashMap};

use super::{Tensor, WeightFile};

/// Bytes of a tensor that are looked at first.
const FIRST: usize = 1 << 12;

/// Smaller tensors may be the same by chance: biases of zeros, scales of ones.
const LEAST_BYTES: usize = 256;

impl WeightFile {
    /// What the metadata say of names that tensors have beside their own, as of safetensors' `save_model`: for each the tensor's name.
    pub(super) fn said_ties(&self) -> BTreeMap<String, String> {
        let is_tie =
            |(other, name): &(&String, &String)| self.find(other).is_none() && self.find(name).is_some();
        let ties = self.metadata.iter().filter(is_tie);
        ties.map(|(other, name)| (other.clone(), name.clone())).collect()
    }
}

/// Pairs of tensors, the earlier first, that have one type and shape and hold the same bytes, which are not all one number: a weight that
/// is stored twice.
pub fn equal_copies<'a>(tensors: &[&'a Tensor]) -> Vec<(&'a str, &'a str)> {
    let mut alike: HashMap<(&[usize], &[u8]), Vec<&'a Tensor>> = HashMap::new();
    let mut found = Vec::new();
    for &tensor in tensors {
        let bytes = tensor.bytes();
        if bytes.len() < LEAST_BYTES || is_constant(tensor) {
            continue;
        }
        let others = alike.entry((&*tensor.shape, &bytes[..FIRST.min(bytes.len())])).or_default();
        let is_same = |other: &&&Tensor| other.elements == tensor.elements && other.bytes() == bytes;
        match others.iter().find(is_same) {
            Some(other) => found.push((&*other.name, &*tensor.name)),
            None => others.push(tensor),
        }
        tensor.release();
    }
    found
}

/// Whether all elements at its begin are one number.
fn is_constant(tensor: &Tensor) -> bool {
    let bytes = tensor.bytes();
    let element = (tensor.dtype().bitsize() / 8).max(1);
    let first = &bytes[..FIRST.min(bytes.len())];
    first.chunks_exact(element).all(|chunk| Some(chunk) == first.get(..element))
}
