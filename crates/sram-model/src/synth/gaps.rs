//! Events among many cells, and the cells that are taken.

use std::collections::HashSet;

use flip_core::Stream;

/// Gaps between events that have probability q each: geometric.
pub(super) struct Gap {
    /// 1/ln(1 − q); infinite for q = 0.
    scale: f64,
    /// From this uniform number on there is certainly no event: (1 − q)ⁿ ≥ 1 − n·q.
    none_from: f64,
}

impl Gap {
    /// Among `cells` cells.
    pub(super) fn new(q: f64, cells: f64) -> Self {
        Self { scale: libm::log1p(-q).recip(), none_from: q * cells }
    }

    /// How many cells are skipped; `None` if none is left.
    pub(super) fn draw(&self, stream: &mut Stream) -> Option<u64> {
        let unit = stream.next_unit();
        if unit >= self.none_from {
            return None;
        }
        // Without a probability it is infinite, or 0 · ∞.
        let skipped = libm::log(1.0 - unit) * self.scale;
        (skipped < 1e18).then_some(skipped as u64)
    }
}

/// Cells of a bank that lie in a higher band.
pub(super) enum Taken {
    /// A bit a cell, for banks of usual size.
    Bits(Vec<u64>),
    Set(HashSet<u64>),
}

impl Taken {
    /// 512 KiB of bits.
    const MOST_BITS: u64 = 1 << 22;

    pub(super) fn new(cells: u64) -> Self {
        if cells <= Self::MOST_BITS {
            Self::Bits(vec![0; cells.div_ceil(64) as usize])
        } else {
            Self::Set(HashSet::new())
        }
    }

    /// Takes a cell; whether it was free.
    pub(super) fn insert(&mut self, cell: u64) -> bool {
        match self {
            Self::Bits(bits) => {
                let (word, bit) = (&mut bits[(cell / 64) as usize], 1u64 << (cell % 64));
                let free = *word & bit == 0;
                *word |= bit;
                free
            }
            Self::Set(set) => set.insert(cell),
        }
    }
}
