//! Bits that are inverted one by one, anywhere in memory: those of one turn are inverted while those of the next come.

use crate::arch::prefetch_beyond;
use crate::bits::BitsMut;

/// Bits of a turn: so many that the first has come from memory, which takes some 100 ns, when it is inverted.
const AT_ONCE: usize = 64;

/// Bits of a string that wait to be inverted.
#[derive(Debug, Default)]
pub(super) struct Fetched {
    /// Of the turn at hand, and of the one before.
    bits: [Vec<u64>; 2],
}

impl Fetched {
    /// Takes bits to invert. Their fetches begin in one go: one by one, between the bits that are inverted, costs a quarter
    /// more (a Xeon).
    pub(super) fn add(&mut self, bits: &mut BitsMut<'_>, positions: impl Iterator<Item = u64>) {
        let [new, _] = &mut self.bits;
        let first = bits.as_bits().bytes().as_ptr();
        new.extend(positions.inspect(|&position| prefetch_beyond(first, (position >> 3) as usize)));
        if new.len() >= AT_ONCE {
            self.turn(bits);
        }
    }

    /// Inverts all that are left.
    pub(super) fn finish(&mut self, bits: &mut BitsMut<'_>) {
        self.turn(bits);
        self.turn(bits);
    }

    fn turn(&mut self, bits: &mut BitsMut<'_>) {
        let [new, come] = &mut self.bits;
        come.iter().for_each(|&bit| bits.toggle(bit));
        come.clear();
        std::mem::swap(new, come);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_bit_is_inverted_once_however_many_come_together() {
        for together in [1, 7, AT_ONCE - 1, AT_ONCE, 1000] {
            let mut bytes = vec![0u8; 1000];
            let mut bits = BitsMut::new(&mut bytes);
            let mut fetched = Fetched::default();
            let positions: Vec<u64> = (0..2000).map(|k| k * 997 % 8000).collect();
            for some in positions.chunks(together) {
                fetched.add(&mut bits, some.iter().copied());
            }
            fetched.finish(&mut bits);
            let mut expected = vec![0u8; 1000];
            positions.iter().for_each(|&bit| BitsMut::new(&mut expected).toggle(bit));
            assert!(bytes == expected, "{together}");
        }
    }
}
