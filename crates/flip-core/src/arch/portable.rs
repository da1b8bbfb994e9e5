//! The loops that matter for speed, in safe Rust shaped for the compiler's own vectorisation. Every kernel of this folder
//! is one of these, compiled for other instructions, or gives the same bytes.

use crate::random::lanes::{LANES, Lanes};

/// Fills `out` with the first words of a stream.
#[inline(always)]
pub(super) fn fill(key: u64, out: &mut [u64]) {
    // Begun here, where the compiler may use all instructions, as are the lanes of every kernel.
    let mut lanes = Lanes::new(key);
    let mut chunks = out.chunks_exact_mut(LANES);
    for chunk in &mut chunks {
        chunk.copy_from_slice(&lanes.next());
    }
    let rest = chunks.into_remainder();
    if !rest.is_empty() {
        rest.copy_from_slice(&lanes.next()[..rest.len()]);
    }
}

/// Compares one number of [`PLANES`](crate::random::PLANES) random bits for each cell with the top bits of `threshold`.
/// Sets the cells below it in `below`, which has a bit a cell and a multiple of [`LANES`] words. Cells equal to it are
/// undecided: they are appended to `undecided`, each word with its index.
#[inline(always)]
pub(super) fn compare_planes(key: u64, threshold: u64, below: &mut [u64], undecided: &mut Vec<(u32, u64)>) {
    let mut lanes = Lanes::new(key);
    for (below, first) in below.chunks_exact_mut(LANES).zip((0u32..).step_by(LANES)) {
        let (mut less, mut equal) = ([0u64; LANES], [u64::MAX; LANES]);
        for k in 0..crate::random::PLANES {
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
        let mut open = 0u32;
        for lane in 0..LANES {
            below[lane] |= less[lane];
            open |= u32::from(equal[lane] != 0) << lane;
        }
        while open != 0 {
            let lane = open.trailing_zeros();
            undecided.push((first + lane, equal[lane as usize]));
            open &= open - 1;
        }
    }
}

/// Draws mask bytes from a table, eight a word, for a multiple of [`LANES`] words: for each word the stream gives eight
/// columns, and [`LANES`] words later their dice. A byte is its column if the die is below the column's threshold, else
/// the column's alias. Masks are then XOR-ed into `bytes`, which is as long or empty, line by line as they come, so that
/// memory is fetched meanwhile.
#[inline(always)]
pub(super) fn draw_masks_by_table(key: u64, table: &super::AliasTable, masks: &mut [u64], bytes: &mut [u8]) {
    draw_masks(key, masks, bytes, |columns, dice, out| {
        for ((columns, dice), out) in columns.iter().zip(dice).zip(out) {
            let mut bytes = columns.to_le_bytes();
            for (byte, die) in bytes.iter_mut().zip(dice.to_le_bytes()) {
                let column = usize::from(*byte);
                if die >= table.keep_below[column] {
                    *byte = table.alias[column];
                }
            }
            *out = u64::from_le_bytes(bytes);
        }
    });
}

/// The frame of [`draw_masks_by_table`], for any way to look bytes up.
#[inline(always)]
pub(super) fn draw_masks(
    key: u64,
    masks: &mut [u64],
    bytes: &mut [u8],
    mut look_up: impl FnMut(&[u64; LANES], &[u64; LANES], &mut [u64; LANES]),
) {
    let mut lanes = Lanes::new(key);
    let head = words_before_line(bytes);
    let (mut drawn, mut done) = (0, 0);
    while let Some(out) = masks[drawn..].first_chunk_mut::<LANES>() {
        let (columns, dice) = (lanes.next(), lanes.next());
        look_up(&columns, &dice, out);
        drawn += LANES;
        if !bytes.is_empty() {
            // Up to the last line that begins and ends within what is drawn.
            let whole = if drawn == masks.len() {
                drawn
            } else {
                head + (drawn - head) / WORDS_PER_LINE * WORDS_PER_LINE
            };
            xor_words(&mut bytes[done * 8..whole * 8], &masks[done..whole]);
            done = whole;
        }
    }
}

/// Words of a cache line.
const WORDS_PER_LINE: usize = 8;

#[inline(always)]
fn xor_words(bytes: &mut [u8], masks: &[u64]) {
    for (word, mask) in bytes.as_chunks_mut::<8>().0.iter_mut().zip(masks) {
        *word = (u64::from_le_bytes(*word) ^ mask).to_le_bytes();
    }
}

/// Inverts the bits of `bytes` that are ones in `flips`, and clears `flips`.
#[inline(always)]
pub(super) fn xor_and_clear(bytes: &mut [u8], flips: &mut [u64]) {
    // A wide store across two cache lines costs two, so the many begin at a line.
    let (head, lines) = bytes.split_at_mut(words_before_line(bytes) * 8);
    let (head_flips, flips) = flips.split_at_mut(head.len() / 8);
    xor_and_clear_words(head, head_flips);
    xor_and_clear_words(lines, flips);
}

#[inline(always)]
fn xor_and_clear_words(bytes: &mut [u8], flips: &mut [u64]) {
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
#[inline(always)]
pub(super) fn apply_planes(bytes: &mut [u8], keep: &[u8], invert: &[u8]) {
    let head = words_before_line(bytes) * 8;
    let (head_bytes, line_bytes) = bytes.split_at_mut(head);
    let (head_keep, line_keep) = keep.split_at(head.min(keep.len()));
    let (head_invert, line_invert) = invert.split_at(head.min(invert.len()));
    for (bytes, keep, invert) in [(head_bytes, head_keep, head_invert), (line_bytes, line_keep, line_invert)]
    {
        for ((byte, keep), invert) in bytes.iter_mut().zip(keep).zip(invert) {
            *byte = (*byte & keep) ^ invert;
        }
    }
}
