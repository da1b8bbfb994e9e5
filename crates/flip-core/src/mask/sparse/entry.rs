//! An entry of a sparse mask: a position and what the cell there does, in one number.

use crate::mask::FaultKind;

/// The two plane bits of a cell with a fault of `kind`: it reads `(stored & keep) ^ invert`.
pub(in crate::mask) const fn planes(kind: FaultKind) -> (bool, bool) {
    match kind {
        FaultKind::ReadsOne => (false, true),
        FaultKind::ReadsZero => (false, false),
        FaultKind::Inverts => (true, true),
    }
}

/// The code of a kind. Its low bit is the invert bit, and the stored bit is cleared where the two bits differ.
pub(super) const fn encode(kind: FaultKind) -> u64 {
    match kind {
        FaultKind::ReadsOne => 1,
        FaultKind::ReadsZero => 2,
        FaultKind::Inverts => 3,
    }
}

/// The kind of an entry.
pub(super) const fn decode(entry: u64) -> FaultKind {
    match entry & 3 {
        1 => FaultKind::ReadsOne,
        2 => FaultKind::ReadsZero,
        _ => FaultKind::Inverts,
    }
}
