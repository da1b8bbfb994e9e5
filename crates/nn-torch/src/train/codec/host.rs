//! Quantisation on a CPU by the quantizers themselves, a tensor at a time, at the speed of memory.

use tch::Tensor;

use crate::error::TorchError;
use nn_bridge::{Quantizer, RangeRule, Scheme, Zero};

/// Quantises weights that lie one tensor after the other in the memory of the program.
#[derive(Debug)]
pub(super) struct Host {
    schemes: Vec<Scheme>,
    sizes: Vec<usize>,
}

/// Quantizers of all tensors.
#[derive(Debug)]
pub(super) struct Quantizers(Vec<OfTensor>);

#[derive(Debug)]
struct OfTensor {
    weights: usize,
    quantizer: Quantizer,
}

impl Host {
    /// None where a range does not follow the weights: those outside have no codes, but are trained on.
    pub(super) fn new(schemes: &[Scheme], sizes: &[i64]) -> Option<Self> {
        let follow = schemes.iter().all(|scheme| matches!(scheme.range(), RangeRule::PerTensor));
        let sizes = sizes.iter().map(|&size| size as usize).collect();
        follow.then(|| Self { schemes: schemes.to_vec(), sizes })
    }

    /// Codes and their quantizers; none if a weight is no number.
    pub(super) fn encode(&self, weights: &Tensor) -> Result<Option<(Tensor, Quantizers)>, TorchError> {
        let weights = Vec::<f32>::try_from(weights)?;
        let mut codes = vec![0; weights.len()];
        let mut quantizers = Vec::with_capacity(self.sizes.len());
        let (mut weights, mut left) = (&weights[..], &mut codes[..]);
        for (&scheme, &size) in self.schemes.iter().zip(&self.sizes) {
            let (own, after) = weights.split_at(size);
            let (coded, uncoded) = left.split_at_mut(size);
            (weights, left) = (after, uncoded);
            let Ok(quantizer) = Quantizer::fit(scheme, own) else { return Ok(None) };
            if quantizer.encode(0, own, coded).is_err() {
                return Ok(None);
            }
            quantizers.push(OfTensor { weights: size, quantizer });
        }
        // libtorch has no unsigned numbers of 32 bits; codes have 16 bits at most.
        let codes: Vec<i32> = codes.into_iter().map(u32::cast_signed).collect();
        Ok(Some((Tensor::f_from_slice(&codes)?, Quantizers(quantizers))))
    }
}

impl Quantizers {
    /// The values of codes, which may be faulty.
    pub(super) fn decode(&self, codes: &Tensor) -> Result<Tensor, TorchError> {
        let codes: Vec<u32> = Vec::<i32>::try_from(codes)?.into_iter().map(i32::cast_unsigned).collect();
        let mut values = vec![0.0; codes.len()];
        let (mut codes, mut left) = (&codes[..], &mut values[..]);
        for OfTensor { weights, quantizer } in &self.0 {
            let (own, after) = codes.split_at(*weights);
            let (decoded, others) = left.split_at_mut(*weights);
            (codes, left) = (after, others);
            quantizer.decode(own, decoded);
        }
        Ok(Tensor::f_from_slice(&values)?)
    }

    /// What 0 is among the codes of each tensor.
    pub(super) fn zeros(&self) -> Vec<Zero> {
        self.0.iter().map(|tensor| tensor.quantizer.zero()).collect()
    }
}
