//! Whether cells of a dump that may be copies fail together, though not always: of a weak cell each read shows a fault now and then.

use super::proof::{Extent, SEEN, bits_of};
use super::stray::Shape;

/// Of the faults of one copy at least this share is in the next, beyond chance. Neighbours on a chip share far fewer.
const MOSTLY: f64 = 0.5;
/// So many shared faults, or standard deviations of their number, are no chance.
const FEWEST: f64 = 8.0;
const DEVIATIONS: f64 = 6.0;

/// The share of the words of a bank that fail in a bit, for each, for what chance makes of them.
#[derive(Debug)]
pub(super) struct Density {
    shares: Vec<f64>,
    rows: u64,
    word_bits: u32,
}

impl Density {
    /// That of the first faulty words.
    pub(super) fn of(dump: &Shape<'_>, rows: u64) -> Self {
        let word_bits = dump.word_bits;
        let seen = &dump.faulty[..dump.faulty.len().min(SEEN)];
        let banks = seen.last().map_or(0, |(word, _)| word / rows + 1) as usize;
        let mut shares = vec![0.0; banks * word_bits as usize];
        for &(word, bits) in seen {
            let bank = (word / rows) as usize * word_bits as usize;
            bits_of(bits).for_each(|bit| shares[bank + bit as usize] += 1.0);
        }
        shares.iter_mut().for_each(|share| *share /= rows as f64);
        Self { shares, rows, word_bits }
    }

    /// That of a bit in the bank of a word; none beyond the words that were seen.
    pub(super) fn share(&self, word: u64, bit: u32) -> f64 {
        let at = word / self.rows * u64::from(self.word_bits) + u64::from(bit);
        self.shares.get(at as usize).copied().unwrap_or(0.0)
    }
}

/// Faults of each copy, and those that the next copy (of the last: the first) has, too.
#[derive(Debug)]
pub(super) struct Agreement {
    faults: Vec<u64>,
    again: Vec<u64>,
    /// How many of `again` chance makes.
    expected: f64,
    /// Where the faults are that two copies have.
    pub(super) spread: Extent,
}

impl Agreement {
    pub(super) fn new(copies: usize) -> Self {
        Self { faults: vec![0; copies], again: vec![0; copies], expected: 0.0, spread: Extent::default() }
    }

    /// Adds faults of a copy, by their number: all, those that the next has, too, and those that it would have by chance.
    pub(super) fn add(&mut self, copy: usize, faults: u32, again: u32, expected: f64) {
        self.faults[copy] += u64::from(faults);
        self.again[copy] += u64::from(again);
        self.expected += expected;
    }

    /// The least share of the faults of a copy that the next has, beyond chance: the least, as the first copies of too many are
    /// like the next of them. Of a large dump the first copies are seen only.
    pub(super) fn share(&self) -> f64 {
        let shares = self.again.iter().zip(&self.faults).filter(|(_, faults)| **faults > 0);
        let least = shares.map(|(&again, &faults)| again as f64 / faults as f64).fold(1.0, f64::min);
        let chance = self.expected / self.faults.iter().sum::<u64>().max(1) as f64;
        if chance < 1.0 { (least - chance) / (1.0 - chance) } else { 0.0 }
    }

    /// Whether so many faults are shared that it is no chance.
    pub(super) fn is_beyond_chance(&self) -> bool {
        let again = self.again.iter().sum::<u64>() as f64;
        self.share() >= MOSTLY && again >= self.expected + FEWEST.max(DEVIATIONS * self.expected.sqrt())
    }

    /// Of the faults of all copies the percentage that the next has, too.
    pub(super) fn percent(&self) -> u32 {
        let (again, faults) = (self.again.iter().sum::<u64>(), self.faults.iter().sum::<u64>().max(1));
        (100 * again / faults) as u32
    }
}

/// Of candidates by their share, those of the most copies first, the first that is nearly as good as the best.
pub(super) fn first_of_best<T: Copy>(candidates: &[(T, f64)]) -> Option<T> {
    let best = candidates.iter().map(|&(_, share)| share).fold(0.0, f64::max);
    candidates.iter().find(|&&(_, share)| share >= 0.9 * best).map(|&(candidate, _)| candidate)
}
