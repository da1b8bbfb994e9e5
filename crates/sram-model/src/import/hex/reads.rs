//! Whether the reads of a voltage are of one chip: cells that fail in one fail in others.

use std::collections::BTreeMap;

use super::dump::Dump;
use super::{Doubt, DoubtKind};
use crate::voltage::Voltage;

/// Fewer cells say nothing.
const FEWEST: usize = 30;
/// Of the cells that fail in one read at least this share fails in another, beyond chance. Cells of which each fails now and then
/// are mostly those that did before.
const AGAIN: f64 = 0.05;

/// What speaks against reads after one pattern being of one chip: the first that has hardly anything in common with the others.
pub(super) fn doubt(voltage: Voltage, dumps: &[Dump], cells: u64, word_bits: u32) -> Option<Doubt> {
    if dumps.len() < 2 {
        return None;
    }
    let cells_of = |dump: &'_ Dump| -> Vec<u64> {
        let of_word = |&(word, bits): &(u64, u128)| {
            let failing = (0..word_bits).filter(move |bit| bits >> bit & 1 == 1);
            failing.map(move |bit| word * u64::from(word_bits) + u64::from(bit))
        };
        dump.faulty_words.iter().flat_map(of_word).collect()
    };
    let mut reads: BTreeMap<u64, u32> = BTreeMap::new();
    dumps.iter().flat_map(cells_of).for_each(|cell| *reads.entry(cell).or_default() += 1);
    dumps.iter().find_map(|dump| {
        let own = cells_of(dump);
        let again = own.iter().filter(|cell| reads.get(cell).is_some_and(|&reads| reads > 1)).count();
        let elsewhere = reads.len() - (own.len() - again);
        let chance = elsewhere as f64 / cells as f64;
        let beyond = again as f64 - chance * own.len() as f64;
        let stranger = own.len() >= FEWEST
            && elsewhere >= FEWEST
            && beyond < AGAIN * (1.0 - chance) * own.len() as f64;
        stranger.then(|| {
            let text = format!(
                "of {} cells that fail in {}, {again} fail in another read at {voltage} V: are these reads of one chip, in \
                 one order?",
                own.len(),
                dump.input.name,
            );
            Doubt::new(DoubtKind::OtherReads, text)
        })
    })
}

/// So many cells that fail again are no chance, if they are at least this share, beyond it.
const FEWEST_AGAIN: f64 = 8.0;
const MOSTLY: f64 = 0.5;

/// Whether the cells that fail in the one of two dumps that has fewer fail in the other.
pub(super) fn are_of_one_chip(one: &Dump, other: &Dump, word_bits: u32) -> bool {
    let count =
        |dump: &Dump| dump.faulty_words.iter().map(|(_, bits)| f64::from(bits.count_ones())).sum::<f64>();
    let (few, many) = if count(one) <= count(other) { (one, other) } else { (other, one) };
    let again = |&(word, bits): &(u64, u128)| {
        let found = many.faulty_words.binary_search_by_key(&word, |&(word, _)| word);
        found.map_or(0, |at| (many.faulty_words[at].1 & bits).count_ones())
    };
    let again = few.faulty_words.iter().map(again).map(f64::from).sum::<f64>();
    let (own, chance) = (count(few), count(many) / (many.words as f64 * f64::from(word_bits)));
    again >= FEWEST_AGAIN && again - chance * own >= MOSTLY * (1.0 - chance) * own
}
