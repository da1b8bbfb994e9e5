//! What a file says of a cell.

use crate::fault::FlipProbability;

/// What a file says of a cell.
#[derive(Clone, Copy)]
pub(super) enum Entry {
    Directed(FlipProbability),
    Undirected(f32),
}

impl Entry {
    /// Whether the cell never fails.
    pub(super) fn is_none(self) -> bool {
        match self {
            Self::Directed(flip) => flip.is_none(),
            Self::Undirected(p) => p == 0.0,
        }
    }
}
