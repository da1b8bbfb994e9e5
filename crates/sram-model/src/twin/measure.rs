//! Measures a virtual chip as a tester would.

use flip_core::{Purpose, Stream};

use crate::fault::{CellFault, Direction, FaultMap, FlipProbability};
use crate::normal;
use crate::synth::{Normals, VirtualChip};
use crate::voltage::Voltage;

const READS: Purpose = Purpose::named("sram-model measurement reads");
const FLICKER: Purpose = Purpose::named("sram-model measurement flicker");

/// The map that a measurement of a chip at the voltage of this index gives: its cells' critical voltages have moved by the
/// model's flicker, and each cell is read so often, as a 0 and as a 1, or so often that a flip probability is known that is no
/// less than `least`.
pub(super) fn measure(
    chip: &VirtualChip,
    (index, voltage): (u64, Voltage),
    counts: Option<[u32; 2]>,
    least: f64,
) -> FaultMap {
    let model = &chip.model;
    let mut reads = Stream::new(chip.seed, READS, index);
    let mut flicker = Normals::new(Stream::new(chip.seed, FLICKER, index));
    let faults = chip.cells.iter().filter_map(|cell| {
        let moved = if model.flicker > 0.0 { model.flicker * flicker.next() } else { 0.0 };
        let margin = cell.critical.get() + moved - voltage.get();
        let q = if model.read_noise > 0.0 {
            normal::cdf(margin / model.read_noise)
        } else {
            f64::from(u8::from(margin >= 0.0))
        };
        let seen = match counts {
            None if q < least => 0.0,
            None => q,
            Some(counts) => {
                // Cells that are drawn have one direction.
                let direction = Direction::of_kind(cell.kind).unwrap_or(Direction::ZeroToOne);
                share_of_reads(q, counts[direction.index()], &mut reads)
            }
        };
        let flip = FlipProbability::of_kind(cell.kind, seen as f32)?;
        (!flip.is_none()).then_some(CellFault { cell: cell.cell, flip })
    });
    FaultMap::from_sorted(chip.geometry, model.unit.of(voltage), faults.collect())
}

/// The share of `count` reads that err, each with probability q.
fn share_of_reads(q: f64, count: u32, reads: &mut Stream) -> f64 {
    // Most cells lie far on either side.
    if !(1e-12..=1.0 - 1e-12).contains(&q) {
        return q.round();
    }
    let errs = (0..count).filter(|_| reads.next_unit() < q).count();
    errs as f64 / f64::from(count)
}
