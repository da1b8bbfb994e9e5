//! Compares blocks of words that may be copies of each other, one after the other in all dumps of a chip.

use super::agreement::Agreement;
use super::faults::Faults;
use super::proof::{Extent, SEEN, bits_of, row_words};

/// Of the faulty words at least this share have copies that fail alike: a cell that is read again may not fail again.
const MOST: f64 = 0.9;
/// Of blocks that are none hardly anything agrees in this number of faulty words: the others need not be looked at.
const SAMPLE: usize = 1 << 12;
const HARDLY: f64 = 0.25;

/// The dumps of a chip, of the same shape but for the faults.
pub(super) struct Dumps<'a>(pub(super) &'a [Faults<'a>]);

impl Dumps<'_> {
    /// The faulty words, without their copies, if nearly all fail alike in all copies.
    pub(super) fn alike(&self, words: u64, copies: u64) -> Option<u64> {
        let mostly = |seen: usize| {
            let alike = self.0.iter().map(|dump| alike(dump.shape.faulty, words, copies, seen));
            let (same, all) = alike.fold((0, 0), |sum, found| (sum.0 + found.0, sum.1 + found.1));
            all > 0 && same as f64 >= MOST * all as f64
        };
        if !mostly(SAMPLE) || !mostly(SEEN) {
            return None;
        }
        let mut spread = Extent::default();
        for dump in self.0 {
            let faulty = dump.shape.faulty;
            let copied = dump
                .living
                .iter()
                .filter(|of| is_copied(faulty, (of.0, failing(faulty, of.0)), words, copies));
            copied.for_each(|&(word, bits)| self.add(&mut spread, word, bits, words, copies));
        }
        self.is_proof(&spread).then_some(spread.words())
    }

    /// How far copies agree, if most faults are in the next copy, too.
    pub(super) fn mostly_alike(&self, words: u64, copies: u64) -> Option<Agreement> {
        if self.agreement(words, copies, SAMPLE).share() < HARDLY {
            return None;
        }
        let agreement = self.agreement(words, copies, SEEN);
        (self.is_proof(&agreement.spread) && agreement.is_beyond_chance()).then_some(agreement)
    }

    /// How far the living faults of each copy, or of the first words of them, are those of the next.
    fn agreement(&self, words: u64, copies: u64, most: usize) -> Agreement {
        let mut agreement = Agreement::new(copies as usize);
        for Faults { shape: dump, living, density, .. } in self.0 {
            for &(word, bits) in &living[..living.len().min(most)] {
                let copy = word / words % copies;
                let next = if copy + 1 < copies { word + words } else { word - copy * words };
                let of_next = failing(dump.faulty, next);
                let again = bits & of_next;
                // Of a word that fails in many bits, as one of a short dead row, any two have much in common.
                let of_word = f64::from(of_next.count_ones()) / f64::from(dump.word_bits);
                let by_chance = |bit| density.share(word, bit).max(density.share(next, bit)).max(of_word);
                let expected = bits_of(bits).map(by_chance).sum();
                agreement.add(copy as usize, bits.count_ones(), again.count_ones(), expected);
                if again != 0 {
                    self.add(&mut agreement.spread, word, again, words, copies);
                }
            }
        }
        agreement
    }

    /// Adds a word that fails as its copies do.
    fn add(&self, spread: &mut Extent, word: u64, bits: u128, words: u64, copies: u64) {
        let first = first_copy(word, words, copies);
        let (all, rows) = self.0.first().map_or((0, 1), |dump| (dump.shape.words / copies, dump.rows));
        // Numbered without the copies.
        let number = word / (words * copies) * words + word % words;
        spread.add_word(number, number / row_words(all));
        bits_of(bits).for_each(|bit| spread.add_kind(first / rows, 1 << bit));
    }

    fn is_proof(&self, spread: &Extent) -> bool {
        self.0.first().is_some_and(|dump| spread.is_proof(dump.shape.word_bits.into()))
    }
}

fn first_copy(word: u64, words: u64, copies: u64) -> u64 {
    word / (words * copies) * (words * copies) + word % words
}

/// How many of the first faulty words have copies that fail alike, and how many there are.
fn alike(faulty: &[(u64, u128)], words: u64, copies: u64, seen: usize) -> (u64, u64) {
    let seen = &faulty[..faulty.len().min(seen)];
    let same = seen.iter().filter(|of| is_copied(faulty, **of, words, copies)).count();
    (same as u64, seen.len() as u64)
}

/// Whether all other copies of a faulty word fail as it does.
fn is_copied(faulty: &[(u64, u128)], (word, bits): (u64, u128), words: u64, copies: u64) -> bool {
    let first = first_copy(word, words, copies);
    (0..copies).map(|copy| first + copy * words).all(|other| failing(faulty, other) == bits)
}

/// The bits of a word that fail.
fn failing(faulty: &[(u64, u128)], word: u64) -> u128 {
    faulty.binary_search_by_key(&word, |&(word, _)| word).map_or(0, |at| faulty[at].1)
}
