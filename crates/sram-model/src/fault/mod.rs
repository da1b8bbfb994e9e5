//! Faults of cells and the fault map of a chip at one voltage.

mod direction;
mod map;

use flip_core::FaultKind;

pub use self::direction::Direction;
pub use self::map::{FaultMap, FaultMapError, FaultRates};

/// A direction in which a cell fails is *persistent* from this flip probability on.
pub const PERSISTENT_FROM: f32 = 0.9;

/// The bin of a flip probability among `bins` of equal width: the k-th from k/`bins` on and below (k + 1)/`bins`, the last with
/// 1 in it.
///
/// A probability that was counted, k failures in n reads, is in the bin that the fraction k/n lies in, however it was rounded
/// to a float: edges are rounded as it was.
pub fn flip_bin(p: f32, bins: u32) -> usize {
    let edge = |k: u32| (f64::from(k) / f64::from(bins)) as f32;
    // The product may be off by its rounding, so by one bin at most.
    let near = (f64::from(p) * f64::from(bins)) as u32;
    let above = (near + 1).min(bins - 1);
    (near.saturating_sub(1)..=above).rev().find(|&k| edge(k) <= p).unwrap_or(0) as usize
}

/// How a cell fails: the probability, for each read, of a 0 that reads as 1 and of a 1 that reads as 0.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FlipProbability {
    p01: f32,
    p10: f32,
}

impl FlipProbability {
    /// No fault.
    pub const NONE: Self = Self { p01: 0.0, p10: 0.0 };
    /// A stored 0 always reads as 1.
    pub const ALWAYS_0TO1: Self = Self { p01: 1.0, p10: 0.0 };
    /// A stored 1 always reads as 0.
    pub const ALWAYS_1TO0: Self = Self { p01: 0.0, p10: 1.0 };

    /// A fault with these probabilities of 0→1 and 1→0, or `None` unless both lie in 0..=1.
    pub fn new(p01: f32, p10: f32) -> Option<Self> {
        let valid = |p: &f32| (0.0..=1.0).contains(p);
        // `+ 0.0` turns −0.0 into 0.
        (valid(&p01) && valid(&p10)).then_some(Self { p01: p01 + 0.0, p10: p10 + 0.0 })
    }

    /// A fault of one kind with flip probability `p`, or `None` unless that lies in 0..=1.
    pub fn of_kind(kind: FaultKind, p: f32) -> Option<Self> {
        match kind {
            FaultKind::ReadsOne => Self::new(p, 0.0),
            FaultKind::ReadsZero => Self::new(0.0, p),
            FaultKind::Inverts => Self::new(p, p),
        }
    }

    /// A fault of one direction with flip probability `p`, or `None` unless that lies in 0..=1.
    pub fn in_direction(direction: Direction, p: f32) -> Option<Self> {
        Self::of_kind(direction.into(), p)
    }

    /// Probability of a failure in this direction.
    pub fn p(self, direction: Direction) -> f32 {
        match direction {
            Direction::ZeroToOne => self.p01,
            Direction::OneToZero => self.p10,
        }
    }

    /// The direction in which the cell fails more often; 0→1 if it fails in both alike.
    pub fn direction(self) -> Direction {
        if self.p01 >= self.p10 { Direction::ZeroToOne } else { Direction::OneToZero }
    }

    /// Probability that a stored 0 reads as 1.
    pub fn p01(self) -> f32 {
        self.p01
    }

    /// Probability that a stored 1 reads as 0.
    pub fn p10(self) -> f32 {
        self.p10
    }

    /// Whether the cell never fails.
    pub fn is_none(self) -> bool {
        self.p01 == 0.0 && self.p10 == 0.0
    }

    /// Whether the cell fails on nearly every read of a value that it cannot hold: whether any direction is persistent.
    pub fn is_persistent(self) -> bool {
        !self.persistent().is_none()
    }

    /// The directions that are persistent, with their probabilities; others are 0. A cell with 0→1 at 0.95 and 1→0 at 0.05 is
    /// persistent for stored zeros only.
    #[must_use]
    pub fn persistent(self) -> Self {
        let kept = |p: f32| if p >= PERSISTENT_FROM { p } else { 0.0 };
        Self { p01: kept(self.p01), p10: kept(self.p10) }
    }

    /// The kind of the fault: which directions it has. `None` if it never fails.
    pub fn kind(self) -> Option<FaultKind> {
        match (self.p01 > 0.0, self.p10 > 0.0) {
            (true, false) => Some(FaultKind::ReadsOne),
            (false, true) => Some(FaultKind::ReadsZero),
            (true, true) => Some(FaultKind::Inverts),
            (false, false) => None,
        }
    }

