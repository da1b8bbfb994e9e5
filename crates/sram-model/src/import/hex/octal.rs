//! Numbers to the base 8, as `od` prints them: no digit is 8 or more.

use std::collections::BTreeMap;

use super::proof::bits_of;
use super::stray::Shape;

/// So many bits that fail and belong to no 8, each by one chance in four, are no chance.
const MIN_BITS: u64 = 20;
/// More failing bits of a column of a bank may be one defect.
const MOST_OF_COLUMN: u64 = 2;

/// Whether the dumps are octal: written with ones, all digits that a bit of 8 belongs to fail in it; written with zeros, none of the
/// many bits that fail in several columns is such a one.
pub(super) fn is_octal(dumps: &[Shape<'_>], written: bool) -> bool {
    let Some(word_bits) = dumps.first().map(|dump| dump.word_bits) else { return false };
    let eights = (3..word_bits).step_by(4).fold(0u128, |bits, bit| bits | 1 << bit);
    if eights.count_ones() < 2 {
        return false;
    }
    if written {
        let mut faulty = dumps.iter().flat_map(|dump| dump.faulty).map(|&(_, bits)| bits);
        let words: u64 = dumps.iter().map(|dump| dump.words).sum();
        let all = dumps.iter().map(|dump| dump.faulty.len() as u64).sum::<u64>() == words;
        return words > 0 && all && faulty.all(|bits| bits & eights == eights);
    }
    let mut columns: BTreeMap<(u64, u32), u64> = BTreeMap::new();
    let none = dumps.iter().all(|dump| {
        let rows = (dump.words / dump.banks.max(1)).max(1);
        dump.faulty.iter().all(|&(word, bits)| {
            bits_of(bits).for_each(|bit| *columns.entry((word / rows, bit)).or_default() += 1);
            bits & eights == 0
        })
    });
    none && columns.values().map(|&failing| failing.min(MOST_OF_COLUMN)).sum::<u64>() >= MIN_BITS
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(written: bool, words: impl Fn(u64) -> u128) -> bool {
        let clean = if written { 0xffff } else { 0 };
        let faulty: Vec<(u64, u128)> =
            (0..256).map(|word| (word, words(word) ^ clean)).filter(|(_, bits)| *bits != 0).collect();
        let shape =
            Shape { words: 256, word_bits: 16, banks: 1, line_words: None, packed: false, faulty: &faulty };
        is_octal(&[shape], written)
    }

    #[test]
    fn no_digit_of_eight_or_more_is_octal() {
        assert!(of(true, |_| 0x7777));
        assert!(of(true, |word| if word == 9 { 0x7767 } else { 0x7777 }));
        let octal = |word: u64| u32::try_from(word / 10 % 12).map_or(0, |bit| bit / 3 * 4 + bit % 3);
        assert!(of(false, |word| if word % 10 == 0 { 1 << octal(word) } else { 0 }));
        assert!(!of(true, |word| if word == 9 { 0xf777 } else { 0x7777 }));
        assert!(!of(true, |_| 0xffff));
        assert!(!of(true, |_| 0x7fff), "a dead column");
        assert!(!of(false, |word| if word % 10 == 0 { 1 << (word / 10 % 16) } else { 0 }));
        assert!(!of(false, |word| u128::from(word == 3)), "one word");
        assert!(!of(false, |word| if word % 8 == 0 { 0x0414 } else { 0 }), "columns");
    }
}
