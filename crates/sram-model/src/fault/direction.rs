//! The direction of a failure.

use flip_core::FaultKind;

/// A direction of failure. Cells of a model have one; of others see [`FaultKind`], which has both together, too.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Direction {
    /// A stored 0 reads as 1.
    ZeroToOne,
    /// A stored 1 reads as 0.
    OneToZero,
}

impl Direction {
    /// Both, in the order of every pair of numbers that has one for each.
    pub const ALL: [Self; 2] = [Self::ZeroToOne, Self::OneToZero];

    /// The direction of a fault that has one only.
    pub fn of_kind(kind: FaultKind) -> Option<Self> {
        match kind {
            FaultKind::ReadsOne => Some(Self::ZeroToOne),
            FaultKind::ReadsZero => Some(Self::OneToZero),
            FaultKind::Inverts => None,
        }
    }

    /// Its place in a pair of numbers, one a direction.
    pub const fn index(self) -> usize {
        self as usize
    }
}

impl From<Direction> for FaultKind {
    fn from(direction: Direction) -> Self {
        match direction {
            Direction::ZeroToOne => Self::ReadsOne,
            Direction::OneToZero => Self::ReadsZero,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_direction_is_a_kind_of_fault_and_a_place_in_pairs() {
        for (index, direction) in Direction::ALL.into_iter().enumerate() {
            assert_eq!(Direction::of_kind(direction.into()), Some(direction));
            assert_eq!(direction.index(), index);
        }
        assert_eq!(Direction::of_kind(FaultKind::Inverts), None);
    }
}
