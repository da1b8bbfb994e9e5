//! Cuts a bit string into pieces at fixed cells, so that pieces can be worked on in any order and by any thread.

use std::cell::Cell;

use rayon::prelude::*;

use super::fetched::Fetched;
use crate::arch::{self, Fill, Kernel, XorAndClear};
use crate::bits::{BitsMut, bytes_for, low_bits};
use crate::lanes::LANES;
use crate::position::ProtectedBits;

/// Cells of a piece: 128 KiB of memory, so that piece and scratch stay in the second-level cache.
pub(super) const PIECE_CELLS: u64 = 1 << 20;
/// Cells of a piece whose errors are inverted one by one.
pub(super) const REGION_CELLS: u64 = 1 << 24;
/// Cells of a block: 8 KiB of memory, so that a block's scratch stays in the first-level cache.
pub(super) const BLOCK_CELLS: u64 = 1 << 16;
/// Bytes of a block.
pub(super) const BLOCK_BYTES: usize = (BLOCK_CELLS / 8) as usize;
/// Words of a block.
pub(super) const BLOCK_WORDS: usize = BLOCK_BYTES / 8;

/// Below this many bytes waking other threads takes longer than the work.
const PARALLEL_FROM_BYTES: u64 = 8 << 20;

/// A part of a bit string.
pub(super) struct Piece<'a> {
    /// The cell of its first bit.
    pub(super) cell: u64,
    pub(super) bits: BitsMut<'a>,
}

/// The cells of a piece that lie in one block.
#[derive(Clone, Copy, Debug)]
pub(super) struct Overlap {
    /// First cell of the overlap.
    pub(super) cell: u64,
    /// First bit of it in the piece.
    pub(super) bit: u64,
    /// Its length, in bits.
    pub(super) len_bits: u64,
}

impl Overlap {
    /// The bytes that hold the overlap's bits in the piece.
    pub(super) fn bytes<'a>(self, bits: &'a BitsMut<'_>) -> &'a [u8] {
        let (first, last) = (self.bit / 8, bytes_for(self.bit + self.len_bits));
        &bits.as_bits().bytes()[first as usize..last as usize]
    }

    /// Has the CPU fetch the overlap's bits from memory while the errors for them are drawn.
    pub(super) fn prefetch(self, bits: &BitsMut<'_>) {
        let bytes = self.bytes(bits);
        (0..bytes.len()).step_by(64).for_each(|byte| arch::prefetch(bytes, byte));
    }

    pub(super) fn contains(self, cell: u64) -> bool {
        (self.cell..self.cell + self.len_bits).contains(&cell)
    }
}

/// The blocks of `block_cells` cells that a string of `len_bits` from `first_cell` on touches, with the overlap.
pub(super) fn blocks(
    first_cell: u64,
    len_bits: u64,
    block_cells: u64,
) -> impl Iterator<Item = (u64, Overlap)> + use<> {
    let end = first_cell + len_bits;
    (first_cell / block_cells..end.div_ceil(block_cells)).map(move |block| {
        let cell = first_cell.max(block * block_cells);
        let last = end.min((block + 1).saturating_mul(block_cells));
        (block, Overlap { cell, bit: cell - first_cell, len_bits: last - cell })
    })
}

