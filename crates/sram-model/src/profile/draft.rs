//! A profile in the making: what importers and the synthesis produce, checked and encoded in one place.

use super::error::DraftError;
use super::format::{self, Block, encode_file};
use super::info::{ContentKind, ProfileInfo, Provenance};
use super::records::{self, CriticalCell};
use crate::fault::{CellFault, changes};
use crate::geometry::{Floorplan, Geometry};
use crate::voltage::{Voltage, VoltageUnit};

/// All that a profile holds, before it is encoded.
#[derive(Clone, Debug)]
pub struct ProfileDraft {
    /// The chip's name.
    pub name: String,
    /// The unit of all voltages.
    pub unit: VoltageUnit,
    /// The chip's size.
    pub geometry: Geometry,
    /// Where its banks lie, if that is known.
    pub floorplan: Option<Floorplan>,
    /// The lowest voltage without a failing cell, if it is known.
    pub vmin: Option<Voltage>,
    /// The lowest and the highest voltage that its cells are known for, if it answers for others, too, by extrapolation.
    pub measured: Option<(Voltage, Voltage)>,
    /// Its cells.
    pub content: Content,
    /// Where it comes from.
    pub provenance: Provenance,
}

/// The cells of a chip.
#[derive(Clone, Debug)]
pub enum Content {
    /// The faults at each voltage, highest voltage first; cells in any order.
    Measured(Vec<(Voltage, Vec<CellFault>)>),
    /// Critical voltages.
    Critical {
        /// Voltages that the chip was made for, highest first; the first and the last bound its range.
        voltages: Vec<Voltage>,
        /// Standard deviation of the read noise, in units of voltage.
        read_noise: f64,
        /// The least flip probability that counts.
        flip_floor: f64,
        /// The failing cells, in any order.
        cells: Vec<CriticalCell>,
    },
}

impl ProfileDraft {
    /// The bytes of the profile file. Equal drafts give equal bytes.
    ///
    /// # Errors
    /// [`DraftError`] if voltages do not descend, a cell lies outside or is given twice, or the floorplan does not fit.
    pub fn encode(self) -> Result<Vec<u8>, DraftError> {
        let highest_faulty = self.content.highest_faulty();
        let (voltages, kind, blocks) = match self.content {
            Content::Measured(levels) => {
                let voltages: Vec<Voltage> = levels.iter().map(|(voltage, _)| *voltage).collect();
                check_voltages(&voltages)?;
                (voltages, ContentKind::Measured, measured_blocks(self.geometry, levels)?)
            }
            Content::Critical { voltages, read_noise, flip_floor, cells } => {
                check_voltages(&voltages)?;
                if !(read_noise >= 0.0 && read_noise.is_finite() && (0.0..=0.5).contains(&flip_floor)) {
                    return Err(DraftError::Noise { read_noise, flip_floor });
                }
                let kind = ContentKind::Critical { read_noise, flip_floor };
                (voltages.clone(), kind, critical_blocks(self.geometry, &voltages, cells)?)
            }
        };
        let vmin = check_vmin(self.unit, self.vmin, highest_faulty)?;
        if let Some((low, high)) = self.measured.filter(|(low, high)| low > high) {
            return Err(DraftError::MeasuredRange { low, high });
        }
        let info = ProfileInfo {
            name: self.name,
            unit: self.unit,
            geometry: self.geometry,
            vmin,
            measured: self.measured,
            voltages,
            content: kind,
            provenance: self.provenance,
        };
        let json = serde_json::to_vec(&info).unwrap_or_default();
        if json.is_empty() || json.len() > format::MAX_INFO_BYTES {
            return Err(DraftError::Info { bytes: json.len(), at_most: format::MAX_INFO_BYTES });
        }
        let mut sections = vec![(format::INFO, json)];
        if let Some(plan) = self.floorplan {
            if plan.sites().len() != self.geometry.banks() as usize {
                let found = plan.sites().len();
                return Err(DraftError::Floorplan { found, banks: self.geometry.banks() });
            }
            let sites = plan.sites().iter().flat_map(|&(x, y)| [x.to_le_bytes(), y.to_le_bytes()].concat());
            sections.push((format::PLAN, sites.collect()));
        }
        let (directory, records) = join(blocks);
        sections.push((format::BLOCKS, directory));
        sections.push((format::RECORDS, records));
        Ok(encode_file(&sections))
    }
}

impl Content {
    /// The highest voltage at which a cell is known to fail.
    fn highest_faulty(&self) -> Option<Voltage> {
        match self {
            Self::Measured(levels) => {
                let fails = |faults: &[CellFault]| faults.iter().any(|fault| !fault.flip.is_none());
                levels.iter().filter(|(_, faults)| fails(faults)).map(|(voltage, _)| *voltage).max()
            }
            Self::Critical { cells, .. } => cells.iter().map(|cell| cell.critical).max(),
        }
    }
}

