//! Numbers to the base 8, as `od` prints them: no digit is 8 or more.

use super::stray::Shape;

/// So many digits that fail and are below 8, each by one chance in two or less, are no chance.
const MIN_DIGITS: u32 = 20;

/// Whether the dumps are octal: written with ones, all digits that a bit of 8 belongs to fail in it; written with zeros, none of the
/// many that fail do.
pub(super) fn is_octal(dumps: &[Shape<'_>], written: bool) -> bool {
    let Some(word_bits) = dumps.first().map(|dump| dump.word_bits) else { return false };
    let eights = (3..word_bits).step_by(4).fold(0u128, |bits, bit| bits | 1 << bit);
    if eights.count_ones() < 2 {
        return false;
    }
    let mut faulty = dumps.iter().flat_map(|dump| dump.faulty).map(|&(_, bits)| bits);
    if written {
        let words: u64 = dumps.iter().map(|dump| dump.words).sum();
        let all = dumps.iter().map(|dump| dump.faulty.len() as u64).sum::<u64>() == words;
        return words > 0 && all && faulty.all(|bits| bits & eights == eights);
    }
    let mut digits = 0;
    let none = faulty.all(|bits| {
        // Any bit of a digit, at the place of its 8.
        let failing = (bits << 1 | bits << 2 | bits << 3) & eights;
        digits += failing.count_ones();
        bits & eights == 0
    });
    none && digits >= MIN_DIGITS
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
        assert!(of(false, |word| if word % 10 == 0 { 1 << (word / 10 % 3) } else { 0 }));
        assert!(!of(true, |word| if word == 9 { 0xf777 } else { 0x7777 }));
        assert!(!of(true, |_| 0xffff));
        assert!(!of(true, |_| 0x7fff), "a dead column");
        assert!(!of(false, |word| if word % 10 == 0 { 1 << (word / 10 % 16) } else { 0 }));
        assert!(!of(false, |word| u128::from(word == 3)), "one word");
    }
}
