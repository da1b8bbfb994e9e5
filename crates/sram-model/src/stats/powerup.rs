//! Power-up states: maps in which every cell reads as 1 with a probability of its own, whatever is stored.

use super::Proportion;
use crate::fault::{CellFault, FaultMap, changes};

/// Probabilities of both directions are rounded to floats of 32 bits.
const ROUNDED: f32 = 1e-5;

/// The cells that come up as 1 in more than half of the reads, if the map is of power-up states: if every cell is a fault whose
/// probability to read as 1 is the same whatever is stored, so that those of both directions make 1.
pub fn powerup_ones(map: &FaultMap) -> Option<FaultMap> {
    let same = |fault: &CellFault| (fault.flip.p01() + fault.flip.p10() - 1.0).abs() < ROUNDED;
    let all = map.faults().len() as u64 == map.geometry().cells();
    (all && map.faults().iter().all(same)).then(|| map.filtered(|fault| fault.flip.p01() > 0.5))
}

/// The cells that are in one of two maps alone, such as those of [`powerup_ones`], of all cells; none if the maps are of other sizes. The
/// fractional Hamming distance of two chips is its share.
pub fn hamming_distance(one: &FaultMap, other: &FaultMap) -> Option<Proportion> {
    let geometry = one.geometry();
    let missing = |from: &FaultMap, to: &FaultMap| {
        changes(from.faults(), to.faults()).iter().filter(|change| change.flip.is_none()).count() as u64
    };
    let count = missing(one, other) + missing(other, one);
    (geometry == other.geometry()).then_some(Proportion { count, trials: geometry.cells() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fault::FlipProbability;
    use crate::geometry::Geometry;

    fn map(rows: u64, flips: &[(f32, f32)]) -> FaultMap {
        let fault = |(cell, &(p01, p10))| CellFault { cell, flip: FlipProbability::new(p01, p10).unwrap() };
        let faults = (0..).zip(flips).map(fault).filter(|fault| !fault.flip.is_none()).collect();
        FaultMap::new(Geometry::new(1, rows, 2).unwrap(), "1 V".parse().unwrap(), faults).unwrap()
    }

    #[test]
    fn states_are_told_from_faults_and_compared_by_their_likely_ones() {
        let ones = |flips: &[(f32, f32)]| powerup_ones(&map(2, flips));
        let cells = |map: &FaultMap| map.faults().iter().map(|fault| fault.cell).collect::<Vec<_>>();
        let one = ones(&[(1.0, 0.0), (0.0, 1.0), (0.7, 0.3), (0.5, 0.5)]).unwrap();
        assert_eq!(cells(&one), [0, 2], "a half is no majority");
        let other = ones(&[(0.9, 0.1), (0.6, 0.4), (0.1, 0.9), (0.8, 0.2)]).unwrap();
        assert_eq!(hamming_distance(&one, &other), Some(Proportion { count: 3, trials: 4 }));
        assert_eq!(hamming_distance(&one, &one), Some(Proportion { count: 0, trials: 4 }));
        assert_eq!(hamming_distance(&one, &map(3, &[])), None);
        assert_eq!(ones(&[(1.0, 0.0), (0.0, 1.0), (0.7, 0.3), (0.0, 0.0)]), None, "a cell is no fault");
        assert_eq!(ones(&[(1.0, 0.0), (0.0, 1.0), (0.7, 0.3), (1.0, 1.0)]), None, "a cell inverts");
    }
}
