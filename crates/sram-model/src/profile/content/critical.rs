//! Critical voltages: the voltage of each failing cell at which it flips in half of all reads, in blocks from high to low.

use std::borrow::Cow;

use flip_core::FaultKind;
use serde::{Deserialize, Serialize};

use super::{Cells, ContentKind, Encoded, EncodedBlock, Kind, Level, Walk, check_cells, check_voltages};
use crate::fault::{CellFault, FaultMap, FlipProbability};
use crate::geometry::Geometry;
use crate::normal;
use crate::profile::error::{DraftError, ReadError};
use crate::profile::format::u64_at;
use crate::profile::format_error::{FormatError, FormatErrorKind};
use crate::profile::{Between, Profile, ProfileInfo};
use crate::voltage::{Voltage, VoltageUnit};

/// A cell that begins to fail at its critical voltage, always in the same way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CriticalCell {
    /// Number of the cell.
    pub cell: u64,
    /// The voltage at which it flips in half of all reads, in the unit of its profile or model.
    pub critical: Voltage,
    /// How it fails. Cells of models have one direction; a file may have cells with both.
    pub kind: FaultKind,
}

impl CriticalCell {
    /// How it fails at `voltage`: it flips with probability Φ((Vc − V)/σ), σ the read noise, or not at all if that is below
    /// the floor.
    pub(crate) fn fault_at(&self, voltage: Voltage, read_noise: f64, flip_floor: f64) -> Option<CellFault> {
        let margin = self.critical.get() - voltage.get();
        // Φ(−4.76) is 9.7·10⁻⁷; Φ(5.5), 1 − 1.9·10⁻⁸, is 1 as a float of 32 bits. The cells between are few.
        if margin < -4.76 * read_noise && flip_floor >= 1e-6 {
            return None;
        }
        let p = if margin > 5.5 * read_noise {
            1.0
        } else if read_noise > 0.0 {
            normal::cdf(margin / read_noise)
        } else {
            f64::from(u8::from(margin >= 0.0))
        };
        let flip = FlipProbability::of_kind(self.kind, p as f32).filter(|_| p >= flip_floor)?;
        (!flip.is_none()).then_some(CellFault { cell: self.cell, flip })
    }
}

/// The kind of critical voltages. At voltage V a cell flips with probability Φ((Vc − V)/`read_noise`); probabilities below
/// `flip_floor` count as none.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct CriticalKind {
    /// Standard deviation of the read noise, in units of voltage.
    pub read_noise: f64,
    /// The least flip probability that counts.
    pub flip_floor: f64,
}

const RECORD_BYTES: usize = 8;

impl Kind for CriticalKind {
    fn record_bytes(&self) -> u64 {
        RECORD_BYTES as u64
    }

    fn check(&self) -> Result<(), (String, &'static str)> {
        let Self { read_noise, flip_floor } = self;
        if *read_noise >= 0.0 && (0.0..=0.5).contains(flip_floor) {
            return Ok(());
        }
        let found = format!("read_noise {read_noise}, flip_floor {flip_floor}");
        Err((found, "a number ≥ 0 and one from 0 to 0.5"))
    }

    fn walk<'a>(&self, profile: &'a Profile) -> Box<dyn Walk + 'a> {
        Box::new(AtAnyVoltage { above: Above::new(profile), kind: *self })
    }

    fn critical_cells(&self, profile: &Profile) -> Result<Option<Vec<CriticalCell>>, ReadError> {
        let mut above = Above::new(profile);
        above.read_to(None)?;
        Ok(Some(above.cells))
    }
}

impl CriticalKind {
    /// How far above its critical voltage a cell may still flip as often as the floor demands: at any higher voltage
    /// [`CriticalCell::fault_at`] is `None`.
    fn reach(self) -> f64 {
        // Φ(−15) is 4·10⁻⁵¹: 0 as a float of 32 bits. Quantiles end at 9, and are good to 10⁻⁸.
        let floor = self.flip_floor;
        let deviations = if floor < 1e-18 { 15.0 } else { normal::upper_quantile(floor) + 1e-6 };
        self.read_noise * deviations
    }
}

