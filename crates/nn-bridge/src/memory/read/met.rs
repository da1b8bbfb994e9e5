//! Which bits of a region's words read wrong, whatever its cells are, and which a detector flags.

use super::raw::Raw;
use super::{chip, random};
use crate::memory::cells::{Cells, Stored};
use crate::memory::region::Region;
use crate::memory::which::Draws;
use crate::memory::{Detector, MemoryError};

/// What is read of a region whose cells are these.
pub(super) fn of(
    region: &Region,
    stored: Stored<'_>,
    cells: Cells<'_>,
    draws: Draws,
    number: u64,
) -> Result<Raw, MemoryError> {
    let mut raw = match cells {
        Cells::Safe => Raw::default(),
        Cells::Random { rate, seed, fresh } => {
            random::Random { rate, seed, read: fresh.then_some(number) }.wrong(region, stored)
        }
        Cells::Chip { map, offset } => chip::read(region, stored, (map, offset), draws)?,
    };
    // Copies of a chip, banks side by side: what ascends by cell need not ascend by word.
    for addresses in [&mut raw.wrong, &mut raw.flagged] {
        if !addresses.is_sorted() {
            addresses.sort_unstable();
        }
    }
    detect(&mut raw, region, draws);
    Ok(raw)
}

/// Flags bits as a circuit does that sees them read.
fn detect(raw: &mut Raw, region: &Region, draws: Draws) {
    let Some(Detector::Razor { detection, false_alarm }) = region.description.detector else { return };
    let draws = draws.of_detector(region.number);
    raw.flagged = raw.wrong.iter().copied().filter(|&address| draws.happens(detection, address)).collect();
    let alarms = random::false_alarms(false_alarm, draws, region.words.cells());
    if !alarms.is_empty() {
        raw.flagged.extend(alarms);
        raw.flagged.sort_unstable();
        raw.flagged.dedup();
    }
}
