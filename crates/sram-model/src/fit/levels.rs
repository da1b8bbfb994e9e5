//! The maps of a profile, and how they were measured.

use super::direction;
use super::{MOSTLY, rounded};
use crate::fault::{CellFault, FaultMap, FlipProbability};
use crate::profile::{Between, Profile, ProfileError};
use flip_core::FaultKind;

/// More reads than these are as good as any number.
const MOST_READS: u32 = 250;

/// What is known of a profile's maps.
pub(crate) struct Levels {
    /// The maps of all profiled voltages, highest first.
    pub(crate) maps: Vec<FaultMap>,
    /// How often each cell was read as a 0 and as a 1; none if probabilities are finer than that.
    pub(crate) reads: Option<[u32; 2]>,
    /// The least flip probability there is.
    pub(crate) least: f32,
}

impl Levels {
    pub(crate) fn of(profile: &Profile) -> Result<Self, ProfileError> {
        let mut sweep = profile.sweep();
        let voltages = &profile.info().voltages;
        let maps: Vec<FaultMap> = voltages
            .iter()
            .map(|&voltage| sweep.at(voltage, Between::NextLower))
            .collect::<Result<_, _>>()?;
        let flips =
            || maps.iter().flat_map(FaultMap::faults).map(|fault| fault.flip.p01().max(fault.flip.p10()));
        let least = flips().fold(1.0, f32::min);
        let least_of = |p: fn(&FlipProbability) -> f32| {
            let flips =
                || maps.iter().flat_map(FaultMap::faults).map(|fault| p(&fault.flip)).filter(|&p| p > 0.0);
            // The least number of reads that could have given every probability.
            let multiple = |n: u32| {
                let n = f64::from(n);
                flips().all(|p| ((f64::from(p) * n).round() / n - f64::from(p)).abs() < 1e-6)
            };
            (1..=MOST_READS)
                .find(|&n| multiple(n))
                .filter(|_| flips().next().is_some())
                .ok_or(flips().next().is_some())
        };
        let reads = match (least_of(|flip| flip.p01()), least_of(|flip| flip.p10())) {
            (Ok(zeros), Ok(ones)) => Some([zeros, ones]),
            // A direction without a fault was read as often as the other, for all that is known.
            (Ok(reads), Err(false)) | (Err(false), Ok(reads)) => Some([reads, reads]),
            _ => None,
        };
        Ok(Self { maps, reads, least })
    }

    /// Whether each cell was read once.
    pub(crate) fn single_reads(&self) -> bool {
        self.reads == Some([1, 1])
    }

    /// The map with the most faults, of those where half of the cells or less fail, and some in most reads.
    pub(crate) fn densest(&self) -> Option<&FaultMap> {
        let fails_mostly = |fault: &CellFault| fault.flip.p01().max(fault.flip.p10()) >= MOSTLY;
        let usable = |map: &&FaultMap| {
            map.faults().len() as u64 <= map.geometry().cells() / 2 && map.faults().iter().any(fails_mostly)
        };
        self.maps.iter().filter(usable).max_by_key(|map| map.faults().len())
    }

    pub(crate) fn flip_floor(&self) -> f64 {
        // Of a cell that is read n times less can be seen, but it is there.
        if self.reads.is_some() { 0.001 } else { rounded(f64::from(self.least)).clamp(1e-6, 0.1) }
    }
}

/// The shares of cells of a map that fail in most reads, by direction.
pub(crate) fn mostly_by_direction(map: &FaultMap) -> [f64; 2] {
    let cells = map.geometry().cells() as f64;
    let mut counts = [0u64; 2];
    for fault in map.flipping_from(MOSTLY).faults() {
        counts[usize::from(direction::of(fault) == FaultKind::ReadsZero)] += 1;
    }
    counts.map(|count| count as f64 / cells)
}
