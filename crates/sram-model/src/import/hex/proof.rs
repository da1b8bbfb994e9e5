//! Which faulty bits of a dump say whether cells stand in it several times.
//!
//! In a dead column all words fail alike, in a dead row all of its words, so that each is a copy of its neighbour. Bits of such
//! columns are left out here; of rows and pieces of columns only as much as one can hide is taken for a proof ([`Extent`]).

use std::collections::{BTreeMap, BTreeSet};

use super::stray::Shape;

/// Of a dump with more faulty words the first are looked at.
pub(super) const SEEN: usize = 1 << 16;
/// A multiplexer has at most so many columns for a bit.
const MAX_COLUMNS: u64 = 64;
/// A class of fewer words says nothing of a column.
const MIN_COLUMN: u64 = 8;
/// A column may be dead in a part of so many words.
const PART: u64 = 64;
/// The words of a row that are looked at together.
const ROW_PART: u64 = 4;
/// Of a dead row more than this share of the bits fails; of one faulty bit with copies beside it fewer do.
const DEAD: f64 = 0.125;
/// A dead row fails in so many times the share of all cells: where as many fail everywhere none is dead.
const MORE: f64 = 3.0;

/// The faulty words, of the first ones, with the bits that no dead column explains; words of nothing else are left out, and so are
/// those that fail as a whole, as in a dead row.
pub(super) fn living(dump: &Shape<'_>, rows: u64) -> Vec<(u64, u128)> {
    let seen = &dump.faulty[..dump.faulty.len().min(SEEN)];
    let mut columns: BTreeMap<(u64, u32), Vec<u64>> = BTreeMap::new();
    for &(word, bits) in seen {
        for bit in bits_of(bits) {
            columns.entry((word / rows, bit)).or_default().push(word % rows);
        }
    }
    let mut alive: BTreeMap<u64, u128> = BTreeMap::new();
    for ((bank, bit), failing) in columns {
        for row in alive_rows(&failing, rows) {
            *alive.entry(bank * rows + row).or_default() |= 1 << bit;
        }
    }
    let whole = |word: u64| {
        let at = seen.binary_search_by_key(&word, |&(word, _)| word);
        at.is_ok_and(|at| seen[at].1.count_ones() >= dump.word_bits.max(2))
    };
    let dead = dead_rows(seen, dump.word_bits);
    alive.into_iter().filter(|&(word, _)| !whole(word) && !dead.contains(&(word / ROW_PART))).collect()
}

/// The parts of rows that are dead, or half dead: their words all fail, in far more bits than others do.
fn dead_rows(faulty: &[(u64, u128)], word_bits: u32) -> BTreeSet<u64> {
    let cells = |words: u64| (words * u64::from(word_bits)) as f64;
    let faults =
        |words: &[(u64, u128)]| words.iter().map(|(_, bits)| f64::from(bits.count_ones())).sum::<f64>();
    let usual = faulty.last().map_or(0.0, |(last, _)| faults(faulty) / cells(last + 1));
    let many = DEAD.max(MORE * usual) * cells(ROW_PART);
    let is_dead = |part: &&[(u64, u128)]| part.len() as u64 == ROW_PART && faults(part) > many;
    let parts = faulty.chunk_by(|one, other| one.0 / ROW_PART == other.0 / ROW_PART);
    parts.filter(is_dead).map(|part| part[0].0 / ROW_PART).collect()
}

/// Of rows that fail in one bit those that no dead column, half dead one, or dead part of one explains, with a multiplexer of any
/// width.
fn alive_rows(failing: &[u64], rows: u64) -> Vec<u64> {
    let widths = (0..)
        .map(|exponent| 1 << exponent)
        .take_while(|&width| width <= MAX_COLUMNS && rows / width >= MIN_COLUMN);
    let mut alive = failing.to_vec();
    for width in widths {
        let of_column = rows / width;
        let part = of_column.min(PART);
        // The whole column, and parts of it that overlap by half.
        for (part, from) in BTreeSet::from([(of_column, 0), (part, 0), (part, part / 2)]) {
            let parts = (of_column + from) / part + 1;
            let place = |row: u64| (row % width * parts + (row / width + from) / part) as usize;
            let mut counts = vec![0u64; (width * parts) as usize];
            failing.iter().for_each(|&row| counts[place(row)] += 1);
            alive.retain(|&row| 2 * counts[place(row)] < part);
        }
    }
    alive
}

/// The bits of a word that are 1, from the lowest on.
pub(super) fn bits_of(bits: u128) -> impl Iterator<Item = u32> {
    let mut left = bits;
    std::iter::from_fn(move || {
        let bit = (left != 0).then(|| left.trailing_zeros())?;
        left &= left - 1;
        Some(bit)
    })
}

/// Fewer words than this prove nothing: copies by chance are then not out of the question.
pub(super) const MIN_WORDS: usize = 8;
/// One dead row or two, or pieces of so many columns, are in fewer than so many places.
const MIN_PLACES: usize = 4;

/// Over how much of a memory the faults are spread that speak for copies: those of one row, or of one kind, are one.
#[derive(Debug, Default)]
pub(super) struct Extent {
    words: BTreeSet<u64>,
    rows: BTreeSet<u64>,
    kinds: BTreeSet<(u64, u128)>,
}

impl Extent {
    /// Adds a word in a row of the array.
    pub(super) fn add_word(&mut self, word: u64, row: u64) {
        self.words.insert(word);
        self.rows.insert(row);
    }

    /// Adds bits of a bank that one defect may explain: those of one column, or those that fail together.
    pub(super) fn add_kind(&mut self, bank: u64, bits: u128) {
        self.kinds.insert((bank, bits));
    }

    /// Faulty words, without their copies.
    pub(super) fn words(&self) -> u64 {
        self.words.len() as u64
    }

    /// Whether nothing but copies explains it, if there can be so many kinds.
    pub(super) fn is_proof(&self, kinds: u64) -> bool {
        self.words.len() >= MIN_WORDS
            && self.rows.len() >= MIN_PLACES
            && self.kinds.len() as u64 >= kinds.min(MIN_PLACES as u64)
    }
}

/// Words of a row of an array, of which this number of words are one column: as many as a multiplexer may have, but few of a small
/// memory, so that there are several rows.
pub(super) fn row_words(words: u64) -> u64 {
    (words / 16).clamp(1, MAX_COLUMNS)
}
