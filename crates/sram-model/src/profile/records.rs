//! The records of a profile: one faulty cell each, see [`format`](super::format).

use flip_core::FaultKind;

use super::format::{u32_at, u64_at};
use super::info::ContentKind;
use crate::fault::{CellFault, FlipProbability};
use crate::normal;
use crate::voltage::Voltage;

/// A cell that begins to fail at its critical voltage, always in the same way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CriticalCell {
    /// Number of the cell.
    pub cell: u64,
    /// The voltage at which it flips in half of all reads.
    pub critical: Voltage,
    /// How it fails.
    pub kind: FaultKind,
}

impl CriticalCell {
    /// How it fails at `voltage`: it flips with probability Φ((Vc − V)/σ), σ the read noise, or not at all if that is below
    /// the floor.
    pub(crate) fn fault_at(&self, voltage: Voltage, read_noise: f64, flip_floor: f64) -> Option<CellFault> {
        let margin = self.critical.get() - voltage.get();
        // Φ(−6) is 10⁻⁹, less than any floor but 0; Φ(9) is 1 in every digit. The cells between are few.
        if margin < -6.0 * read_noise && flip_floor >= 1e-6 {
            return None;
        }
        let p = if margin > 9.0 * read_noise {
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

/// How far above its critical voltage a cell may still flip as often as the floor demands: at any higher voltage
/// [`CriticalCell::fault_at`] is `None`.
pub(super) fn reach(read_noise: f64, flip_floor: f64) -> f64 {
    // Φ(−15) is 4·10⁻⁵¹: 0 as a float of 32 bits. Quantiles end at 9, and are good to 10⁻⁸.
    let deviations = if flip_floor < 1e-18 { 15.0 } else { normal::upper_quantile(flip_floor) + 1e-6 };
    read_noise * deviations
}

pub(super) const MEASURED_BYTES: usize = 16;
pub(super) const CRITICAL_BYTES: usize = 8;

/// Bytes of a record.
pub(super) fn bytes_of(content: ContentKind) -> u64 {
    match content {
        ContentKind::Measured => MEASURED_BYTES as u64,
        ContentKind::Critical { .. } => CRITICAL_BYTES as u64,
    }
}

pub(super) fn encode_measured(fault: CellFault) -> Vec<u8> {
    let probabilities = [fault.flip.p01().to_le_bytes(), fault.flip.p10().to_le_bytes()];
    [&fault.cell.to_le_bytes()[..], &probabilities.concat()].concat()
}

/// The fault of a record, or the reason why it is none.
pub(super) fn decode_measured(bytes: &[u8]) -> Result<CellFault, String> {
    let (p01, p10) = (f32::from_bits(u32_at(bytes, 8)), f32::from_bits(u32_at(bytes, 12)));
    let flip = FlipProbability::new(p01, p10).ok_or_else(|| format!("flip probabilities {p01} and {p10}"))?;
    Ok(CellFault { cell: u64_at(bytes, 0), flip })
}

pub(super) fn encode_critical(cell: CriticalCell) -> u64 {
    let kind = match cell.kind {
        FaultKind::ReadsOne => 1,
        FaultKind::ReadsZero => 2,
        FaultKind::Inverts => 3,
    };
    cell.cell << 24 | u64::from(cell.critical.micro()) << 2 | kind
}

/// The cell of a record, or the reason why it is none.
pub(super) fn decode_critical(record: u64) -> Result<CriticalCell, String> {
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
