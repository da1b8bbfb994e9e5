//! What bit errors change: codes, and the weights that they stand for. Costs per error, not per weight.

use flip_core::SparseMask;

use crate::image::WeightImage;

/// The weights of one tensor that bit errors change.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TensorChanges {
    /// Number of the tensor in the image.
    pub tensor: usize,
    /// Which weights, ascending, in row-major order.
    pub elements: Vec<usize>,
    /// Bits that changed, as the XOR of both codes.
    pub flips: Vec<u32>,
    /// Their clean values, quantised.
    pub clean: Vec<f32>,
    /// Their values with the bit errors, by the clean range.
    pub faulty: Vec<f32>,
}

/// The weights that these bit errors change, by tensor; tensors without a change are left out.
///
/// # Panics
/// If `errors` lie outside the image.
pub fn changes(image: &WeightImage, errors: &SparseMask) -> Vec<TensorChanges> {
    let codes = changed_codes(image, errors);
    let mut rest = &codes[..];
    let mut all = Vec::new();
    for (tensor, described) in image.tensors().iter().enumerate() {
        let range = image.layout().codes(tensor);
        let (own, after) = rest.split_at(rest.partition_point(|changed| changed.code < range.end));
        rest = after;
        if own.is_empty() {
            continue;
        }
        let decode = |codes: Vec<u32>| {
            let mut values = vec![0.0; codes.len()];
            described.quantizer.decode(&codes, &mut values);
            values
        };
        all.push(TensorChanges {
            tensor,
            elements: own.iter().map(|changed| changed.code - range.start).collect(),
            flips: own.iter().map(|changed| changed.before ^ changed.after).collect(),
            clean: decode(own.iter().map(|changed| changed.before).collect()),
            faulty: decode(own.iter().map(|changed| changed.after).collect()),
        });
    }
    all
}

/// A code with bit errors.
struct ChangedCode {
    /// Its number among all codes of the image.
    code: usize,
    before: u32,
    after: u32,
}

fn changed_codes(image: &WeightImage, errors: &SparseMask) -> Vec<ChangedCode> {
    let width = u64::from(image.layout().width().bits());
    let mut changed: Vec<ChangedCode> = Vec::new();
    for (bit, _) in errors.iter() {
        let (code, flip) = ((bit / width) as usize, 1 << (bit % width));
        match changed.last_mut().filter(|last| last.code == code) {
            Some(last) => last.after ^= flip,
            None => {
                let before = image.codes().get(code).expect("bit errors lie inside the image");
                changed.push(ChangedCode { code, before, after: before ^ flip });
            }
        }
    }
    changed
}
