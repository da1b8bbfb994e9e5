//! Many random words at a time: 32 xoshiro256++ generators side by side, which vector units step together.
//!
//! Word i of a stream is word i/32 of generator i mod 32. The generators' states are consecutive outputs of `SplitMix64`
//! from the stream's key, so streams are independent as those of [`Stream`](crate::Stream) are.

use crate::stream::{GOLDEN, mix};

/// Generators side by side. Fewer leave vector units waiting for the one before; more do not fit the registers.
pub(crate) const LANES: usize = 32;

/// The states of [`LANES`] generators.
#[derive(Clone, Debug)]
pub(crate) struct Lanes {
    state: [[u64; LANES]; 4],
}

impl Lanes {
    /// The stream of this [key](crate::stream::Streams::key).
    #[inline(always)]
    pub(crate) fn new(key: u64) -> Self {
        let mut state = [[0; LANES]; 4];
        for (part, lanes) in state.iter_mut().enumerate() {
            for (lane, word) in lanes.iter_mut().enumerate() {
                *word = mix(key.wrapping_add(((part * LANES + lane) as u64).wrapping_mul(GOLDEN)));
            }
        }
        Self { state }
    }

    /// The next word of every generator.
    #[inline(always)]
    pub(crate) fn next(&mut self) -> [u64; LANES] {
        let mut out = [0; LANES];
        let [a, b, c, d] = &mut self.state;
        for lane in 0..LANES {
            out[lane] = a[lane].wrapping_add(d[lane]).rotate_left(23).wrapping_add(a[lane]);
            let shifted = b[lane] << 17;
            c[lane] ^= a[lane];
            d[lane] ^= b[lane];
            b[lane] ^= c[lane];
            a[lane] ^= d[lane];
            c[lane] ^= shifted;
            d[lane] = d[lane].rotate_left(45);
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stream::{Purpose, Streams};
    use rand_core::{Rng, SeedableRng};
    use rand_xoshiro::Xoshiro256PlusPlus;

    #[test]
    fn every_lane_is_a_xoshiro256plusplus() {
        let mut lanes = Lanes::new(Streams::new(3, Purpose::named("lanes test")).key(5));
        let mut reference: Vec<Xoshiro256PlusPlus> = (0..LANES)
            .map(|lane| {
                let seed = lanes.state.map(|part| part[lane].to_le_bytes()).concat();
                Xoshiro256PlusPlus::from_seed(seed.try_into().unwrap())
            })
            .collect();
        for _ in 0..100 {
            let expected: Vec<u64> = reference.iter_mut().map(Rng::next_u64).collect();
            assert_eq!(lanes.next().to_vec(), expected);
        }
    }

    #[test]
    fn lanes_and_blocks_differ() {
        let purpose = Purpose::named("lanes test");
        let mut firsts: Vec<u64> =
            (0..50).flat_map(|block| Lanes::new(Streams::new(1, purpose).key(block)).next()).collect();
        firsts.sort_unstable();
        firsts.dedup();
        assert_eq!(firsts.len(), 50 * LANES);
    }
}
