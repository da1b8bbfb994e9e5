//! What bit errors change: codes, and the weights that they stand for. Costs per error, not per weight.

use flip_core::SparseMask;

use super::WeightImage;

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

impl TensorChanges {
    /// The sum of the squared changes.
    pub fn squared(&self) -> f64 {
        let change = |(clean, faulty): (&f32, &f32)| f64::from(*faulty) - f64::from(*clean);
        self.clean.iter().zip(&self.faulty).map(change).fold(0.0, |sum, change| sum + change * change)
    }
}

/// The weights that these bit errors change, by tensor; tensors without a change are left out.
///
/// # Panics
/// If `errors` lie outside the image.
pub fn changes(image: &WeightImage, errors: &SparseMask) -> Vec<TensorChanges> {
    let (layout, stored) = (image.layout(), image.bits());
    let mut all: Vec<TensorChanges> = Vec::new();
    // Bit errors ascend, and so do tensors and weights.
    let mut tensor = 0;
    let mut codes = Vec::new();
    for (bit, _) in errors.iter() {
        while bit >= layout.bits(tensor).end {
            all.extend(of_tensor(image, tensor, &codes));
            codes.clear();
            tensor += 1;
        }
        let (bit, width) = (bit - layout.bits(tensor).start, u64::from(layout.width(tensor).bits()));
        let (element, flip) = ((bit / width) as usize, 1 << (bit % width));
        match codes.last_mut().filter(|last: &&mut ChangedCode| last.element == element) {
            Some(last) => last.after ^= flip,
            None => {
                let first_bit = layout.bits(tensor).start + element as u64 * width;
                let before = stored.field(first_bit, width as u32) as u32;
                codes.push(ChangedCode { element, before, after: before ^ flip });
            }
        }
    }
    all.extend(of_tensor(image, tensor, &codes));
    all
}

/// A code with bit errors.
struct ChangedCode {
    element: usize,
    before: u32,
    after: u32,
}

/// The changes of a tensor, if it has some.
fn of_tensor(image: &WeightImage, tensor: usize, codes: &[ChangedCode]) -> Option<TensorChanges> {
    let quantizer = &image.tensors().get(tensor)?.quantizer;
    let decode = |code: fn(&ChangedCode) -> u32| {
        let codes: Vec<u32> = codes.iter().map(code).collect();
        let mut values = vec![0.0; codes.len()];
        quantizer.decode(&codes, &mut values);
        values
    };
    (!codes.is_empty()).then(|| TensorChanges {
        tensor,
        elements: codes.iter().map(|changed| changed.element).collect(),
        flips: codes.iter().map(|changed| changed.before ^ changed.after).collect(),
        clean: decode(|changed| changed.before),
        faulty: decode(|changed| changed.after),
    })
}