/// The maps of a profile, each computed.
#[derive(Debug)]
struct AtAnyVoltage<'a> {
    above: Above<'a>,
    kind: CriticalKind,
}

impl Walk for AtAnyVoltage<'_> {
    fn at(&mut self, voltage: Voltage, _: Between) -> Result<FaultMap, ReadError> {
        let CriticalKind { read_noise, flip_floor } = self.kind;
        self.above.read_to(Some(voltage.get() - self.kind.reach()))?;
        // Cells of lower voltages that were read before do not fail at this one.
        let cells = self.above.cells.iter();
        let faults = cells.filter_map(|cell| cell.fault_at(voltage, read_noise, flip_floor));
        let info = self.above.profile.info();
        Ok(FaultMap::from_sorted(info.geometry, info.unit.of(voltage), faults.collect()))
    }
}

/// The cells of a profile's first blocks: each block is read once, however many voltages are asked for.
#[derive(Debug)]
struct Above<'a> {
    profile: &'a Profile,
    /// Ascending.
    cells: Vec<CriticalCell>,
    /// Blocks that were read.
    blocks: usize,
    /// Cells of the next block lie below.
    upper_micro: u32,
}

impl<'a> Above<'a> {
    fn new(profile: &'a Profile) -> Self {
        Self { profile, cells: Vec::new(), blocks: 0, upper_micro: u32::MAX }
    }

    /// Has all cells whose critical voltage may be above `bound`, and perhaps others.
    fn read_to(&mut self, bound: Option<f64>) -> Result<(), ReadError> {
        let read = self.read_on(bound);
        if read.is_err() {
            // Its cells may not be in order, or some of them there twice.
            *self = Self::new(self.profile);
        }
        read
    }

    fn read_on(&mut self, bound: Option<f64>) -> Result<(), ReadError> {
        let Self { profile, cells, blocks, upper_micro } = self;
        let before = *blocks;
        while let Some(block) = profile.blocks.get(*blocks) {
            if bound.is_some_and(|bound| f64::from(*upper_micro) * 1e-6 < bound) {
                break;
            }
            let decode = |bytes: &[u8]| {
                let cell = decode(u64_at(bytes, 0))?;
                let critical = cell.critical.micro();
                if critical < block.voltage_micro || critical >= *upper_micro {
                    return Err(format!("critical voltage {} in a block of others", cell.critical));
                }
                check_below_vmin(profile.info(), cell.critical)?;
                Ok(cell)
            };
            cells.extend(profile.decode_block(block, decode, |cell| cell.cell)?);
            *upper_micro = block.voltage_micro;
            *blocks += 1;
        }
        if *blocks == before {
            return Ok(());
        }
        // The stable sort finds the blocks' own order and merges them.
        cells.sort_by_key(|cell: &CriticalCell| cell.cell);
        match cells.windows(2).find(|pair| pair[0].cell == pair[1].cell) {
            Some(pair) => {
                let found = format!("cell {} in two blocks", pair[0].cell);
                let offset = profile.records.offset;
                Err(FormatError::new(offset, FormatErrorKind::Records, found, "each cell once").into())
            }
            None => Ok(()),
        }
    }
}

/// A cell that fails at Vmin or above contradicts the profile.
fn check_below_vmin(info: &ProfileInfo, critical: Voltage) -> Result<(), String> {
    match info.vmin {
        Some(vmin) if info.unit == VoltageUnit::Volt && critical >= vmin => {
            Err(format!("critical voltage {critical}, not below Vmin, which is {vmin}"))
        }
        _ => Ok(()),
    }
}

/// The cell of a record, or the reason why it is none.
fn decode(record: u64) -> Result<CriticalCell, String> {
    let kind = match record & 3 {
        1 => FaultKind::ReadsOne,
        2 => FaultKind::ReadsZero,
        3 => FaultKind::Inverts,
        _ => return Err("kind 0".to_owned()),
    };
    let critical =
        Voltage::from_micro((record >> 2) as u32 & Voltage::MAX.micro()).ok_or("critical voltage 0")?;
    Ok(CriticalCell { cell: record >> 24, critical, kind })
}

