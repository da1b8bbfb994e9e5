//! Whether regions can lie in the cells that they are read from: each fits its chip, repair needs one, and no two regions share a
//! cell.

use super::cells::Cells;
use super::cells::OnChip;
use super::laid::Laid;
use super::layout::ArrangementKind;
use super::{Memory, MemoryError, Outgrown, Region};

/// The keys of repair.
const REPAIR: [&str; 5] = ["spare_rows", "spare_columns", "disable_from", "invert_words", "patch_words"];

impl Memory {
    /// Checks that the regions can lie in these cells, one for each, as a read does.
    ///
    /// # Errors
    /// [`MemoryError`] naming the region that cannot, or two that share a cell.
    pub fn check_cells(&self, cells: &[Cells<'_>]) -> Result<(), MemoryError> {
        for (region, of) in self.regions.iter().zip(cells) {
            if let Some(on) = OnChip::of(*of) {
                Laid::of(region, on)?;
            }
        }
        self.check_apart(cells)
    }

    /// The same of what is no matter of one region on its chip.
    pub(super) fn check_apart(&self, cells: &[Cells<'_>]) -> Result<(), MemoryError> {
        for (number, (region, of)) in self.regions.iter().zip(cells).enumerate() {
            if matches!(of, Cells::Random { .. }) && region.is_repaired() {
                return Err(MemoryError::Repair { region: region.place.first_key(&REPAIR) });
            }
            for (before, of_before) in self.regions[..number].iter().zip(cells) {
                if before.meets(*of_before, region, *of)? {
                    let (first, second) = (before.place.key("offset"), region.place.key("offset"));
                    return Err(MemoryError::SameCells { first, second });
                }
            }
        }
        Ok(())
    }
}

impl Region {
    /// Whether two regions share a cell.
    fn meets(&self, cells: Cells<'_>, other: &Self, of_other: Cells<'_>) -> Result<bool, MemoryError> {
        let (Some(on), Some(on_other)) = (OnChip::of(cells), OnChip::of(of_other)) else { return Ok(false) };
        if self.description.chip != other.description.chip {
            return Ok(false);
        }
        let banks = |region: &Self| region.description.banks.unwrap_or([0, on.geometry.banks()]);
        let ([first, end], [first_other, end_other]) = (banks(self), banks(other));
        if first >= end_other || first_other >= end {
            return Ok(false);
        }
        let goes_on = |region: &Self| {
            region.description.layout.arrangement == ArrangementKind::Linear
                && region.description.outgrown != Outgrown::Restart
                && region.description.disable_from.is_none()
        };
        if banks(self) == banks(other) && goes_on(self) && goes_on(other) {
            return Ok(self.meets_in_line(other, self.cells_of_banks(on.geometry)));
        }
        // In cells of different kinds there is no shorter way than cell by cell.
        let (one, other) = (Laid::of(self, on)?, Laid::of(other, on_other)?);
        let (few, many) = if one.most_cells() < other.most_cells() { (one, other) } else { (other, one) };
        Ok(few.cells().any(|cell| many.takes(cell)))
    }

    /// The same of two linear regions in the same banks, of so many cells.
    fn meets_in_line(&self, other: &Self, cells: u64) -> bool {
        let (len, len_other) = (self.words.cells(), other.words.cells());
        let (begin, begin_other) = (self.offset, other.offset);
        if len.saturating_add(len_other) > cells {
            // They go on over copies of the chip, one after the other.
            return begin < begin_other.saturating_add(len_other) && begin_other < begin.saturating_add(len);
        }
        // Each goes on in the first cell after the last one.
        let after = |begin: u64, other: u64| (other % cells + cells - begin % cells) % cells;
        (len > 0 && len_other > 0)
            && (after(begin, begin_other) < len || after(begin_other, begin) < len_other)
    }
}
