//! Words that are narrower than was told: the bits above them never fail, while all others do.

use super::stray::Shape;

/// By chance the bits that fail are all below those that never do: at most this probability, each bit of a word counted once.
const CHANCE: f64 = 1e-4;
/// Fewer bits may be neighbours that fail together.
const MIN_BITS: u32 = 8;

/// The bits of a word, if those above them never fail in any dump and that is no chance.
pub(super) fn narrower(dumps: &[Shape<'_>]) -> Option<u32> {
    let word_bits = dumps.first()?.word_bits;
    let failing = dumps.iter().flat_map(|dump| dump.faulty).fold(0, |all, (_, bits)| all | bits);
    let (bits, failing) = (128 - u128::leading_zeros(failing), failing.count_ones());
    let chance = |bit: u32| f64::from(bits - bit) / f64::from(word_bits - bit);
    let narrower =
        failing >= MIN_BITS && bits < word_bits && (0..failing).map(chance).product::<f64>() <= CHANCE;
    narrower.then_some(bits)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find(word_bits: u32, failing: u128) -> Option<u32> {
        let faulty: Vec<(u64, u128)> = (0..word_bits)
            .filter(|bit| failing >> bit & 1 == 1)
            .map(|bit| (u64::from(bit) * 7, 1 << bit))
            .collect();
        let shape =
            Shape { words: 1024, word_bits, banks: 1, line_words: None, packed: false, faulty: &faulty };
        narrower(&[shape])
    }

    #[test]
    fn a_word_ends_where_no_bit_above_fails() {
        assert_eq!(find(32, 0xffff), Some(16));
        assert_eq!(find(32, 0xff), Some(8));
        assert_eq!(find(32, 0xfeff), Some(16), "a bit or two of it may never fail");
        assert_eq!(find(16, 0xff), Some(8));
        assert_eq!(find(128, 0xff_ffff), Some(24));
    }

    #[test]
    fn few_faults_and_single_bits_prove_nothing() {
        assert_eq!(find(32, 0), None);
        assert_eq!(find(32, 0x7f), None);
        assert_eq!(find(32, 0x0101_0101), None);
        assert_eq!(find(16, 0x7fff), None);
        assert_eq!(find(16, 0x0fff), None);
        assert_eq!(find(8, 0xff), None);
        assert_eq!(find(1, 1), None);
    }
}
