//! Words of a dump that are none: a column of the text (addresses out of order, tags, check sums), or bits above the words.
//!
//! A cell knows nothing of the text, so that what fails by the place in a line, or in each word, is hardly a cell. What a chip
//! may have is left alone: a dead column fails in one bit of each word, or, with a column multiplexer, of each 2nd, 4th, 8th … word.

use super::clean::ones;

/// A dump, as far as it says which words are none.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shape<'a> {
    pub(super) words: u64,
    pub(super) word_bits: u32,
    pub(super) banks: u64,
    /// Words of a line, if all lines but the last have as many, and several.
    pub(super) line_words: Option<u64>,
    /// Whether words stand without space between.
    pub(super) packed: bool,
    /// The words that differ from what was written, in their order, and the bits in which they do.
    pub(super) faulty: &'a [(u64, u128)],
}

/// Words that lie at the same places of each so many.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Stray {
    /// After this number of words it begins again.
    pub(super) period: u64,
    /// The places, from 0.
    pub(super) places: Vec<u64>,
}

/// Of a larger dump only its begin is looked at.
const SEEN_WORDS: u64 = 1 << 18;
/// The longest period that is looked for, but for that of the lines.
const MAX_PERIOD: u64 = 130;
/// Fewer words than these say nothing.
const MIN_WORDS: u64 = 32;
/// Of the words of a stray place at least this share differ, of the others at most that;
const MOST: f64 = 0.75;
const FEW: f64 = 0.2;
/// or all differ in the same bit, in which of the others at most this share do.
const SOME: f64 = 0.4;
/// More bits than a column has: a multiplexed column fails in one bit of a word.
const SEVERAL_BITS: u64 = 3;
/// In so many banks the same column is not dead.
const MANY_BANKS: u64 = 8;

/// One place of a period.
#[derive(Clone, Copy)]
struct Place {
    words: u64,
    faulty: u64,
    bits: u64,
    /// The bits in which all words of it fail.
    always: u128,
}

impl Shape<'_> {
    /// The places of a period, the shortest there is, at which hardly any word is as written, while the others are.
    pub(super) fn stray_words(&self) -> Option<Stray> {
        let seen = self.words.min(SEEN_WORDS);
        let faulty = &self.faulty[..self.faulty.partition_point(|&(word, _)| word < seen)];
        // Bits that fail in all words are another matter.
        let common = if faulty.len() as u64 == seen { common(faulty) } else { 0 };
        let faulty: Vec<(u64, u128)> = faulty
            .iter()
            .map(|&(word, bits)| (word, bits & !common))
            .filter(|&(_, bits)| bits != 0)
            .collect();
        let periods = (2..=MAX_PERIOD).chain(self.line_words.filter(|&words| words > MAX_PERIOD));
        periods
            // One place of it has words enough, and can be full of the faulty ones.
            .filter(|&period| seen / period >= MIN_WORDS)
            .filter(|&period| faulty.len() as f64 * period as f64 >= MOST * seen as f64)
            .find_map(|period| self.stray_of(&faulty, seen, period))
    }

    fn stray_of(&self, faulty: &[(u64, u128)], seen: u64, period: u64) -> Option<Stray> {
        let all = places(faulty, seen, period);
        let of = |test: &dyn Fn(&Place) -> bool| -> Vec<u64> {
            (0u64..).zip(&all).filter(|(_, place)| test(place)).map(|(at, _)| at).collect()
        };
        let mostly = of(&|place| place.faulty as f64 >= MOST * place.words as f64);
        let bit = rarest_bit(faulty, &all);
        let always = of(&|place| place.always & bit != 0);
        let stray = |(places, mask, most): (Vec<u64>, u128, f64)| {
            let others = |at: u64| places.binary_search(&at).is_err();
            let some = !places.is_empty() && (places.len() as u64) < period;
            let alone = some && share(faulty, seen, period, mask, &others) <= most;
            Some(Stray { period, places }).filter(|stray| {
                alone && !is_multiplexed(faulty, seen, stray, mask) && self.is_no_column(&all, stray)
            })
        };
        [(mostly, u128::MAX, FEW), (always, bit, SOME)].into_iter().find_map(stray)
    }

    /// Whether it cannot be a column of cells: such fail in one bit of each 2nd, 4th, 8th … word.
    fn is_no_column(&self, all: &[Place], stray: &Stray) -> bool {
        let Stray { period, ref places } = *stray;
        let mean = |of_strays: bool| {
            let of = (0u64..).zip(all).filter(|(at, _)| places.binary_search(at).is_ok() == of_strays);
            let (bits, words) = of.fold((0, 0), |sum, (_, place)| (sum.0 + place.bits, sum.1 + place.words));
            bits as f64 / words.max(1) as f64
        };
        let several = SEVERAL_BITS.min(u64::from(self.word_bits).div_ceil(2).max(2));
        let (first_or_last, top) = (places == &[0] || places == &[period - 1], 1 << (self.word_bits - 1));
        !period.is_power_of_two()
            || mean(true) - mean(false) >= several as f64 * MOST
            || self.banks >= MANY_BANKS
            || self.banks > 1 && self.line_words == Some(period) && first_or_last
            || self.packed && places.iter().any(|&at| all[at as usize].always & top != 0)
    }

    /// The bits that fail in all words and are hardly columns: at an end of the word, several, or in many banks.
    pub(super) fn stray_bits(&self) -> u128 {
        if self.words < MIN_WORDS || (self.faulty.len() as u64) < self.words {
            return 0;
        }
        let (bits, all) = (common(self.faulty), ones(self.word_bits));
        let others = u64::from((all & !bits).count_ones()) * self.words;
        let failing: u64 = self.faulty.iter().map(|(_, word)| u64::from((word & !bits).count_ones())).sum();
        let at_an_end = bits & (1 | 1 << (self.word_bits - 1)) != 0;
        let several = u64::from(bits.count_ones()) > SEVERAL_BITS;
        let stray =
            (at_an_end || several || self.banks >= MANY_BANKS) && (failing as f64) <= FEW * others as f64;
        if stray && bits != all { bits } else { 0 }
    }
}

