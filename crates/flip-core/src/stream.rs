//! Streams of random numbers, keyed by (seed, purpose, block), so that no result depends on the order in which
//! blocks are made, on threads or on chunks.
//!
//! A [`Stream`] is xoshiro256++, its state filled by `SplitMix64` from the key. Where many words are needed at once, SFC64
//! takes its place (`random/lanes.rs`), and where one is, `SplitMix64` itself. For one seed and purpose the key is
//! a bijection of the block, so two blocks never share a stream.

use rand_core::{Rng, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;

/// What a stream is for. Streams of different purposes are independent, even with the same seed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Purpose(u64);

impl Purpose {
    /// The purpose of this name: a FNV-1a hash of it, so that adding a purpose cannot move the others.
    pub const fn named(name: &str) -> Self {
        let bytes = name.as_bytes();
        let mut hash = 0xcbf2_9ce4_8422_2325u64;
        let mut i = 0;
        while i < bytes.len() {
            hash = (hash ^ bytes[i] as u64).wrapping_mul(0x0000_0100_0000_01b3);
            i += 1;
        }
        Self(hash)
    }
}

/// A stream of random numbers.
#[derive(Clone, Debug)]
pub struct Stream(Xoshiro256PlusPlus);

impl Stream {
    /// The stream of `block` for `purpose` under `seed`.
    pub fn new(seed: u64, purpose: Purpose, block: u64) -> Self {
        Self(Xoshiro256PlusPlus::seed_from_u64(Streams::new(seed, purpose).key(block)))
    }

    /// 64 random bits.
    pub fn next_u64(&mut self) -> u64 {
        self.0.next_u64()
    }

    /// A number uniform in 0 ≤ u < 1, a multiple of 2⁻⁵³.
    pub fn next_unit(&mut self) -> f64 {
        (self.next_u64() >> 11) as f64 * (1.0 / (1u64 << 53) as f64)
    }
}

/// The streams of one seed and purpose.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Streams(u64);

impl Streams {
    #[inline(always)]
    pub(crate) const fn new(seed: u64, purpose: Purpose) -> Self {
        Self(mix(mix(seed) ^ purpose.0))
    }

    /// The key of a block's stream: a bijection of the block.
    #[inline(always)]
    pub(crate) const fn key(self, block: u64) -> u64 {
        mix(self.0 ^ block)
    }

    /// A random word of a block that needs but one: the first that `SplitMix64` makes of its key.
    #[inline(always)]
    pub(crate) const fn word(self, block: u64) -> u64 {
        mix(self.key(block))
    }
}

/// Word `index` of the `SplitMix64` sequence of a key.
#[inline(always)]
pub(crate) const fn word_of(key: u64, index: u64) -> u64 {
    mix(key.wrapping_add(index.wrapping_mul(GOLDEN)))
}

/// The step of `SplitMix64`.
pub(crate) const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;

/// The output function of `SplitMix64` after one step: a bijection of 64 bits that mixes them well.
#[inline(always)]
pub(crate) const fn mix(x: u64) -> u64 {
    let x = x.wrapping_add(GOLDEN);
    let x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: Purpose = Purpose::named("stream test");

    #[test]
    fn outputs_are_pinned() {
        // First outputs of SplitMix64 from state 0 and of FNV-1a for "a", both from their published references.
        assert_eq!(mix(0), 0xe220_a839_7b1d_cdaf);
        assert_eq!(Purpose::named("a"), Purpose(0xaf63_dc4c_8601_ec8c));
        let mut stream = Stream::new(1, HERE, 2);
        // Computed apart from this code, from the published definitions of the three functions.
        assert_eq!(
            [stream.next_u64(), stream.next_u64()],
            [16_628_218_633_130_113_316, 14_907_983_857_598_405_148]
        );
    }

    #[test]
    fn every_part_of_the_key_matters() {
        let first = |seed, purpose, block| Stream::new(seed, purpose, block).next_u64();
        let base = first(1, HERE, 2);
        assert_eq!(base, first(1, HERE, 2));
        for other in
            [first(2, HERE, 2), first(1, Purpose::named("other"), 2), first(1, HERE, 1), first(2, HERE, 1)]
        {
            assert_ne!(base, other);
        }
    }

    #[test]
    #[cfg_attr(miri, ignore = "takes hours under Miri")]
    fn units_are_below_one() {
        let mut stream = Stream::new(7, HERE, 0);
        let units: Vec<f64> = (0..10_000).map(|_| stream.next_unit()).collect();
        assert!(units.iter().all(|u| (0.0..1.0).contains(u)));
        assert!((units.iter().sum::<f64>() / 1e4 - 0.5).abs() < 0.01);
    }
}
