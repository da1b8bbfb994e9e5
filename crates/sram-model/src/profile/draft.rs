//! A profile in the making: what importers and the synthesis produce, checked and encoded in one place.

use super::content::{Content, Encoded, EncodedBlock};
use super::error::DraftError;
use super::format::{self, Block, encode_file};
use super::info::{ProfileInfo, Provenance};
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
    /// The lowest voltage without a failing cell, in `unit`, if it is known.
    pub vmin: Option<Voltage>,
    /// The lowest and the highest voltage that its cells are known for, in `unit`, if it answers for others, too, by
    /// extrapolation.
    pub measured: Option<(Voltage, Voltage)>,
    /// Its cells, with voltages in `unit`.
    pub content: Content,
    /// Where it comes from.
    pub provenance: Provenance,
}

impl ProfileDraft {
    /// The bytes of the profile file. Equal drafts give equal bytes.
    ///
    /// # Errors
    /// [`DraftError`] if voltages do not descend, a cell lies outside or is given twice, or the floorplan does not fit.
    pub fn encode(self) -> Result<Vec<u8>, DraftError> {
        let highest_faulty = self.content.highest_faulty();
        let Encoded { voltages, kind, blocks } = self.content.encode(self.geometry)?;
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
