//! Whether power-up states are a pattern: a memory that holds one was written after its supply came up.

use super::super::super::{Doubt, DoubtKind};
use super::super::HexOptions;
use super::super::clean::{Clean, ones};
use super::LEAST_SHARE;
use crate::voltage::Voltage;

/// The doubt about states that hardly differ from a pattern; `likely` are those of all cells, and `base` is the first address.
pub(super) fn doubt(
    voltage: Voltage,
    likely: &[bool],
    base: Option<u64>,
    options: &HexOptions,
) -> Option<Doubt> {
    let allowed = (LEAST_SHARE * likely.len() as f64) as u64;
    let (name, differing) = patterns(base, options)
        .into_iter()
        .find_map(|(name, clean)| Some((name, differing(likely, &clean, options.word_bits, allowed)?)))?;
    let text = format!(
        "at {voltage} V the likely states are {name}, from which {differing} of {} cells differ: was the memory written before it was \
         read?",
        likely.len()
    );
    Some(Doubt::new(DoubtKind::Cleared, text))
}

/// What a memory is written with, but for the same bit in all cells.
fn patterns(base: Option<u64>, options: &HexOptions) -> Vec<(&'static str, Clean)> {
    let (mask, rows) = (ones(options.word_bits), options.rows.into());
    let fives = (u128::MAX / 3) & mask;
    let tens = mask ^ fives;
    let address = |step: u32| {
        let clean = Clean::Address { base: base.unwrap_or(0), step: step.into(), mask };
        ("the addresses of the words", clean)
    };
    let in_turn = |name, words: [u128; 2]| {
        [words, [words[1], words[0]]].map(|words| (name, Clean::Checker { words, rows }))
    };
    let mut patterns = vec![address(1), address(options.word_bytes())];
    patterns.extend(in_turn("a checkerboard", [fives, tens]));
    patterns.extend(in_turn("ones and zeros in turn, row by row", [mask, 0]));
    let columns = [fives, tens].map(Clean::Constant);
    patterns.extend(columns.map(|clean| ("ones and zeros in turn, column by column", clean)));
    patterns
}

/// How many cells differ from a pattern, if not more than this number.
fn differing(likely: &[bool], clean: &Clean, word_bits: u32, allowed: u64) -> Option<u64> {
    let mut differing = 0;
    for (word, cells) in (0u64..).zip(likely.chunks(word_bits as usize)) {
        let read = cells.iter().rev().fold(0u128, |bits, &one| bits << 1 | u128::from(one));
        differing += u64::from((read ^ clean.word(word)).count_ones());
        if differing > allowed {
            return None;
        }
    }
    Some(differing)
}