/// Vmin as given, or 1 by definition where voltages are relative to it: the rule of writers and of the reader.
pub(super) fn check_vmin(
    unit: VoltageUnit,
    vmin: Option<Voltage>,
    highest_faulty: Option<Voltage>,
) -> Result<Option<Voltage>, DraftError> {
    let vmin = match (unit, vmin) {
        (VoltageUnit::RelativeToVmin, None) => Some(Voltage::ONE),
        (VoltageUnit::RelativeToVmin, Some(vmin)) if vmin != Voltage::ONE => {
            return Err(DraftError::RelativeVmin { vmin });
        }
        _ => vmin,
    };
    match (vmin, highest_faulty) {
        // Relative voltages of a section may go above 1: its chip's Vmin is not the section's.
        (Some(vmin), Some(faulty)) if unit == VoltageUnit::Volt && faulty >= vmin => {
            Err(DraftError::FaultyVmin { vmin, faulty })
        }
        _ => Ok(vmin),
    }
}

/// The records of one block, encoded.
struct EncodedBlock {
    voltage: Voltage,
    records: Vec<u8>,
    count: u64,
}

fn check_voltages(voltages: &[Voltage]) -> Result<(), DraftError> {
    if voltages.is_empty() {
        return Err(DraftError::NoVoltage);
    }
    match voltages.windows(2).find(|pair| pair[0] <= pair[1]) {
        Some(pair) => Err(DraftError::VoltageOrder { first: pair[0], second: pair[1] }),
        None => Ok(()),
    }
}

/// Checks that cells lie in the chip and are distinct; `cells` is sorted.
fn check_cells(geometry: Geometry, cells: impl Iterator<Item = u64>) -> Result<(), DraftError> {
    let mut previous = None;
    for cell in cells {
        if cell >= geometry.cells() {
            return Err(DraftError::CellOutside { cell, cells: geometry.cells() });
        }
        if previous == Some(cell) {
            return Err(DraftError::CellTwice { cell });
        }
        previous = Some(cell);
    }
    Ok(())
}

fn measured_blocks(
    geometry: Geometry,
    levels: Vec<(Voltage, Vec<CellFault>)>,
) -> Result<Vec<EncodedBlock>, DraftError> {
    let mut above: Vec<CellFault> = Vec::new();
    let mut blocks = Vec::with_capacity(levels.len());
    for (voltage, mut faults) in levels {
        faults.retain(|fault| !fault.flip.is_none());
        faults.sort_by_key(|fault| fault.cell);
        check_cells(geometry, faults.iter().map(|fault| fault.cell))?;
        let differing = changes(&above, &faults);
        let records = differing.iter().flat_map(|&fault| records::encode_measured(fault)).collect();
        blocks.push(EncodedBlock { voltage, records, count: differing.len() as u64 });
        above = faults;
    }
    Ok(blocks)
}

/// Steps between two of the profile's voltages, each a block: the finer, the less a map reads that it does not need.
const BLOCKS_PER_STEP: u32 = 8;

/// Cuts critical voltages into blocks, highest first; the last holds the cells below the lowest voltage, which still
/// flip there now and then.
fn critical_blocks(
    geometry: Geometry,
    voltages: &[Voltage],
    mut cells: Vec<CriticalCell>,
) -> Result<Vec<EncodedBlock>, DraftError> {
    cells.sort_by_key(|cell| cell.cell);
    check_cells(geometry, cells.iter().map(|cell| cell.cell))?;
    let mut bounds: Vec<Voltage> = voltages.windows(2).flat_map(|pair| steps(pair[0], pair[1])).collect();
    bounds.extend(voltages.last());
    let lowest = cells.iter().map(|cell| cell.critical).min();
    bounds.extend(lowest.filter(|lowest| bounds.last().is_some_and(|last| lowest < last)));
    let mut encoded: Vec<EncodedBlock> =
        bounds.iter().map(|&voltage| EncodedBlock { voltage, records: Vec::new(), count: 0 }).collect();
    for cell in cells {
        let index = bounds.partition_point(|&bound| bound > cell.critical);
        let block = &mut encoded[index];
        block.records.extend_from_slice(&records::encode_critical(cell).to_le_bytes());
        block.count += 1;
    }
    Ok(encoded)
}

/// Distinct voltages from `high` down to just above `low`.
fn steps(high: Voltage, low: Voltage) -> Vec<Voltage> {
    let span = high.micro() - low.micro();
    let step = |k| high.micro() - (u64::from(span) * u64::from(k) / u64::from(BLOCKS_PER_STEP)) as u32;
    let mut steps: Vec<Voltage> = (0..BLOCKS_PER_STEP).filter_map(|k| Voltage::from_micro(step(k))).collect();
    steps.dedup();
    steps
}

fn join(blocks: Vec<EncodedBlock>) -> (Vec<u8>, Vec<u8>) {
    let (mut directory, mut records, mut first) = (Vec::new(), Vec::new(), 0);
    for block in blocks {
        let crc = crc32fast::hash(&block.records);
        let entry = Block { voltage_micro: block.voltage.micro(), crc, first, count: block.count };
        directory.extend_from_slice(&entry.encode());
        records.extend_from_slice(&block.records);
        first += block.count;
    }
    (directory, records)
}
