//! What is done, weight by weight, about bits and words that were found to be wrong: it may need bits of another region.

use crate::memory::cells::Stored;

/// What was found in all regions.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// Bits of the image that are wrong.
    pub(super) errors: Vec<u64>,
    /// First bits of weights that become 0.
    pub(super) zero: Vec<u64>,
    /// Bits of the image that become the sign of their weight.
    pub(super) masked: Vec<u64>,
}

/// A weight that is replaced: its first bit, and how what is read instead differs from what is stored.
struct Replaced {
    first_bit: u64,
    width: u64,
    flips: u32,
}

impl Found {
    /// The bits of the image that the network sees wrong, ascending.
    pub(super) fn finish(mut self, stored: Stored<'_>) -> Vec<u64> {
        if !self.errors.is_sorted() {
            self.errors.sort_unstable();
        }
        if self.zero.is_empty() && self.masked.is_empty() {
            return self.errors;
        }
        self.masked.sort_unstable();
        let mut replaced = self.masked_weights(stored);
        self.zero.sort_unstable();
        self.zero.dedup();
        replaced.extend(self.zero.iter().filter_map(|&first_bit| zeroed(stored, first_bit)));
        // A weight that is masked and becomes 0 is 0.
        replaced.sort_by_key(|weight| weight.first_bit);
        let mut unique: Vec<Replaced> = Vec::with_capacity(replaced.len());
        for weight in replaced {
            match unique.last_mut().filter(|last| last.first_bit == weight.first_bit) {
                Some(last) => *last = weight,
                None => unique.push(weight),
            }
        }
        replace(&self.errors, &unique)
    }

    /// Weights with masked bits, and those of them that become 0.
    fn masked_weights(&mut self, stored: Stored<'_>) -> Vec<Replaced> {
        let mut replaced = Vec::new();
        let mut rest = &self.masked[..];
        while let Some(&bit) = rest.first() {
            let Some(tensor) = stored.layout.tensor(bit) else { break };
            let width = u64::from(stored.layout.width(tensor).bits());
            let start = stored.layout.bits(tensor).start;
            let first_bit = bit - (bit - start) % width;
            let (own, after) = rest.split_at(rest.partition_point(|&bit| bit < first_bit + width));
            rest = after;
            let flagged = own.iter().fold(0u32, |flags, bit| flags | 1 << (bit - first_bit));
            let sign = 1u32 << (width - 1);
            if !stored.zeros[tensor].has_sign || flagged & sign != 0 {
                self.zero.push(first_bit);
                continue;
            }
            let code = stored.field(first_bit, width as u32);
            let read = code ^ wrong_in(&self.errors, first_bit, width);
            let masked = if read & sign == 0 { read & !flagged } else { read | flagged };
            replaced.push(Replaced { first_bit, width, flips: masked ^ code });
        }
        replaced
    }
}

/// The wrong bits of a weight.
fn wrong_in(errors: &[u64], first_bit: u64, width: u64) -> u32 {
    let begin = errors.partition_point(|&bit| bit < first_bit);
    let own = errors[begin..].iter().take_while(|&&bit| bit < first_bit + width);
    own.fold(0, |wrong, bit| wrong | 1 << (bit - first_bit))
}

/// A weight that is read as 0.
fn zeroed(stored: Stored<'_>, first_bit: u64) -> Option<Replaced> {
    let tensor = stored.layout.tensor(first_bit)?;
    let width = stored.layout.width(tensor).bits();
    let code = stored.field(first_bit, width);
    Some(Replaced { first_bit, width: u64::from(width), flips: code ^ stored.zeros[tensor].code })
}

/// Wrong bits, with those of replaced weights instead of what they had.
fn replace(errors: &[u64], replaced: &[Replaced]) -> Vec<u64> {
    let mut all = Vec::with_capacity(errors.len());
    let mut rest = errors;
    for weight in replaced {
        let (before, from) = rest.split_at(rest.partition_point(|&bit| bit < weight.first_bit));
        all.extend_from_slice(before);
        rest = &from[from.partition_point(|&bit| bit < weight.first_bit + weight.width)..];
        let flips = (0..weight.width).filter(|bit| weight.flips >> bit & 1 == 1);
        all.extend(flips.map(|bit| weight.first_bit + bit));
    }
    all.extend_from_slice(rest);
    all
}