/// The bits in which all of these words fail.
fn common(faulty: &[(u64, u128)]) -> u128 {
    faulty.iter().fold(u128::MAX, |common, (_, bits)| common & bits)
}

fn places(faulty: &[(u64, u128)], seen: u64, period: u64) -> Vec<Place> {
    let of = |at: u64| Place { words: (seen - at).div_ceil(period), faulty: 0, bits: 0, always: u128::MAX };
    let mut places: Vec<Place> = (0..period).map(of).collect();
    for (word, bits) in faulty {
        let place = &mut places[(word % period) as usize];
        place.faulty += 1;
        place.bits += u64::from(bits.count_ones());
        place.always &= bits;
    }
    for place in places.iter_mut().filter(|place| place.faulty < place.words) {
        place.always = 0;
    }
    places
}

/// Of the bits in which any place always fails, the one that fails least elsewhere; 0 if there is none.
fn rarest_bit(faulty: &[(u64, u128)], all: &[Place]) -> u128 {
    let always = all.iter().fold(0, |bits, place| bits | place.always);
    let mut counts = [0u64; 128];
    for (word, bits) in faulty.iter().filter(|_| always != 0) {
        let mut left = bits & always & !all[(word % all.len() as u64) as usize].always;
        while left != 0 {
            counts[left.trailing_zeros() as usize] += 1;
            left &= left - 1;
        }
    }
    let bits = (0..128u32).filter(|bit| always >> bit & 1 == 1);
    bits.min_by_key(|&bit| counts[bit as usize]).map_or(0, |bit| 1 << bit)
}

/// The share of words at some places that fail in these bits.
fn share(faulty: &[(u64, u128)], seen: u64, period: u64, mask: u128, of: &dyn Fn(u64) -> bool) -> f64 {
    let words: u64 = (0..period).filter(|&at| of(at)).map(|at| (seen - at).div_ceil(period)).sum();
    let failing = faulty.iter().filter(|(word, bits)| bits & mask != 0 && of(word % period)).count();
    failing as f64 / words.max(1) as f64
}

