//! Masks of random bit errors, made piece by piece.

use bitvec::order::Lsb0;
use bitvec::vec::BitVec;
use rayon::prelude::*;

use super::pieces::{Overlap, PIECE_CELLS, blocks};
use crate::bits::{Bits, BitsMut, bytes_for};
use crate::mask::{DENSE_FROM, DenseMask, FaultMask, SparseMask, positions_of_ones};
use crate::position::ProtectedBits;
use crate::rate::Rate;

/// Pieces of a mask that each thread gets at a time.
const PIECES_AT_A_TIME: usize = 16;

/// What a piece of a mask is made in.
#[derive(Default)]
pub(super) struct Lists {
    bytes: Vec<u8>,
    pub(super) random: Vec<u64>,
    pub(super) cells: Vec<u32>,
}

/// The errors that `inject(bits, first_cell)` makes on cells `first_cell..first_cell + len_bits`, as a mask.
pub(super) fn collect_mask(
    rate: Rate,
    first_cell: u64,
    len_bits: u64,
    inject: impl Fn(&mut BitsMut<'_>, u64) + Sync,
) -> FaultMask {
    assert!(first_cell.checked_add(len_bits).is_some(), "cells from {first_cell} on overflow 64 bits");
    if rate.get() >= DENSE_FROM {
        let mut flips = BitVec::<u8, Lsb0>::repeat(false, len_bits as usize);
        inject(&mut BitsMut::sized(flips.as_raw_mut_slice(), len_bits), first_cell);
        return FaultMask::Dense(DenseMask::inverting(flips));
    }
    let of_piece = |lists: &mut Lists, (_, piece): (u64, Overlap), positions: &mut Vec<u64>| {
        lists.bytes.clear();
        lists.bytes.resize(bytes_for(piece.len_bits) as usize, 0);
        inject(&mut BitsMut::sized(&mut lists.bytes, piece.len_bits), first_cell + piece.bit);
        let words = Bits::sized(&lists.bytes, piece.len_bits).words();
        // Most words have none, which `for_each` passes over faster than `extend`.
        positions_of_ones(words).for_each(|position| positions.push(piece.bit + position));
    };
    gather(rate, len_bits, blocks(0, len_bits, PIECE_CELLS), of_piece)
}

/// The mask that inverts the open cells of `first_cell..first_cell + len_bits` among those that `draw` puts into the list
/// of cells for each block of [`PIECE_CELLS`], ascending.
pub(super) fn mask_of_blocks(
    rate: Rate,
    first_cell: u64,
    len_bits: u64,
    protected: Option<&ProtectedBits>,
    draw: impl Fn(u64, &mut Lists) + Sync,
) -> FaultMask {
    assert!(first_cell.checked_add(len_bits).is_some(), "cells from {first_cell} on overflow 64 bits");
    let of_block = |lists: &mut Lists, (block, overlap): (u64, Overlap), positions: &mut Vec<u64>| {
        draw(block, lists);
        let addresses = lists.cells.iter().map(|&cell| block * PIECE_CELLS + u64::from(cell));
        let fails = |&cell: &u64| {
            overlap.contains(cell) && protected.is_none_or(|protected| !protected.contains(cell))
        };
        positions.extend(addresses.filter(fails).map(|cell| cell - first_cell));
    };
    gather(rate, len_bits, blocks(first_cell, len_bits, PIECE_CELLS), of_block)
}

/// The mask that inverts the positions that `of_piece` adds to a list for each piece of `len_bits` cells, some pieces at a time
/// by the threads of the current rayon pool.
fn gather(
    rate: Rate,
    len_bits: u64,
    mut pieces: impl Iterator<Item = (u64, Overlap)>,
    of_piece: impl Fn(&mut Lists, (u64, Overlap), &mut Vec<u64>) + Sync,
) -> FaultMask {
    let expected = rate.get() * len_bits as f64;
    // Six standard deviations more: a list that grows is copied, and is there twice then.
    let mut positions = Vec::with_capacity((expected + 6.0 * expected.sqrt()) as usize + 1);
    let side_by_side = PIECES_AT_A_TIME * rayon::current_num_threads();
    loop {
        let some: Vec<(u64, Overlap)> = pieces.by_ref().take(side_by_side).collect();
        match some[..] {
            [] => break,
            [piece] => of_piece(&mut Lists::default(), piece, &mut positions),
            _ => {
                let of = |lists: &mut Lists, piece| {
                    let mut own = Vec::new();
                    of_piece(lists, piece, &mut own);
                    own
                };
                let lists: Vec<Vec<u64>> = some.into_par_iter().map_init(Lists::default, of).collect();
                lists.iter().for_each(|own| positions.extend_from_slice(own));
            }
        }
    }
    FaultMask::Sparse(SparseMask::inverting(len_bits, positions.into_iter()))
}
