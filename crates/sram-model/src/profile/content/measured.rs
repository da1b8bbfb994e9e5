//! Measured maps: the faults at each profiled voltage, each level stored as what changes from the one above.

use std::borrow::Cow;

use super::{Cells, ContentKind, Encoded, EncodedBlock, Kind, Level, Walk, check_cells, check_voltages};
use crate::fault::{CellFault, FaultMap, FlipProbability, changes};
use crate::geometry::Geometry;
use crate::profile::error::{DraftError, ReadError};
use crate::profile::format::{Block, u32_at, u64_at};
use crate::profile::{Between, Profile, ProfileInfo};
use crate::voltage::Voltage;

const RECORD_BYTES: usize = 16;

/// The kind of measured maps.
pub(super) struct Measured;

impl Kind for Measured {
    fn record_bytes(&self) -> u64 {
        RECORD_BYTES as u64
    }

    fn check_blocks(&self, info: &ProfileInfo, blocks: &[Block]) -> Result<(), (String, String)> {
        if blocks.iter().map(|b| b.voltage_micro).eq(info.voltages.iter().map(|v| v.micro())) {
            return Ok(());
        }
        let expected = format!("one for each of the {} profiled voltages", info.voltages.len());
        Err(("blocks of other voltages".to_owned(), expected))
    }

    fn walk<'a>(&self, profile: &'a Profile) -> Box<dyn Walk + 'a> {
        Box::new(Levels { profile, reached: 0, faults: Vec::new() })
    }
}

/// A walk down the levels: going from one to a lower one costs only what differs.
#[derive(Debug)]
struct Levels<'a> {
    profile: &'a Profile,
    /// How many levels have their changes in `faults`.
    reached: usize,
    faults: Vec<CellFault>,
}

impl Walk for Levels<'_> {
    fn at(&mut self, voltage: Voltage, between: Between) -> Result<FaultMap, ReadError> {
        let info = self.profile.info();
        let level = level(&info.voltages, voltage, between);
        self.go_to(level)?;
        Ok(FaultMap::from_sorted(info.geometry, info.unit.of(info.voltages[level]), self.faults.clone()))
    }
}

impl Levels<'_> {
    /// Adds the changes of levels up to number `level`, from the top if it lies above.
    fn go_to(&mut self, level: usize) -> Result<(), ReadError> {
        if level + 1 < self.reached {
            (self.reached, self.faults) = (0, Vec::new());
        }
        while self.reached <= level {
            let block = &self.profile.blocks[self.reached];
            let changes = self.profile.decode_block(block, decode, |fault| fault.cell)?;
            self.faults = merge(&self.faults, &changes);
            self.reached += 1;
        }
        Ok(())
    }
}

/// The index of the profiled voltage whose map answers for `voltage`, which lies in their range.
fn level(voltages: &[Voltage], voltage: Voltage, between: Between) -> usize {
    let lower = voltages.partition_point(|&profiled| profiled > voltage).min(voltages.len() - 1);
    let above = lower.saturating_sub(1);
    let nearer =
        voltages[above].micro().abs_diff(voltage.micro()) < voltage.micro().abs_diff(voltages[lower].micro());
    if between == Between::Nearest && nearer { above } else { lower }
}

/// `faults` after `changes`, both ascending.
fn merge(faults: &[CellFault], changes: &[CellFault]) -> Vec<CellFault> {
    let mut merged = Vec::with_capacity(faults.len() + changes.len());
    let mut old = faults.iter().peekable();
    for change in changes {
        while let Some(&fault) = old.next_if(|fault| fault.cell < change.cell) {
            merged.push(fault);
        }
        old.next_if(|fault| fault.cell == change.cell);
        if !change.flip.is_none() {
            merged.push(*change);
        }
    }
    merged.extend(old);
    merged
}

impl Cells for Vec<Level> {
    fn faulty_cells(&self) -> u64 {
        self.last().map_or(0, |level| level.1.len() as u64)
    }

    fn judged_by(&self) -> Cow<'_, [Level]> {
        Cow::Borrowed(self)
    }

    fn highest_faulty(&self) -> Option<Voltage> {
        let fails = |faults: &[CellFault]| faults.iter().any(|fault| !fault.flip.is_none());
        self.iter().filter(|(_, faults)| fails(faults)).map(|(voltage, _)| *voltage).max()
    }
}

/// One block a level.
pub(super) fn encode(geometry: Geometry, levels: Vec<Level>) -> Result<Encoded, DraftError> {
    let voltages: Vec<Voltage> = levels.iter().map(|(voltage, _)| *voltage).collect();
    check_voltages(&voltages)?;
    let mut above: Vec<CellFault> = Vec::new();
    let mut blocks = Vec::with_capacity(levels.len());
    for (voltage, mut faults) in levels {
        faults.retain(|fault| !fault.flip.is_none());
        faults.sort_by_key(|fault| fault.cell);
        check_cells(geometry, faults.iter().map(|fault| fault.cell))?;
        let differing = changes(&above, &faults);
        let records = differing.iter().flat_map(|&fault| record(fault)).collect();
        blocks.push(EncodedBlock { voltage, records, count: differing.len() as u64 });
        above = faults;
    }
    Ok(Encoded { voltages, kind: ContentKind::Measured, blocks })
}

fn record(fault: CellFault) -> Vec<u8> {
    let probabilities = [fault.flip.p01().to_le_bytes(), fault.flip.p10().to_le_bytes()];
    [&fault.cell.to_le_bytes()[..], &probabilities.concat()].concat()
}

/// The fault of a record, or the reason why it is none.
fn decode(bytes: &[u8]) -> Result<CellFault, String> {
    let (p01, p10) = (f32::from_bits(u32_at(bytes, 8)), f32::from_bits(u32_at(bytes, 12)));
    let flip = FlipProbability::new(p01, p10).ok_or_else(|| format!("flip probabilities {p01} and {p10}"))?;
    Ok(CellFault { cell: u64_at(bytes, 0), flip })
}
