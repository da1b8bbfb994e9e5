//! Reads of lines whose faults are found by reads.

use super::met;
use super::raw::Raw;
use super::report::{LinesRead, ReadCounts};
use super::weights::Found;
use crate::memory::MemoryError;
use crate::memory::cells::{Cells, Stored};
use crate::memory::description::Lines64;
use crate::memory::killi::{Killi, KilliOptions, KilliRead, LINE_BITS, PARITY_BITS, WrongBits};
use crate::memory::region::Region;
use crate::memory::which::{Draws, number_before};

/// Reads a region's lines several times, from the first at this voltage on; the last read is what counts.
pub(super) fn read(
    region: &Region,
    lines: Lines64,
    stored: Stored<'_>,
    cells: Cells<'_>,
    (draws, number): (Draws, u64),
    found: &mut Found,
) -> Result<(ReadCounts, Raw), MemoryError> {
    let failed = |source| MemoryError::Killi { region: region.place.key("killi"), source };
    let Lines64 { lines_per_entry, ways, eviction, reads } = lines;
    let options = KilliOptions { lines_per_entry, ways, eviction };
    let mut killi = Killi::new(options, region.words.count()).map_err(failed)?;
    for before in 1..u64::from(reads) {
        let draws = draws.of_warm_up(before);
        let raw = met::of(region, stored, cells, draws, number_before(number, before))?;
        let _ = one(&mut killi, &raw).map_err(failed)?;
    }
    let raw = met::of(region, stored, cells, draws, number)?;
    let read = one(&mut killi, &raw).map_err(failed)?;
    let image_bit = |bit: &u64| region.image_bit(region.words.data_of(bit / LINE_BITS, bit % LINE_BITS)?);
    found.errors.extend(read.errors.iter().filter_map(image_bit));
    let mut report = ReadCounts::of(&raw);
    report.words.corrected = read.corrected;
    report.words.undetected = read.silent;
    report.reread_words = read.misses.all();
    report.lines = Some(LinesRead { states: read.lines, misses: read.misses, silent: read.silent });
    Ok((report, raw))
}

/// One read: wrong data bits and wrong parity bits, line by line.
fn one(killi: &mut Killi, raw: &Raw) -> Result<KilliRead, crate::memory::killi::KilliError> {
    let (mut data, mut parity) = (Vec::new(), Vec::new());
    for address in &raw.wrong {
        let (line, bit) = (address / (LINE_BITS + PARITY_BITS), address % (LINE_BITS + PARITY_BITS));
        match bit.checked_sub(LINE_BITS) {
            None => data.push(line * LINE_BITS + bit),
            Some(check) => parity.push(line * PARITY_BITS + check),
        }
    }
    killi.read(WrongBits { data: &data, parity: &parity, checks: &[] })
}
