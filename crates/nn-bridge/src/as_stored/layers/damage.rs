//! What bit errors did to quantised layers, in units of their weights.

use std::borrow::Cow;
use std::collections::HashMap;
use std::ops::Range;

use flip_core::SparseMask;
use rayon::iter::{IntoParallelRefIterator, ParallelIterator};
use serde::Serialize;

use super::touched::Touched;
use super::{Bytes, LayerRole, QuantisedLayer};
use crate::as_stored::StoredImage;
use crate::image::ImageLayout;
use crate::weights::Tensor;

/// What bit errors did to a quantised layer.
#[derive(Clone, Debug, Serialize)]
pub struct LayerDamage {
    /// The layer.
    pub layer: String,
    /// How it is quantised.
    pub format: &'static str,
    /// What nothing says of it, and how it is read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub assumed: Option<&'static str>,
    /// Its weights.
    pub weights: u64,
    /// What the bit errors of each of its roles did alone.
    pub roles: Vec<RoleDamage>,
    /// What all did together.
    pub all: Change,
}

/// What the bit errors of one role did to a layer's weights.
#[derive(Clone, Debug, Serialize)]
pub struct RoleDamage {
    /// What the bits are.
    pub role: LayerRole,
    /// How many bits are of it.
    pub bits: u64,
    /// Its bit errors.
    pub bit_errors: u64,
    /// What they did.
    #[serde(flatten)]
    pub change: Change,
}

/// How weights changed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Change {
    /// Weights that have another value.
    pub changed_weights: u64,
    /// Those of them that have none any more: not finite, or of a group that there is not.
    pub not_finite: u64,
    /// The greatest change of a weight that is finite.
    pub l_inf: f64,
    /// The Euclidean norm of the changes of weights that are finite.
    pub l2: f64,
}

/// The bits of tensors in an image, by name.
type Places<'a> = HashMap<&'a str, Range<u64>>;

/// What became of a tensor of a layer, or by one role of its bits.
struct Hit<'a> {
    bit_errors: u64,
    bytes: Cow<'a, [u8]>,
    /// The weights that its bit errors touch.
    touched: Touched,
}

/// What bit errors of an image do to its layers, in the order of these. Costs per weight that they touch.
pub fn layer_damage(
    layers: &[QuantisedLayer<'_>],
    image: &StoredImage<'_>,
    layout: &ImageLayout,
    errors: &SparseMask,
) -> Vec<LayerDamage> {
    let stored = image.tensors().iter().enumerate();
    let places: Places<'_> =
        stored.map(|(place, stored)| (&*stored.tensor.name, layout.bits(place))).collect();
    layers.par_iter().map(|layer| layer.damage(&places, errors)).collect()
}

impl<'a> QuantisedLayer<'a> {
    fn damage(&self, places: &Places<'_>, errors: &SparseMask) -> LayerDamage {
        let clean = self.clean();
        let (mut roles, mut read, mut touched) = (Vec::new(), self.clean(), Touched::default());
        let whole: Vec<Hit<'_>> =
            self.parts.iter().map(|&(part, tensor)| self.hit(part, tensor, None, places, errors)).collect();
        for (&(part, tensor), whole) in self.parts.iter().zip(&whole) {
            let within = self.decoder.roles(part, tensor.bytes().len() as u64 * 8);
            let is_one = within.len() == 1;
            for (role, bits) in within {
                let alone = (!is_one).then(|| self.hit(part, tensor, Some(role), places, errors));
                let Hit { bit_errors, bytes, touched } = alone.as_ref().unwrap_or(whole);
                let change = self.change(&clean, &clean.with(part, bytes), touched);
                roles.push(RoleDamage { role, bits, bit_errors: *bit_errors, change });
            }
            read = read.with(part, &whole.bytes);
            touched.extend(&whole.touched);
        }
        let all = self.change(&clean, &read, &touched);
        self.parts.iter().for_each(|(_, tensor)| tensor.release());
        LayerDamage {
            layer: self.name.clone(),
            format: self.format,
            assumed: self.assumed,
            weights: self.decoder.weights(),
            roles,
            all,
        }
    }

    /// A part as it is read, with all of its bit errors or those in bits of one role.
    fn hit(
        &self,
        part: LayerRole,
        tensor: &'a Tensor,
        role: Option<LayerRole>,
        places: &Places<'_>,
        errors: &SparseMask,
    ) -> Hit<'a> {
        let mut hit = Hit { bit_errors: 0, bytes: tensor.bytes().into(), touched: Touched::default() };
        // Bits of one number follow each other, and touch the same.
        let mut last = 0..0;
        let place = places.get(&*tensor.name).cloned().unwrap_or_default();
        for (bit, _) in errors.within(place.clone()) {
            let bit = bit - place.start;
            if role.is_some_and(|role| role != self.decoder.role(part, bit)) {
                continue;
            }
            hit.bit_errors += 1;
            if let Some(byte) = hit.bytes.to_mut().get_mut((bit / 8) as usize) {
                *byte ^= 1 << (bit % 8);
            }
            self.decoder.touched(part, bit, &mut |weights| {
                if weights != last {
                    last = weights.clone();
                    hit.touched.insert(weights);
                }
            });
        }
        hit
    }

    fn change(&self, clean: &Bytes<'_>, read: &Bytes<'_>, touched: &Touched) -> Change {
        let (mut change, mut squared) = (Change::default(), 0.0);
        for index in touched.iter() {
            let (before, after) = (self.decoder.weight(clean, index), self.decoder.weight(read, index));
            if before == after || !before.is_finite() {
                continue;
            }
            change.changed_weights += 1;
            if !after.is_finite() {
                change.not_finite += 1;
                continue;
            }
            change.l_inf = change.l_inf.max((after - before).abs());
            squared += (after - before) * (after - before);
        }
        Change { l2: squared.sqrt(), ..change }
    }
}
