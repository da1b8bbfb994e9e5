//! The loops that matter for speed, in safe Rust shaped for the compiler's own vectorisation. Every kernel of this folder
//! is one of these, compiled for other instructions, or gives the same bytes.

use super::{AliasTable, Work, fetch_ahead, prefetch};
use crate::lanes::{LANES, Lanes};
use crate::stream::Streams;

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

/// Bit planes that are made for all cells of a persistent chip before undecided ones are looked at one by one.
pub(crate) const PLANES: u32 = 9;

/// Compares one number of [`PLANES`] random bits for each cell with the top bits of `threshold`. Slices of words have a bit
/// a cell, and are a multiple of [`LANES`] long.
pub(crate) struct ComparePlanes<'a> {
    pub(crate) key: u64,
    pub(crate) threshold: u64,
    /// Gets a one for each cell below.
    pub(crate) below: &'a mut [u64],
    /// Becomes a one for each cell equal so far.
    pub(crate) equal: &'a mut [u64],
    /// Becomes a one for each word of `equal` that is not zero.
    pub(crate) undecided: &'a mut [u32],
    /// Bytes to fetch from memory meanwhile, as many as `below` has.
    pub(crate) next: &'a [u8],
}

/// See [`super::Kernel::compare_planes`].
pub(super) fn compare_planes(work: ComparePlanes<'_>) {
    planes(work, |words| {
        words.iter().zip(0..).fold(0, |map, (&word, lane)| map | u32::from(word != 0) << lane)
    });
}

/// The planes by any way to say which words are not zero.
#[inline(always)]
pub(super) fn planes(work: ComparePlanes<'_>, not_zero: impl Fn(&[u64; LANES]) -> u32) {
    let ComparePlanes { key, threshold, below, equal: equals, undecided, next } = work;
    let mut lanes = Lanes::new(key);
    let rows = below.as_chunks_mut::<LANES>().0.iter_mut().zip(equals.as_chunks_mut::<LANES>().0);
    for (((below, equals), undecided), first) in rows.zip(undecided).zip((0..).step_by(LANES)) {
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
        below.iter_mut().zip(less).for_each(|(below, less)| *below |= less);
        *equals = equal;
        *undecided = not_zero(equals);
    }
}

/// Compares the rest of each undecided cell's number, a random word of its own, with the rest of the threshold.
pub(crate) struct CompareLow<'a> {
    pub(crate) stream: Streams,
    pub(crate) first_cell: u64,
    /// Cells after the first.
    pub(crate) cells: &'a [u32],
    /// Its top bits are the first ones after those of the planes.
    pub(crate) threshold: u64,
    /// Gets a one for each cell below.
    pub(crate) below: &'a mut [u64],
}

impl Work for CompareLow<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        const AT_ONCE: usize = 32;
        for cells in self.cells.chunks(AT_ONCE) {
            let mut words = [0; AT_ONCE];
            for (word, &cell) in words.iter_mut().zip(cells) {
                *word = self.stream.word(self.first_cell + u64::from(cell));
            }
            for (&cell, word) in cells.iter().zip(words) {
                self.below[(cell >> 6) as usize] |= u64::from(word < self.threshold) << (cell & 63);
            }
        }
    }
}

/// Bytes from the one that is worked on to the one that is fetched from memory: the CPU alone begins too late, so that
/// fetching and computing add up (0.14 ns a byte instead of 0.09, over 100 MB on a Xeon).
const FETCH_AHEAD: usize = 8192;

/// Bytes that one step of all lanes fills.
pub(super) const ROW: usize = LANES * 8;

/// See [`super::Kernel::xor_nibbles`], nibble by nibble.
pub(super) fn xor_nibbles(key: u64, table: &AliasTable, bytes: &mut [u8]) {
    frame::<1, 8>(key, bytes, |bytes, [&[columns], &[low_dice], &[high_dice]]| {
        let random = columns.to_le_bytes().into_iter().zip(low_dice.to_le_bytes());
        for ((byte, (column, low)), high) in bytes.iter_mut().zip(random).zip(high_dice.to_le_bytes()) {
            *byte ^= table.nibble(column & 15, low) | table.nibble(column >> 4, high) << 4;
        }
    });
}

/// Makes mask nibbles by any way to look them up and XORs them into `bytes`, a multiple of [`ROW`], `WORDS` words or
/// `BYTES` bytes at a time. For each word the stream gives its columns, two in a byte, then the dice of the low nibbles,
/// then those of the high ones. A nibble is its column if the die is below the column's threshold, else the column's alias.
#[inline(always)]
pub(super) fn frame<const WORDS: usize, const BYTES: usize>(
    key: u64,
    bytes: &mut [u8],
    mut look_up: impl FnMut(&mut [u8; BYTES], [&[u64; WORDS]; 3]),
) {
    const { assert!(BYTES == WORDS * 8) };
    let mut lanes = Lanes::new(key);
    for row in bytes.as_chunks_mut::<ROW>().0 {
        fetch_ahead(row, FETCH_AHEAD);
        let random = [lanes.next(), lanes.next(), lanes.next()];
        let [columns, low_dice, high_dice] = random.each_ref().map(|words| words.as_chunks::<WORDS>().0);
        let groups = columns.iter().zip(low_dice.iter().zip(high_dice));
        for (bytes, (columns, (low_dice, high_dice))) in row.as_chunks_mut::<BYTES>().0.iter_mut().zip(groups)
        {
            look_up(bytes, [columns, low_dice, high_dice]);
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