fn record(cell: CriticalCell) -> u64 {
    let kind = match cell.kind {
        FaultKind::ReadsOne => 1,
        FaultKind::ReadsZero => 2,
        FaultKind::Inverts => 3,
    };
    cell.cell << 24 | u64::from(cell.critical.micro()) << 2 | kind
}

/// The cells of a chip, by their critical voltages. All are in the unit of the [`ProfileDraft`](crate::ProfileDraft).
#[derive(Clone, Debug)]
pub struct CriticalContent {
    /// Voltages that the chip was made for, highest first; the first and the last bound its range.
    pub voltages: Vec<Voltage>,
    /// Standard deviation of the read noise, in units of voltage.
    pub read_noise: f64,
    /// The least flip probability that counts.
    pub flip_floor: f64,
    /// The failing cells, in any order.
    pub cells: Vec<CriticalCell>,
}

impl Cells for CriticalContent {
    fn faulty_cells(&self) -> u64 {
        self.cells.len() as u64
    }

    /// That of the highest and the lowest voltage; between, cells only come.
    fn judged_by(&self) -> Cow<'_, [Level]> {
        let at = |voltage: Voltage| {
            let failing = self.cells.iter().filter(move |cell| cell.critical >= voltage);
            let faults = failing.filter_map(|cell| {
                Some(CellFault { cell: cell.cell, flip: FlipProbability::of_kind(cell.kind, 1.0)? })
            });
            (voltage, faults.collect())
        };
        [self.voltages.first(), self.voltages.last()].into_iter().flatten().copied().map(at).collect()
    }

    fn highest_faulty(&self) -> Option<Voltage> {
        self.cells.iter().map(|cell| cell.critical).max()
    }
}

/// Steps between two of the profile's voltages, each a block: the finer, the less a map reads that it does not need.
const BLOCKS_PER_STEP: u32 = 8;

impl CriticalContent {
    /// Cuts critical voltages into blocks, highest first; the last holds the cells below the lowest voltage, which still
    /// flip there now and then.
    pub(super) fn encode(self, geometry: Geometry) -> Result<Encoded, DraftError> {
        let Self { voltages, read_noise, flip_floor, mut cells } = self;
        check_voltages(&voltages)?;
        if !(read_noise >= 0.0 && read_noise.is_finite() && (0.0..=0.5).contains(&flip_floor)) {
            return Err(DraftError::Noise { read_noise, flip_floor });
        }
        cells.sort_by_key(|cell| cell.cell);
        check_cells(geometry, cells.iter().map(|cell| cell.cell))?;
        let mut bounds: Vec<Voltage> = voltages.windows(2).flat_map(|pair| steps(pair[0], pair[1])).collect();
        bounds.extend(voltages.last());
        let lowest = cells.iter().map(|cell| cell.critical).min();
        bounds.extend(lowest.filter(|lowest| bounds.last().is_some_and(|last| lowest < last)));
        let mut blocks: Vec<EncodedBlock> =
            bounds.iter().map(|&voltage| EncodedBlock { voltage, records: Vec::new(), count: 0 }).collect();
        for cell in cells {
            let block = &mut blocks[bounds.partition_point(|&bound| bound > cell.critical)];
            block.records.extend_from_slice(&record(cell).to_le_bytes());
            block.count += 1;
        }
        let kind = ContentKind::Critical(CriticalKind { read_noise, flip_floor });
        Ok(Encoded { voltages, kind, blocks })
    }
}

/// Distinct voltages from `high` down to just above `low`.
fn steps(high: Voltage, low: Voltage) -> Vec<Voltage> {
    let span = high.micro() - low.micro();
    let step = |k| high.micro() - (u64::from(span) * u64::from(k) / u64::from(BLOCKS_PER_STEP)) as u32;
    let mut steps: Vec<Voltage> = (0..BLOCKS_PER_STEP).filter_map(|k| Voltage::from_micro(step(k))).collect();
    steps.dedup();
    steps
}