    /// What the cell does in a read whose two uniform draws in 0..1 are `u`, one a direction: `None` if it reads
    /// right whatever it stores.
    pub fn draw(self, u: [f64; 2]) -> Option<FaultKind> {
        let flips =
            Self { p01: f32::from(u[0] < f64::from(self.p01)), p10: f32::from(u[1] < f64::from(self.p10)) };
        flips.kind()
    }
}

/// A faulty cell and how it fails.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CellFault {
    /// Number of the cell, see [`Geometry`](crate::Geometry).
    pub cell: u64,
    /// How it fails; not [none](FlipProbability::is_none).
    pub flip: FlipProbability,
}

/// The cells whose faults differ between two maps, ascending, with their faults in `to` ([none](FlipProbability::is_none)
/// if they have none there). Both lists ascend.
pub fn changes(from: &[CellFault], to: &[CellFault]) -> Vec<CellFault> {
    let mut differing = Vec::new();
    let (mut old, mut new) = (from.iter().peekable(), to.iter().peekable());
    while let Some(cell) = [old.peek(), new.peek()].into_iter().flatten().map(|fault| fault.cell).min() {
        let before =
            old.next_if(|fault| fault.cell == cell).map_or(FlipProbability::NONE, |fault| fault.flip);
        let after = new.next_if(|fault| fault.cell == cell).map_or(FlipProbability::NONE, |fault| fault.flip);
        if before != after {
            differing.push(CellFault { cell, flip: after });
        }
    }
    differing
}

/// How many cells of `above`, the map of a higher voltage, do not fail in `below`. Measured maps need not nest.
pub(crate) fn recovered(above: &[CellFault], below: &[CellFault]) -> u64 {
    changes(above, below).iter().filter(|change| change.flip.is_none()).count() as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn probabilities_outside_zero_to_one_are_refused() {
        for (p01, p10) in [(-0.1, 0.0), (0.0, 1.1), (f32::NAN, 0.0)] {
            assert_eq!(FlipProbability::new(p01, p10), None);
        }
        assert!(FlipProbability::new(-0.0, 0.0).unwrap().is_none());
    }

    #[test]
    fn a_draw_fails_with_the_probability_of_its_direction() {
        let stuck = FlipProbability::new(1.0, 0.0).unwrap();
        assert_eq!(stuck.draw([0.999, 0.0]), Some(FaultKind::ReadsOne));
        let weak = FlipProbability::new(0.25, 0.625).unwrap();
        assert_eq!(weak.draw([0.24, 0.62]), Some(FaultKind::Inverts));
        assert_eq!(weak.draw([0.25, 0.62]), Some(FaultKind::ReadsZero));
        assert_eq!(weak.draw([0.25, 0.625]), None);
    }

    #[test]
    fn counted_probabilities_are_in_the_bin_of_their_fraction() {
        for bins in [10u32, 20] {
            for reads in 1..=1000u32 {
                for failed in 0..=reads {
                    let p = (f64::from(failed) / f64::from(reads)) as f32;
                    let exact =
                        (u64::from(failed) * u64::from(bins) / u64::from(reads)).min(u64::from(bins - 1));
                    assert_eq!(flip_bin(p, bins) as u64, exact, "{failed} of {reads} in {bins} bins");
                }
            }
            // As a table of decimals has them.
            for k in 0..=bins {
                let text = (f64::from(k) / f64::from(bins)).to_string();
                assert_eq!(flip_bin(text.parse().unwrap(), bins), k.min(bins - 1) as usize, "{text}");
            }
        }
        assert_eq!([flip_bin(f32::MIN_POSITIVE, 10), flip_bin(0.7f32.next_down(), 10)], [0, 6]);
    }

    #[test]
    fn a_cell_is_persistent_in_each_direction_for_itself() {
        let flip = |p01, p10| FlipProbability::new(p01, p10).unwrap();
        assert_eq!(flip(0.9375, 0.0625).persistent(), flip(0.9375, 0.0));
        assert_eq!(flip(0.0625, 1.0).persistent().kind(), Some(FaultKind::ReadsZero));
        assert_eq!(flip(0.9, 0.9).persistent().kind(), Some(FaultKind::Inverts));
        assert!(!flip(0.875, 0.5).is_persistent() && flip(0.9375, 0.0625).is_persistent());
    }
}