/// Calls `work` for each piece of a string whose first bit is `first_cell`, with a scratch that `work` leaves clear. Pieces
/// end at multiples of `piece_cells`, or some cells after. A long string is worked on by the threads of the current rayon
/// pool.
pub(super) fn for_each_piece(
    bits: &mut BitsMut<'_>,
    first_cell: u64,
    piece_cells: u64,
    work: impl Fn(&mut Scratch, Piece<'_>) + Sync,
) {
    assert!(first_cell.checked_add(bits.len_bits()).is_some(), "cells from {first_cell} on overflow 64 bits");
    // Pieces begin at a byte. Those of a string that begins within a byte of cells end some cells after a block, which is
    // then drawn for both: few and long ones.
    let shift = first_cell % 8;
    let piece_cells = if shift == 0 { piece_cells } else { piece_cells.max(REGION_CELLS) };
    let len_bits = bits.len_bits();
    let mut rest = bits.reborrow();
    let pieces = blocks(first_cell - shift, len_bits, piece_cells).map(|(_, overlap)| {
        let (piece, after) = std::mem::replace(&mut rest, BitsMut::new(&mut [])).split_at(overlap.len_bits);
        rest = after;
        Piece { cell: overlap.cell + shift, bits: piece }
    });
    if bytes_for(len_bits) < PARALLEL_FROM_BYTES || rayon::current_num_threads() == 1 {
        Scratch::with(|scratch| pieces.for_each(|piece| work(scratch, piece)));
    } else {
        let pieces: Vec<Piece<'_>> = pieces.collect();
        pieces.into_par_iter().for_each(|piece| Scratch::with(|scratch| work(scratch, piece)));
    }
}

/// Memory for the work on pieces.
pub(super) struct Scratch {
    /// A bit for each cell of a piece, all 0 between uses.
    pub(super) flips: Vec<u64>,
    /// The errors of a block that are not made in place.
    pub(super) block: Box<[u8; BLOCK_BYTES]>,
    /// Random words.
    pub(super) random: Vec<u64>,
    /// Cells of a block that bit planes do not decide.
    pub(super) undecided: Undecided,
    /// Cells, relative to the piece's block.
    pub(super) cells: Vec<u32>,
    /// Bits of the piece that will be inverted.
    pub(super) fetched: Fetched,
}

/// Cells of a block that bit planes do not decide.
pub(super) struct Undecided {
    /// A one for each.
    pub(super) equal: Vec<u64>,
    /// A one for each word of these that has any, [`LANES`] words in each.
    pub(super) words: Vec<u32>,
    /// They themselves, relative to the block.
    pub(super) cells: Vec<u32>,
}

thread_local! {
    /// The scratch of this thread while no work has it. It is kept because the kernel takes longer to find and clear new
    /// memory than errors in a small network take.
    static SCRATCH: Cell<Option<Box<Scratch>>> = const { Cell::new(None) };
}

impl Scratch {
    /// Does work with this thread's scratch.
    fn with(work: impl FnOnce(&mut Self)) {
        let mut scratch = SCRATCH.take().unwrap_or_else(|| Box::new(Self::new()));
        work(&mut scratch);
        SCRATCH.set(Some(scratch));
    }

    fn new() -> Self {
        Self {
            flips: vec![0; (PIECE_CELLS / 64) as usize],
            block: Box::new([0; BLOCK_BYTES]),
            random: vec![0; 4 * BLOCK_WORDS],
            undecided: Undecided {
                equal: vec![0; BLOCK_WORDS],
                words: vec![0; BLOCK_WORDS / LANES],
                cells: Vec::new(),
            },
            cells: Vec::new(),
            fetched: Fetched::default(),
        }
    }
}

/// The first `count` words of the stream of a key, made in `random`.
pub(super) fn first_words(kernel: Kernel, key: u64, count: usize, random: &mut Vec<u64>) -> &[u64] {
    if random.len() < count {
        random.resize(count, 0);
    }
    let words = &mut random[..count];
    kernel.run(Fill { key, out: words });
    words
}

/// Inverts the bits of `bits` in `overlap` that are ones in `flips`, whose bit 0 is cell `flips_cell` (a multiple of 64),
/// except protected ones. Leaves `flips` clear.
pub(super) fn xor_overlap(
    kernel: Kernel,
    bits: &mut BitsMut<'_>,
    overlap: Overlap,
    flips: &mut [u64],
    flips_cell: u64,
    protected: Option<&ProtectedBits>,
) {
    if let Some(protected) = protected {
        for (word, index) in flips.iter_mut().zip((flips_cell / 64) as usize..) {
            *word &= !protected.word(index);
        }
    }
    let skip = overlap.cell - flips_cell;
    let first_word = (skip / 64) as usize;
    if skip.is_multiple_of(64) && overlap.bit.is_multiple_of(8) {
        let last = first_word + (overlap.len_bits / 64) as usize;
        if let Some(word) = flips.get_mut(last) {
            *word &= low_bits(overlap.len_bits % 64);
        }
        let bytes = bits.bytes_of(overlap.bit, overlap.len_bits);
        kernel.run(XorAndClear { bytes, flips: &mut flips[first_word..] });
    } else {
        let shift = skip % 64;
        let word = |index: usize| flips.get(index).copied().unwrap_or(0);
        bits.edit_words(overlap.bit, overlap.len_bits, |index, old| {
            let high = if shift == 0 { 0 } else { word(first_word + index + 1) << (64 - shift) };
            old ^ (word(first_word + index) >> shift) ^ high
        });
    }
    // What lies outside the overlap has not been used, and is none of the next block's business.
    if first_word != 0
        || overlap.len_bits < flips.len() as u64 * 64
        || !skip.is_multiple_of(64)
        || !overlap.bit.is_multiple_of(8)
    {
        flips.fill(0);
    }
}
