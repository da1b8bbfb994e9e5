//! Check bits in place: seven of eight weights give up a bit (Guan et al., "In-Place Zero-Space Memory Protection for CNN",
//! `NeurIPS` 2019).
//!
//! Of the first seven of eight 8-bit weights the second most significant bit can be told from the most significant one, if the
//! codes lie in −64..=63 (of offset codes: in 64..=191). Those that do not are clamped.

use serde::Serialize;

use super::Memory;
use super::region::Region;
use super::words::{Coding, IN_PLACE_BITS};
use crate::image::WeightImage;
use crate::scheme::Sign;

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
    /// Clamps the weights of an image whose bits make room for check bits in place.
    pub fn make_room(&self, image: &mut WeightImage) -> Clamped {
        let mut clamped = Clamped::default();
        for region in &self.regions {
            if matches!(region.words.coding, Coding::InPlace(_)) {
                clamp_region(region, image, &mut clamped);
            }
        }
        clamped
    }
}

fn clamp_region(region: &Region, image: &mut WeightImage, clamped: &mut Clamped) {
    for word in 0..region.words.count() {
        if region.words.data_of(word, u64::from(IN_PLACE_BITS) - 1).is_none() {
            continue;
        }
        for weight in 0..7 {
            let at = region.words.data_of(word, weight * 8).and_then(|data| region.bits.at(data));
            let Some(at) = at.and_then(|at| image.layout().weight_bit(at.image_bit)) else { continue };
            clamped.candidates += 1;
            let code = image.code(at.tensor, at.element);
            let quantizer = image.tensors()[at.tensor].quantizer;
            let inside = match quantizer.scheme().sign {
                // Two's complement of eight bits.
                Sign::Signed => u32::from((code as u8 as i8).clamp(-64, 63) as u8),
                Sign::Unsigned => code.clamp(64, 191),
            };
            if inside == code {
                continue;
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
    }
}