/// Whether all places are those of columns of a multiplexer, which has a period of a power of two: of dead or nearly dead ones, at
/// each place of the column.
fn is_multiplexed(faulty: &[(u64, u128)], seen: u64, stray: &Stray, mask: u128) -> bool {
    let period = stray.period;
    let factors = (1..).map(|exponent| 1 << exponent).take_while(|&factor: &u64| factor < period);
    let factors: Vec<u64> = factors.filter(|factor| period.is_multiple_of(*factor)).collect();
    let fails = |place: u64| share(faulty, seen, period, mask, &|at| at == place) >= 0.5;
    let failing: Vec<bool> = (0..period).map(fails).collect();
    let in_column = |at: &u64| {
        factors
            .iter()
            .any(|&factor| (at % factor..period).step_by(factor as usize).all(|at| failing[at as usize]))
    };
    stray.places.iter().all(in_column)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mixed(number: u64) -> u64 {
        let mut x = number.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        x ^ (x >> 29)
    }

    /// Faults of words of 16 bits.
    fn shape(words: u64, bits: impl Fn(u64) -> u128) -> (u64, Vec<(u64, u128)>) {
        (words, (0..words).map(|word| (word, bits(word))).filter(|(_, bits)| *bits != 0).collect())
    }

    fn found(of: &(u64, Vec<(u64, u128)>), line_words: Option<u64>) -> Option<(u64, Vec<u64>)> {
        let shape = Shape {
            words: of.0,
            word_bits: 16,
            banks: of.0 / 1024,
            line_words,
            packed: false,
            faulty: &of.1,
        };
        shape.stray_words().map(|stray| (stray.period, stray.places))
    }

    /// Cells that fail at this share, of thousandths, spread over all.
    fn noise(word: u64, thousandths: u64) -> u128 {
        let fails = |bit: &u64| mixed(word * 16 + bit) % 1000 < thousandths;
        (0..16).filter(fails).fold(0, |bits, bit| bits | 1 << bit)
    }

    #[test]
    fn columns_of_the_text_are_found_at_any_place_and_fault_rate() {
        for thousandths in [0, 1, 10, 100, 200] {
            for (period, at) in [(9, 0), (9, 8), (17, 3), (33, 0), (129, 128), (6, 5)] {
                let constant =
                    shape(9216, |word| if word % period == at { 1 } else { noise(word, thousandths) });
                assert_eq!(found(&constant, None), Some((period, vec![at])), "{period} {at} {thousandths}");
            }
        }
        // Numbers that hardly repeat, and pages of 1/8 that are as the memory was written.
        let counts = shape(9216, |word| if word % 9 == 0 { u128::from(!mixed(word) & 0xffff) } else { 0 });
        assert_eq!(found(&counts, None), Some((9, vec![0])));
        let pages = shape(9216, |word| if word % 9 == 0 { u128::from(word / 1152) } else { 0 });
        assert_eq!(found(&pages, None), Some((9, vec![0])));
        let two = shape(10240, |word| if word % 10 < 2 { 0xff0f } else { noise(word, 1) });
        assert_eq!(found(&two, None), Some((10, vec![0, 1])));
        let pairs = shape(2048, |word| if word % 2 == 0 { 0xedcb } else { 0 });
        assert_eq!(found(&pairs, None), Some((2, vec![0])));
        let last = shape(2048, |word| u128::from(word % 2));
        assert_eq!(found(&last, Some(2)), Some((2, vec![1])), "a column of two a line");
        assert_eq!(found(&last, None), None, "a multiplexed column");
    }

    #[test]
    fn what_a_chip_may_have_is_no_column_of_the_text() {
        // Dead and nearly dead columns, with a multiplexer or without, beside others; rows; banks; all over.
        for thousandths in [0, 1, 10, 100, 200] {
            for dead in [1000, 970, 900, 750, 500] {
                for (banks, every, at) in [(1, 1, 0), (1, 4, 1), (4, 4, 3), (1, 8, 0), (2, 32, 5), (1, 2, 1)]
                {
                    let chip = shape(banks * 1024, |word| {
                        let column = word % every == at && mixed(word + 7777) % 1000 < dead;
                        noise(word, thousandths) | u128::from(column) << 7
                    });
                    assert_eq!(found(&chip, Some(8)), None, "{thousandths} {dead} {banks} {every} {at}");
                }
            }
            let row = shape(4096, |word| if word / 8 == 20 { 0xffff } else { noise(word, thousandths) });
            assert_eq!(found(&row, Some(8)), None);
            let bank = shape(4096, |word| if word / 1024 == 2 { 0xffff } else { noise(word, thousandths) });
            assert_eq!(found(&bank, Some(8)), None);
        }
    }

    #[test]
    fn bits_above_the_words_are_found_and_columns_left_alone() {
        let bits = |banks: u64, always: u128, thousandths| {
            let (words, faulty) = shape(banks * 1024, |word| always | noise(word, thousandths));
            Shape { words, word_bits: 16, banks, line_words: None, packed: false, faulty: &faulty }
                .stray_bits()
        };
        for always in [0x8000, 0xc000, 1, 0x00a5, 0x0f00] {
            assert_eq!(bits(1, always, 5), always, "{always:x}");
        }
        for always in [0, 0x80, 0x180] {
            assert_eq!(bits(2, always, 5), 0, "{always:x}");
        }
        assert_eq!(bits(8, 0x80, 5), 0x80, "not in so many banks");
        assert_eq!(bits(1, 0x8000, 900), 0, "an inverted memory");
    }
}
