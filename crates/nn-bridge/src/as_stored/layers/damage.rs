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
    /// What the bit errors of each of its tensors did alone.
    pub roles: Vec<RoleDamage>,
    /// What all did together.
    pub all: Change,
}

/// What the bit errors of one tensor did to a layer's weights.
#[derive(Clone, Debug, Serialize)]
pub struct RoleDamage {
    /// What the tensor is.
    pub role: LayerRole,
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

/// What became of a tensor of a layer.
struct Hit<'a> {
    role: LayerRole,
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
        let hits: Vec<Hit<'_>> =
            self.parts.iter().map(|&(role, tensor)| self.hit(role, tensor, places, errors)).collect();
        let role = |hit: &Hit<'_>| RoleDamage {
            role: hit.role,
            bit_errors: hit.bit_errors,
            change: self.change(&clean, &clean.with(hit.role, &hit.bytes), &hit.touched),
        };
        let roles = hits.iter().map(role).collect();
        let (mut read, mut touched) = (self.clean(), Touched::default());
        for hit in &hits {
            read = read.with(hit.role, &hit.bytes);
            touched.extend(&hit.touched);
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

    fn hit(&self, role: LayerRole, tensor: &'a Tensor, places: &Places<'_>, errors: &SparseMask) -> Hit<'a> {
        let mut hit = Hit { role, bit_errors: 0, bytes: tensor.bytes().into(), touched: Touched::default() };
        // Bits of one number follow each other, and touch the same.
        let mut last = 0..0;
        let place = places.get(&*tensor.name).cloned().unwrap_or_default();
        for (bit, _) in errors.within(place.clone()) {
            let bit = bit - place.start;
            hit.bit_errors += 1;
            if let Some(byte) = hit.bytes.to_mut().get_mut((bit / 8) as usize) {
                *byte ^= 1 << (bit % 8);
            }
            self.decoder.touched(role, bit, &mut |weights| {
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
