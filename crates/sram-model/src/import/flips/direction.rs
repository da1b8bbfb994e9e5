//! Which way a cell fails of which a map says only that it does.

use std::collections::BTreeMap;

use flip_core::{FaultKind, Purpose, Stream};

use super::entry::Entry;
use super::map::FlipMap;
use crate::fault::FlipProbability;

/// Stands in the notes of a profile some of whose directions were drawn.
pub(crate) const DIRECTIONS_DRAWN: &str = "have directions drawn";

/// The direction of a fault that only has a flip probability.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnknownDirection {
    /// Half of the cells read one, half read zero, by a coin of this seed for each cell: the same at every voltage.
    Drawn {
        /// Seed of the coins.
        seed: u64,
    },
    /// All read one.
    ReadsOne,
    /// All read zero.
    ReadsZero,
    /// All invert; the fault rate then counts `p_flip` for both directions.
    Inverts,
}

const COINS: Purpose = Purpose::named("sram-model unknown directions");

impl UnknownDirection {
    pub(super) fn of(self, cell: u64, p: f32) -> FlipProbability {
        let kind = match self {
            Self::Drawn { seed } if Stream::new(seed, COINS, cell).next_u64() >> 63 == 1 => {
                FaultKind::ReadsOne
            }
            Self::Drawn { .. } | Self::ReadsZero => FaultKind::ReadsZero,
            Self::ReadsOne => FaultKind::ReadsOne,
            Self::Inverts => FaultKind::Inverts,
        };
        of_kind(kind, p)
    }
}

/// A fault of this kind; `p` was checked when it was read.
pub(super) fn of_kind(kind: FaultKind, p: f32) -> FlipProbability {
    FlipProbability::of_kind(kind, p).unwrap_or(FlipProbability::NONE)
}

/// For each cell with a direction in some map: how it fails. The lowest voltage, which shows it best, decides.
pub(super) fn known_directions(maps: &[FlipMap]) -> BTreeMap<u64, FaultKind> {
    let directed = |(cell, entry): &(u64, Entry)| match entry {
        Entry::Directed(flip) => Some((*cell, flip.kind()?)),
        Entry::Undirected(_) => None,
    };
    maps.iter().flat_map(|map| &map.cells.entries).filter_map(directed).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_drawn_direction_depends_on_the_cell_alone_and_is_fair() {
        let drawn = UnknownDirection::Drawn { seed: 3 };
        let ones = (0..10_000).filter(|&cell| drawn.of(cell, 0.5).p01() > 0.0).count();
        assert!((4_700..5_300).contains(&ones));
        assert!((0..100).all(|cell| drawn.of(cell, 0.1).kind() == drawn.of(cell, 0.9).kind()));
    }
}
