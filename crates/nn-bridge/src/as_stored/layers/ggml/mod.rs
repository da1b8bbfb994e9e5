//! Tensors of blocks, of llama.cpp: each block holds the codes of its weights, what they are multiplied by, and often what is
//! taken off them. So one bit of a block may be a weight's own, or that of 16, 32 or all 256 weights.

mod formats;
mod picks;

use std::ops::Range;

use self::formats::{Format, Pick, SuperScale};
use self::picks::Picks;
use super::{Bytes, Decoder, LayerRole, QuantisedLayer, Within};
use crate::weights::{BlockType, Elements, Tensor};

/// How the weights of a tensor's blocks are decoded.
struct Blocks {
    format: &'static Format,
    of: &'static BlockType,
    weights: u64,
    codes: Vec<Picks>,
    /// Of each group; none if the blocks have no scales of groups.
    sub_scales: Vec<Picks>,
    sub_mins: Vec<Picks>,
    /// Whose each bit of a block is.
    owners: Vec<Owner>,
    /// What bits of a block are, and how many are it.
    roles: Vec<(LayerRole, u64)>,
}

/// What a bit of a block is, and which weights of the block depend on it.
#[derive(Clone)]
struct Owner {
    role: LayerRole,
    weights: Range<u16>,
}

/// The layer that a tensor of blocks is, if these are known.
pub(super) fn layer<'a>(tensor: &'a Tensor, _: &Within<'a>) -> Option<QuantisedLayer<'a>> {
    let Elements::Blocks(of) = tensor.elements() else { return None };
    let format = Format::named(of.name)?;
    let groups = of.weights / format.group;
    let picks = |pick: Option<Pick>| pick.into_iter().flat_map(|pick| (0..groups).map(pick)).collect();
    let mut decoder = Blocks {
        format,
        of,
        weights: (tensor.bytes().len() / of.bytes) as u64 * of.weights as u64,
        codes: (0..of.weights).map(format.code).collect(),
        sub_scales: picks(format.sub_scale.as_ref().map(|(pick, _)| *pick)),
        sub_mins: picks(format.sub_min),
        owners: vec![Owner { role: LayerRole::Codes, weights: 0..0 }; of.bytes * 8],
        roles: Vec::new(),
    };
    decoder.own();
    Some(QuantisedLayer::new(&tensor.name, of.name, vec![(LayerRole::Codes, tensor)], decoder))
}

impl Blocks {
    /// Finds whose each bit is.
    fn own(&mut self) {
        let (all, group) = (self.of.weights, self.format.group);
        let range = |begin: usize, end: usize| begin as u16..end as u16;
        let mut owned: Vec<(Picks, LayerRole, Range<u16>)> = Vec::new();
        owned.extend((0..).zip(&self.codes).map(|(i, &picks)| (picks, LayerRole::Codes, range(i, i + 1))));
        let of_group = |i: usize| range(i * group, (i + 1) * group);
        owned.extend(
            (0..).zip(&self.sub_scales).map(|(i, &picks)| (picks, LayerRole::SubScales, of_group(i))),
        );
        owned.extend((0..).zip(&self.sub_mins).map(|(i, &picks)| (picks, LayerRole::SubMins, of_group(i))));
        let has_groups = !self.sub_scales.is_empty();
        let [scale, min] = if has_groups {
            [LayerRole::SuperScales, LayerRole::SuperMins]
        } else {
            [LayerRole::Scales, LayerRole::Mins]
        };
        owned.push((self.format.scale.picks(), scale, range(0, all)));
        owned.extend(self.format.min.map(|(at, _)| (SuperScale::F16(at).picks(), min, range(0, all))));
        for (picks, role, weights) in owned {
            let bits = u64::from(picks.width());
            match self.roles.iter_mut().find(|(known, _)| *known == role) {
                Some((_, all)) => *all += bits,
                None => self.roles.push((role, bits)),
            }
            for bit in picks.bits() {
                self.owners[bit] = Owner { role, weights: weights.clone() };
            }
        }
    }

    /// The block of a number.
    fn block<'b>(&self, bytes: &Bytes<'b>, number: u64) -> Option<&'b [u8]> {
        let begin = usize::try_from(number).ok()?.checked_mul(self.of.bytes)?;
        bytes.of(LayerRole::Codes).get(begin..begin.checked_add(self.of.bytes)?)
    }

    fn owner(&self, bit: u64) -> &Owner {
        &self.owners[(bit % self.owners.len() as u64) as usize]
    }
}

impl Decoder for Blocks {
    fn weights(&self) -> u64 {
        self.weights
    }

    /// In float32, step by step as llama.cpp computes it.
    fn weight(&self, bytes: &Bytes<'_>, index: u64) -> f64 {
        let Some(block) = self.block(bytes, index / self.of.weights as u64) else { return f64::NAN };
        let within = (index % self.of.weights as u64) as usize;
        let group = within / self.format.group;
        let mut scale = self.format.scale.of(block);
        if let (Some(picks), Some((_, meaning))) = (self.sub_scales.get(group), &self.format.sub_scale) {
            scale *= meaning.of(picks.of(block), picks.width());
        }
        let picks = &self.codes[within];
        let value = scale * self.format.code_means.of(picks.of(block), picks.width());
        let Some((at, sign)) = self.format.min else { return f64::from(value) };
        let mut min = SuperScale::F16(at).of(block);
        if let Some(picks) = self.sub_mins.get(group) {
            min *= picks.of(block) as f32;
        }
        f64::from(value + sign * min)
    }

    fn touched(&self, _: LayerRole, bit: u64, touch: &mut dyn FnMut(Range<u64>)) {
        let first = bit / self.owners.len() as u64 * self.of.weights as u64;
        let weights = &self.owner(bit).weights;
        touch(first + u64::from(weights.start)..first + u64::from(weights.end));
    }

    fn roles(&self, _: LayerRole, bits: u64) -> Vec<(LayerRole, u64)> {
        let blocks = bits / self.owners.len() as u64;
        self.roles.iter().map(|&(role, bits)| (role, bits * blocks)).collect()
    }

    fn role(&self, _: LayerRole, bit: u64) -> LayerRole {
        self.owner(bit).role
    }
}
