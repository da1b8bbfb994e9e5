//! Many random words at a time: 32 generators side by side, which vector units step together.
//!
//! Word i of a stream is word i/32 of generator i mod 32. A generator is SFC64 (Chris Doty-Humphrey's "small fast counting"
//! generator of `PractRand`, which `NumPy` offers, too): of those that pass its tests it needs the fewest steps
//! and registers. The first words of all states, then the second, then the third, are consecutive outputs of `SplitMix64`
//! from the stream's key; counters begin at one. For any count the step is a bijection of the state, so a state that is uniform at first stays so: no
//! outputs are thrown away.

use crate::stream::word_of;

/// Generators side by side. Fewer leave vector units waiting for the one before; more do not fit the registers.
pub(crate) const LANES: usize = 32;

/// The states of [`LANES`] generators.
#[derive(Clone, Debug)]
pub(crate) struct Lanes {
    /// The words a, b and c of all generators.
    state: [[u64; LANES]; 3],
    counter: u64,
}

impl Lanes {
    /// The stream of this [key](crate::stream::Streams::key).
    #[inline(always)]
    pub(crate) fn new(key: u64) -> Self {
        let mut state = [[0; LANES]; 3];
        for (part, lanes) in state.iter_mut().enumerate() {
            for (lane, word) in lanes.iter_mut().enumerate() {
                *word = word_of(key, (part * LANES + lane) as u64);
            }
        }
        Self { state, counter: 1 }
    }

    /// The next word of every generator.
    #[inline(always)]
    pub(crate) fn next(&mut self) -> [u64; LANES] {
        let mut out = [0; LANES];
        let [a, b, c] = &mut self.state;
        for lane in 0..LANES {
            out[lane] = a[lane].wrapping_add(b[lane]).wrapping_add(self.counter);
            a[lane] = b[lane] ^ (b[lane] >> 11);
            b[lane] = c[lane].wrapping_add(c[lane] << 3);
            c[lane] = c[lane].rotate_left(24).wrapping_add(out[lane]);
        }
        self.counter = self.counter.wrapping_add(1);
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stream::{Purpose, Streams};

    #[test]
    fn every_lane_is_an_sfc64() {
        // Made with NumPy's SFC64, its state set to [1, 2, 3, 1].
        let expected =
            [4, 31, 452_984_898, 7_599_825_428_373_823, 17_736_643_746_504_302, 225_466_548_354_018_446];
        let mut lanes = Lanes { state: [[1; LANES], [2; LANES], [3; LANES]], counter: 1 };
        for word in expected {
            assert_eq!(lanes.next(), [word; LANES]);
        }
    }

    #[test]
    #[cfg_attr(miri, ignore = "takes hours under Miri")]
    fn lanes_and_blocks_differ() {
        let purpose = Purpose::named("lanes test");
        let mut firsts: Vec<u64> =
            (0..50).flat_map(|block| Lanes::new(Streams::new(1, purpose).key(block)).next()).collect();
        firsts.sort_unstable();
        firsts.dedup();
        assert_eq!(firsts.len(), 50 * LANES);
    }
}
