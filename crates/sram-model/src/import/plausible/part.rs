//! A part of a memory that was never written.

use super::{Doubt, DoubtKind, percent, weight};
use crate::fault::CellFault;
use crate::geometry::Geometry;
use crate::voltage::{Voltage, VoltageUnit};

/// Rows of a bank that are looked at together: more than a defect of some rows has.
const PART_ROWS: u64 = 64;
/// The share of the cells that fail where nothing was written: a memory wakes up with about as many ones as zeros. Where all fail, it
/// may be dead.
const HALF: std::ops::RangeInclusive<f64> = 0.4..=0.6;
/// Where at most this share of the other cells fails, one part of which half fails was not read as it was written.
const FEW: f64 = 0.02;

/// What speaks against a part of a memory in which half of the cells fail, while hardly any other does.
pub(super) fn half_fails(
    geometry: Geometry,
    unit: VoltageUnit,
    (voltage, faults): &(Voltage, Vec<CellFault>),
) -> Option<Doubt> {
    let rows = PART_ROWS.min(geometry.rows().into());
    let bank = u64::from(geometry.rows()) * u64::from(geometry.columns());
    let part = rows * u64::from(geometry.columns());
    let of = |fault: &CellFault| (fault.cell / bank, fault.cell % bank / part);
    let (all, mut most) = (weight(faults), (0.0, (0, 0)));
    let (mut failing, mut parts) = (0.0, 0);
    for same in faults.chunk_by(|one, other| of(one) == of(other)) {
        let weight = weight(same);
        if HALF.contains(&(weight / part as f64)) {
            failing += weight;
            parts += 1;
            most = if weight > most.0 { (weight, of(&same[0])) } else { most };
        }
    }
    let (found, (in_bank, at)) = most;
    // Where it is most of them, columns may be dead.
    let others = geometry.cells() as f64 - (parts * part) as f64;
    let is_a_part = found > 0.0 && 2.0 * others >= geometry.cells() as f64 && part >= MIN_PART;
    (is_a_part && all - failing <= FEW * others).then(|| {
        let (first, last) = (at * rows, ((at + 1) * rows).min(geometry.rows().into()) - 1);
        let text = format!(
            "at {voltage} {unit}, in bank {in_bank}, {} of the cells of rows {first} to {last} fail, elsewhere {}: were these rows \
             written before they were read?",
            percent(found / part as f64),
            percent((all - failing) / others)
        );
        Doubt::new(DoubtKind::PartFails, text)
    })
}

/// Fewer cells may all be of one defect.
const MIN_PART: u64 = 512;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fault::FlipProbability;

    fn said(failing: impl Fn(u64) -> bool) -> Option<String> {
        let geometry = Geometry::new(4, 256, 16).unwrap();
        let flip = FlipProbability::new(0.0, 1.0).unwrap();
        let faults = (0..geometry.cells()).filter(|&cell| failing(cell)).map(|cell| CellFault { cell, flip });
        let found = half_fails(geometry, VoltageUnit::Volt, &("0.6".parse().unwrap(), faults.collect()))?;
        assert_eq!(found.kind(), DoubtKind::PartFails);
        Some(found.to_string())
    }

    fn mixed(cell: u64) -> u64 {
        let x = cell.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9) >> 33
    }

    #[test]
    fn rows_that_were_not_written_are_found_in_a_memory_that_hardly_fails() {
        let bank = 256 * 16;
        let random = |cell: u64| mixed(cell).is_multiple_of(2);
        let noise = |cell: u64| mixed(cell + 1).is_multiple_of(500);
        let said_of = said(|cell| noise(cell) || cell / bank == 2 && random(cell)).unwrap();
        assert!(said_of.contains("in bank 2, 50."), "{said_of}");
        let rows = |cell: u64| cell / bank == 1 && (64..128).contains(&(cell % bank / 16));
        let said_of = said(|cell| noise(cell) || rows(cell) && random(cell)).unwrap();
        assert!(said_of.contains("in bank 1") && said_of.contains("rows 64 to 127"), "{said_of}");
        // Of dead banks, rows and columns, and where much fails, it says nothing.
        assert_eq!(said(|cell| noise(cell) || rows(cell)), None);
        assert_eq!(said(|cell| cell % bank / 16 < 8), None);
        assert_eq!(said(|cell| cell % 16 < 7), None);
        assert_eq!(said(|cell| mixed(cell + 2).is_multiple_of(10) || rows(cell) && random(cell)), None);
        assert_eq!(said(noise), None);
    }
}
