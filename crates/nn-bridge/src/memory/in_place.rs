//! Check bits in place: seven of eight weights give up a bit (Guan et al., "In-Place Zero-Space Memory Protection for CNN",
//! `NeurIPS` 2019).
//!
//! Of the first seven of eight 8-bit weights the second most significant bit can be told from the most significant one, if the
//! codes lie in −64..=63 (of offset codes: in 64..=191). Those that do not are clamped.

use serde::Serialize;

use super::Memory;
use super::words::{Coding, IN_PLACE_BITS};
use crate::image::{ImageError, WeightBit, WeightImage};
use crate::scheme::Sign;
use crate::weights::Tensor;

/// What clamping weights cost.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Clamped {
    /// Weights that could be clamped, seven of eight.
    pub candidates: u64,
    /// Weights that were.
    pub weights: u64,
    /// The sum over them of the squared change of the weight, as decoded.
    pub squared_change: f64,
    /// The tensors that they are of, each with how many.
    pub tensors: Vec<(String, u64)>,
}

impl Memory {
    /// Quantises tensors, those of the outlines, as this memory stores them: weights that make room for check bits in place are
    /// clamped.
    ///
    /// # Errors
    /// [`ImageError`] naming the tensor that holds no floats or cannot be quantised.
    pub fn store(&self, tensors: &[&Tensor]) -> Result<(WeightImage, Clamped), ImageError> {
        let mut image = self.image(tensors)?;
        let clamped = self.make_room(&mut image);
        Ok((image, clamped))
    }

    /// Which weights make room for a check bit, in the order of the image; none without check bits in place.
    pub fn makes_room(&self) -> Vec<bool> {
        let firsts: Vec<usize> = (0..self.layout.tensors())
            .scan(0, |first, tensor| Some(std::mem::replace(first, *first + self.layout.weights(tensor))))
            .collect();
        let mut makes_room = vec![false; self.layout.all_weights()];
        self.each_candidate(|at| makes_room[firsts[at.tensor] + at.element] = true);
        makes_room
    }

    /// Clamps the weights of an image whose bits make room for check bits in place.
    pub fn make_room(&self, image: &mut WeightImage) -> Clamped {
        let mut clamped = Clamped::default();
        self.each_candidate(|at| clamp(image, at, &mut clamped));
        clamped
    }

    /// Calls with the first bit of each weight that makes room.
    fn each_candidate(&self, mut call: impl FnMut(WeightBit)) {
        for region in self.regions.iter().filter(|region| matches!(region.words.coding, Coding::InPlace(_))) {
            for word in 0..region.words.count() {
                // The rest of a region, shorter than eight weights, has no check bits.
                if region.words.data_of(word, u64::from(IN_PLACE_BITS) - 1).is_none() {
                    continue;
                }
                let weights = (0..7).filter_map(|weight| region.words.data_of(word, weight * 8));
                let bits = weights.filter_map(|data| region.bits.at(data));
                bits.filter_map(|at| self.layout.weight_bit(at.image_bit)).for_each(&mut call);
            }
        }
    }
}

fn clamp(image: &mut WeightImage, at: WeightBit, clamped: &mut Clamped) {
    clamped.candidates += 1;
    let code = image.code(at.tensor, at.element);
    let quantizer = image.tensors()[at.tensor].quantizer;
    let inside = match quantizer.scheme().sign {
        // Two's complement of eight bits.
        Sign::Signed => u32::from((code as u8 as i8).clamp(-64, 63) as u8),
        Sign::Unsigned => code.clamp(64, 191),
    };
    if inside == code {
        return;
    }
    let mut values = [0.0; 2];
    quantizer.decode(&[code, inside], &mut values);
    image.set_code(at.tensor, at.element, inside);
    clamped.weights += 1;
    clamped.squared_change += (f64::from(values[0]) - f64::from(values[1])).powi(2);
    let name = &image.tensors()[at.tensor].name;
    match clamped.tensors.iter_mut().find(|(tensor, _)| tensor == name) {
        Some((_, count)) => *count += 1,
        None => clamped.tensors.push((name.clone(), 1)),
    }
}
