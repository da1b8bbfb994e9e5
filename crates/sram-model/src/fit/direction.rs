//! Which cells fail in which direction.

use super::{Levels, MOSTLY};
use crate::fault::{Direction, FaultMap};
use crate::model::{DirectionUnit, Directions, FitNotes};
use crate::stats::Unit;

/// How directions are shared out.
pub(super) struct Split {
    pub(super) unit: DirectionUnit,
    pub(super) share_0to1: f64,
    /// Of pairs of faults in one column, those that agree, and those that would by chance.
    agreement: Option<(f64, f64)>,
}

impl Split {
    pub(super) fn of(map: &FaultMap, mux: u32) -> Self {
        let map = map.flipping_from(MOSTLY);
        let geometry = map.geometry();
        let mut faults: Vec<(u64, bool)> = map
            .faults()
            .iter()
            .map(|fault| {
                (
                    Unit::PhysicalColumn { mux }.of(geometry, fault.cell),
                    fault.flip.direction() == Direction::ZeroToOne,
                )
            })
            .collect();
        faults.sort_unstable();
        let columns: Vec<[f64; 2]> = faults
            .chunk_by(|a, b| a.0 == b.0)
            .map(|column| {
                let ones = column.iter().filter(|fault| fault.1).count() as f64;
                [ones, column.len() as f64 - ones]
            })
            .collect();
        let ones: f64 = columns.iter().map(|column| column[0]).sum();
        let share = if faults.is_empty() { 0.5 } else { ones / faults.len() as f64 };
        let pairs = |n: f64| n * (n - 1.0) / 2.0;
        let all: f64 = columns.iter().map(|column| pairs(column[0] + column[1])).sum();
        let agreeing: f64 = columns.iter().map(|column| pairs(column[0]) + pairs(column[1])).sum();
        let chance = share * share + (1.0 - share) * (1.0 - share);
        let agreement = (all > 0.0 && chance < 1.0).then(|| (agreeing / all, chance));
        // Half-way between by chance and always.
        if agreement.is_some_and(|(found, chance)| all >= 10.0 && found > f64::midpoint(1.0, chance)) {
            let of_ones = columns.iter().filter(|column| column[0] >= column[1]).count() as f64;
            Self { unit: DirectionUnit::Column, share_0to1: of_ones / columns.len() as f64, agreement }
        } else {
            Self { unit: DirectionUnit::Cell, share_0to1: share, agreement }
        }
    }

    pub(super) fn has_both(&self) -> bool {
        self.share_0to1 > 0.0 && self.share_0to1 < 1.0
    }

    pub(super) fn directions(&self) -> Directions {
        Directions { unit: self.unit, share_0to1: self.share_0to1 }
    }

    pub(super) fn describe(&self, levels: &Levels, notes: &mut FitNotes) {
        if let Some((found, chance)) = self.agreement {
            let unit = if self.unit == DirectionUnit::Column { "a column" } else { "each cell by itself" };
            notes.found.push(format!(
                "directions: {:.1} % of the pairs of faults in one physical column agree, {:.1} % would by chance; \
                 what has a direction is {unit}",
                found * 100.0,
                chance * 100.0
            ));
        }
        if !self.has_both() {
            let (seen, other) =
                if self.share_0to1 > 0.5 { ("0 to 1", "1 to 0") } else { ("1 to 0", "0 to 1") };
            notes.not_identified.push(format!(
                "direction: only failures from {seen} are in the profile; whether cells fail from {other} is unknown \
                 unless both values were written, and the model has none"
            ));
        }
        match levels.reads {
            Some([1, 1]) => notes.not_identified.push(
                "flip probabilities: every one is 0 or 1, as of a single read, so read noise shows only in cells that \
                 recover at a lower voltage, and not apart from flicker"
                    .into(),
            ),
            Some([zeros, ones]) => notes.found.push(format!(
                "reads: every flip probability from 0 to 1 is a multiple of 1/{zeros}, from 1 to 0 of 1/{ones}"
            )),
            None => {}
        }
    }
}
