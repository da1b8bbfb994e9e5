//! Words that are narrower than was told: the bits above them never fail, while all others do.

use std::collections::BTreeMap;

use super::faults::Faults;
use super::proof::{bits_of, row_words};

/// By chance the bits that fail are all below those that never do: at most this probability, each bit of a word counted once in each
/// bank.
const CHANCE: f64 = 0.01;
/// Fewer bits say nothing.
const MIN_BITS: u32 = 8;

/// The bits of a word, if those above them never fail in any dump and that is no chance.
pub(super) fn narrower(dumps: &[Faults<'_>]) -> Option<u32> {
    let word_bits = dumps.first()?.shape.word_bits;
    let failing = dumps.iter().flat_map(|dump| dump.shape.faulty).fold(0, |all, (_, bits)| all | bits);
    let bits = 128 - u128::leading_zeros(failing);
    if bits >= word_bits {
        return None;
    }
    let of_banks = independent_bits(dumps);
    let chance = |bit: u32| f64::from(bits - bit) / f64::from(word_bits - bit);
    let chance: f64 = of_banks.iter().map(|&failing| (0..failing).map(chance).product::<f64>()).product();
    (of_banks.iter().any(|&failing| failing >= MIN_BITS) && chance <= CHANCE).then_some(bits)
}

/// How many bits of a word fail in each bank, each in a row of its own: a dead row, or a half of one, fails in many bits at once.
fn independent_bits(dumps: &[Faults<'_>]) -> Vec<u32> {
    let mut seen: BTreeMap<u64, u128> = BTreeMap::new();
    for dump in dumps {
        let row = row_words(dump.shape.words);
        for of_row in dump.living.chunk_by(|(one, _), (other, _)| one / row == other / row) {
            let bits = of_row.iter().fold(0, |all, (_, bits)| all | bits);
            let of_bank = seen.entry(of_row[0].0 / dump.rows).or_default();
            *of_bank |= bits_of(bits & !*of_bank).next().map_or(0, |bit| 1 << bit);
        }
    }
    seen.into_values().map(u128::count_ones).collect()
}

#[cfg(test)]
mod tests {
    use super::super::stray::Shape;
    use super::*;

    fn find(word_bits: u32, failing: u128) -> Option<u32> {
        let faulty: Vec<(u64, u128)> = (0..word_bits)
            .filter(|bit| failing >> bit & 1 == 1)
            .map(|bit| (u64::from(bit) * 67, 1 << bit))
            .collect();
        of(word_bits, &faulty)
    }

    fn of(word_bits: u32, faulty: &[(u64, u128)]) -> Option<u32> {
        let shape = Shape { words: 16_384, word_bits, banks: 16, line_words: None, packed: false, faulty };
        narrower(&[Faults::of(shape, 1024)])
    }

    #[test]
    fn a_word_ends_where_no_bit_above_fails() {
        assert_eq!(find(32, 0xffff), Some(16));
        assert_eq!(find(32, 0xff), Some(8));
        assert_eq!(find(32, 0xfeff), Some(16), "a bit or two of it may never fail");
        assert_eq!(find(16, 0xff), Some(8));
        assert_eq!(find(128, 0xff_ffff), Some(24));
        assert_eq!(find(16, 0x0fff), Some(12));
    }

    #[test]
    fn few_faults_and_single_bits_prove_nothing() {
        assert_eq!(find(32, 0), None);
        assert_eq!(find(32, 0x7f), None);
        assert_eq!(find(32, 0x0101_0101), None);
        assert_eq!(find(16, 0x7fff), None);
        assert_eq!(find(8, 0xff), None);
        assert_eq!(find(1, 1), None);
    }

    /// A word, or a row, that fails in one half of its bits.
    #[test]
    fn one_defect_proves_nothing() {
        assert_eq!(of(16, &[(700, 0x00ff)]), None);
        let half_row: Vec<(u64, u128)> = (640..704).map(|word| (word, 1 << (word % 16))).collect();
        assert_eq!(of(32, &half_row), None);
        let noise = [(3, 1 << 31), (5000, 1 << 2)];
        assert_eq!(of(32, &noise), None);
    }
}
