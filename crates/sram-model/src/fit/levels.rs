//! What a fit needs to know of a profile's maps, and how they were measured.
//!
//! Maps are gone through once, from the highest voltage to the lowest, and only numbers of them are kept, with the densest:
//! a profile stores what changes from one voltage to the next, and all its maps together can be far larger than its file.

use super::progress::{FitStage, Watch};
use super::{MOSTLY, rounded};
use crate::fault::{CellFault, FaultMap, FaultRates, flip_bin, recovered};
use crate::profile::{Between, Profile, ProfileError};
use crate::voltage::Voltage;

/// More reads than these are as good as any number.
const MOST_READS: u32 = 250;

/// What is known of a profile's maps.
pub(crate) struct Levels {
    /// Those of all profiled voltages, highest first.
    pub(crate) each: Vec<Level>,
    /// Cells of the chip.
    pub(crate) cells: u64,
    /// The map with the most faults, of those where half of the cells or less fail, and some in most reads.
    pub(crate) densest: Option<FaultMap>,
    /// How often each cell was read as a 0 and as a 1; none if probabilities are finer than that.
    pub(crate) reads: Option<[u32; 2]>,
    /// The least flip probability there is.
    pub(crate) least: f32,
}

/// What is known of the map at one voltage. Pairs are of the cells that fail from 0 to 1 more often than from 1 to 0, and of
/// the others.
pub(crate) struct Level {
    pub(crate) voltage: Voltage,
    pub(crate) rates: FaultRates,
    /// Cells that fail in most reads.
    pub(crate) mostly: [u64; 2],
    /// Those of them that do not at the next lower voltage, if there is one.
    pub(crate) recovering: [u64; 2],
    /// Faulty cells by the tenth of their flip probability.
    pub(crate) tenths: [[u64; 10]; 2],
}

impl Levels {
    pub(crate) fn of(profile: &Profile) -> Result<Self, ProfileError> {
        Self::watched(profile, &Watch::none())
    }

    pub(crate) fn watched(profile: &Profile, watch: &Watch) -> Result<Self, ProfileError> {
        let mut sweep = profile.sweep();
        let cells = profile.info().geometry.cells();
        let voltages = profile.info().voltages();
        let mut found = Self { each: Vec::new(), cells, densest: None, reads: None, least: 1.0 };
        let mut reads = [Reads::new(), Reads::new()];
        let mut above: Option<[Vec<CellFault>; 2]> = None;
        let watch = watch.stage(FitStage::Maps, voltages.len());
        for voltage in voltages {
            let map = sweep.at(voltage, Between::NextLower)?;
            for fault in map.faults() {
                let (p01, p10) = (fault.flip.p01(), fault.flip.p10());
                found.least = found.least.min(p01.max(p10));
                reads[0].saw(p01);
                reads[1].saw(p10);
            }
            let mostly = by_direction(&map);
            if let (Some(above), Some(last)) = (&above, found.each.last_mut()) {
                last.recovering = [0, 1].map(|which| recovered(&above[which], &mostly[which]));
            }
            found.each.push(Level::of(&map, &mostly));
            let usable =
                map.faults().len() as u64 <= cells / 2 && mostly.iter().any(|faults| !faults.is_empty());
            let most = found.densest.as_ref().map_or(0, |densest| densest.faults().len());
            if usable && map.faults().len() >= most {
                found.densest = Some(map);
            }
            above = Some(mostly);
            watch.tick();
        }
        found.reads = match reads.map(Reads::number) {
            [Ok(zeros), Ok(ones)] => Some([zeros, ones]),
            // A direction without a fault was read as often as the other, for all that is known.
            [Ok(reads), Err(false)] | [Err(false), Ok(reads)] => Some([reads, reads]),
            _ => None,
        };
        Ok(found)
    }

    /// Whether each cell was read once.
    pub(crate) fn single_reads(&self) -> bool {
        self.reads == Some([1, 1])
    }

    pub(crate) fn flip_floor(&self) -> f64 {
        // Of a cell that is read n times less can be seen, but it is there.
        if self.reads.is_some() { 0.001 } else { rounded(f64::from(self.least)).clamp(1e-6, 0.1) }
    }
}

impl Level {
    fn of(map: &FaultMap, mostly: &[Vec<CellFault>; 2]) -> Self {
        let mut tenths = [[0; 10]; 2];
        for fault in map.faults() {
            let p = fault.flip.p01().max(fault.flip.p10());
            tenths[which(fault)][flip_bin(p, 10)] += 1;
        }
        Self {
            voltage: map.voltage().voltage,
            rates: map.rates(),
            mostly: mostly.each_ref().map(|faults| faults.len() as u64),
            recovering: [0; 2],
            tenths,
        }
    }
}

/// Numbers of reads that could have given every flip probability so far, ascending.
struct Reads {
    possible: Vec<u32>,
    /// The last probability seen; none before the first.
    last: Option<f32>,
}

impl Reads {
    fn new() -> Self {
        Self { possible: (1..=MOST_READS).collect(), last: None }
    }

    fn saw(&mut self, p: f32) {
        // Most are like the one before, or 1, which any number of reads gives.
        if p > 0.0 && self.last != Some(p) {
            self.last = Some(p);
            if p < 1.0 {
                let p = f64::from(p);
                let multiple = |n: f64| ((p * n).round() / n - p).abs() < 1e-6;
                self.possible.retain(|&n| multiple(f64::from(n)));
            }
        }
    }

    /// The least number, or else whether there was any fault.
    fn number(self) -> Result<u32, bool> {
        match self.last {
            None => Err(false),
            Some(_) => self.possible.first().copied().ok_or(true),
        }
    }
}

/// The pair's place of a cell.
fn which(fault: &CellFault) -> usize {
    fault.flip.direction().index()
}

/// The cells that fail in most reads, by direction.
fn by_direction(map: &FaultMap) -> [Vec<CellFault>; 2] {
    let mut found = [Vec::new(), Vec::new()];
    for fault in map.flipping_from(MOSTLY).faults() {
        found[which(fault)].push(*fault);
    }
    found
}

/// The shares of cells of a map that fail in most reads, by direction.
pub(crate) fn mostly_by_direction(map: &FaultMap) -> [f64; 2] {
    let cells = map.geometry().cells() as f64;
    by_direction(map).map(|faults| faults.len() as f64 / cells)
}
