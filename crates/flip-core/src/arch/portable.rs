//! The loops that matter for speed, in safe Rust shaped for the compiler's own vectorisation. Every kernel of this folder
//! is one of these, compiled for other instructions, or gives the same bytes.

use super::{AliasTable, Work, prefetch};
use crate::lanes::{LANES, Lanes};

/// Fills `out` with the first words of the stream of `key`.
pub(crate) struct Fill<'a> {
    pub(crate) key: u64,
    pub(crate) out: &'a mut [u64],
}

impl Work for Fill<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let mut lanes = Lanes::new(self.key);
        let (rows, rest) = self.out.as_chunks_mut::<LANES>();
        rows.iter_mut().for_each(|row| *row = lanes.next());
        if !rest.is_empty() {
            rest.copy_from_slice(&lanes.next()[..rest.len()]);
        }
    }
}

/// Bit planes that are drawn for all cells of a persistent chip before undecided ones are looked at one by one.
pub(crate) const PLANES: u32 = 13;

/// Compares one number of [`PLANES`] random bits for each cell with the top bits of `threshold`.
pub(crate) struct ComparePlanes<'a> {
    pub(crate) key: u64,
    pub(crate) threshold: u64,
    /// Gets a one for each cell below; a bit a cell and a multiple of [`LANES`] words.
    pub(crate) below: &'a mut [u64],
    /// Gets the words of cells equal to the threshold so far, each with its index.
    pub(crate) undecided: &'a mut Vec<(u32, u64)>,
    /// Bytes to fetch from memory meanwhile, as many as `below` has.
    pub(crate) next: &'a [u8],
}

impl Work for ComparePlanes<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Self { key, threshold, below, undecided, next } = self;
        let mut lanes = Lanes::new(key);
        for (row, first) in below.as_chunks_mut::<LANES>().0.iter_mut().zip((0..).step_by(LANES)) {
            (0..LANES / 8).for_each(|line| prefetch(next, (first + line * 8) * 8));
            let (mut less, mut equal) = ([0u64; LANES], [u64::MAX; LANES]);
            for k in 0..PLANES {
                let plane = lanes.next();
                if threshold << k >> 63 == 1 {
                    for lane in 0..LANES {
                        less[lane] |= equal[lane] & !plane[lane];
                        equal[lane] &= plane[lane];
                    }
                } else {
                    for lane in 0..LANES {
                        equal[lane] &= !plane[lane];
                    }
                }
            }
            row.iter_mut().zip(less).for_each(|(below, less)| *below |= less);
            if equal.iter().fold(0, |any, equal| any | equal) != 0 {
                undecided.extend((first as u32..).zip(equal).filter(|&(_, equal)| equal != 0));
            }
        }
    }
}

/// Draws mask bytes from a table, byte by byte, see [`frame`].
pub(super) fn draw_masks(key: u64, table: &AliasTable, masks: &mut [u64], bytes: &mut [u8]) {
    frame(key, masks, bytes, |columns, dice, out| {
        for ((columns, dice), out) in columns.iter().zip(dice).zip(out) {
            let mut bytes = columns.to_le_bytes();
            for (byte, die) in bytes.iter_mut().zip(dice.to_le_bytes()) {
                let column = usize::from(*byte);
                // Chance decides, so that a branch would be foreseen wrongly half of the time.
                let alias = 0u8.wrapping_sub(u8::from(die >= table.keep_below[column]));
                *byte ^= (*byte ^ table.alias[column]) & alias;
            }
            *out = u64::from_le_bytes(bytes);
        }
    });
}

/// Draws mask bytes by any way to look them up, eight a word, for a multiple of [`LANES`] words: for each word the stream
/// gives eight columns, and [`LANES`] words later their dice. A byte is its column if the die is below the column's
/// threshold, else the column's alias. Masks are XOR-ed into `bytes`, which is as long or empty, as they come, so that
/// memory is fetched meanwhile.
#[inline(always)]
pub(super) fn frame(
    key: u64,
    masks: &mut [u64],
    bytes: &mut [u8],
    mut look_up: impl FnMut(&[u64; LANES], &[u64; LANES], &mut [u64; LANES]),
) {
    let mut lanes = Lanes::new(key);
    let mut rows_of_bytes = bytes.as_chunks_mut::<{ 8 * LANES }>().0.iter_mut();
    for row in masks.as_chunks_mut::<LANES>().0 {
        let (columns, dice, mut drawn) = (lanes.next(), lanes.next(), [0; LANES]);
        look_up(&columns, &dice, &mut drawn);
        *row = drawn;
        if let Some(row) = rows_of_bytes.next() {
            for (word, mask) in row.as_chunks_mut::<8>().0.iter_mut().zip(drawn) {
                *word = (u64::from_le_bytes(*word) ^ mask).to_le_bytes();
            }
        }
    }
}

/// Inverts the bits of `bytes` that are ones in `flips`, and clears `flips`.
pub(crate) struct XorAndClear<'a> {
    pub(crate) bytes: &'a mut [u8],
    pub(crate) flips: &'a mut [u64],
}

impl Work for XorAndClear<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        // A wide store across two cache lines costs two, so the many begin at a line.
        let (head, lines) = self.bytes.split_at_mut(words_before_line(self.bytes) * 8);
        let (head_flips, flips) = self.flips.split_at_mut(head.len() / 8);
        xor_and_clear(head, head_flips);
        xor_and_clear(lines, flips);
    }
}

#[inline(always)]
fn xor_and_clear(bytes: &mut [u8], flips: &mut [u64]) {
    let (words, tail) = bytes.as_chunks_mut::<8>();
    for (word, flip) in words.iter_mut().zip(flips.iter_mut()) {
        *word = (u64::from_le_bytes(*word) ^ *flip).to_le_bytes();
        *flip = 0;
    }
    if let (false, Some(flip)) = (tail.is_empty(), flips.get_mut(words.len())) {
        for (byte, mask) in tail.iter_mut().zip(flip.to_le_bytes()) {
            *byte ^= mask;
        }
        *flip = 0;
    }
}

/// Whole words of `bytes` before its first cache line; 0 if no word begins a line.
#[inline(always)]
fn words_before_line(bytes: &[u8]) -> usize {
    let before = bytes.as_ptr().align_offset(64);
    if before.is_multiple_of(8) && before <= bytes.len() { before / 8 } else { 0 }
}

/// Makes each byte read as `(byte & keep) ^ invert`.
pub(crate) struct ApplyPlanes<'a> {
    pub(crate) bytes: &'a mut [u8],
    pub(crate) keep: &'a [u8],
    pub(crate) invert: &'a [u8],
}

impl Work for ApplyPlanes<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Self { bytes, keep, invert } = self;
        let head = words_before_line(bytes) * 8;
        let (head_bytes, line_bytes) = bytes.split_at_mut(head);
        let (head_keep, line_keep) = keep.split_at(head.min(keep.len()));
        let (head_invert, line_invert) = invert.split_at(head.min(invert.len()));
        let parts = [(head_bytes, head_keep, head_invert), (line_bytes, line_keep, line_invert)];
        for (bytes, keep, invert) in parts {
            for ((byte, keep), invert) in bytes.iter_mut().zip(keep).zip(invert) {
                *byte = (*byte & keep) ^ invert;
            }
        }
    }
}
