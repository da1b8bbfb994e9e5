//! What a memory costs: energy of accesses, and area.

use sram_model::{FaultMap, Spares};

use super::cells::Cells;
use super::laid::Laid;
use super::{Memory, MemoryError, OnChip, Region};

impl Memory {
    /// Energy of an access to all of its cells, relative to an access to a plain cell at Vmin for each bit of the weights. `of_cell`
    /// is that of an access to a plain cell of each region, relative to Vmin; cells of small memories that do not fail, and
    /// `reread_cells` of words that are read again, are at Vmin. None if a region's is not known.
    pub fn energy(&self, of_cell: &[Option<f64>], reread_cells: u64) -> Option<f64> {
        let bits = self.layout.len_bits().max(1) as f64;
        let mut all = reread_cells as f64 / bits;
        for (region, of_cell) in self.regions.iter().zip(of_cell) {
            // So that one region of plain cells has just the energy of a cell.
            all += (*of_cell)? * (region.weighted(Weight::Energy) / bits) + region.safe_cells() as f64 / bits;
        }
        Some(all)
    }

    /// Area of all of its cells, relative to a plain cell for each bit of the weights.
    pub fn cell_area(&self) -> f64 {
        self.regions.iter().map(Region::cell_area).sum::<f64>() / self.layout.len_bits().max(1) as f64
    }

    /// The same where regions lie in these cells. Of a region on a chip spare lines count, and
    /// so do cells that its words leave empty and words that are not used, by their share of its banks.
    ///
    /// # Errors
    /// [`MemoryError`] if a region does not fit the chip.
    pub fn area(&self, cells: &[Cells<'_>]) -> Result<f64, MemoryError> {
        let mut all = 0.0;
        for (region, cells) in self.regions.iter().zip(cells) {
            let share = match cells {
                Cells::Chip { map, .. } => region.cells_for_each_used(map)?,
                Cells::Safe | Cells::Random { .. } => 1.0,
            };
            all += region.weighted(Weight::Area) * share + region.safe_cells() as f64;
        }
        Ok(all / self.layout.len_bits().max(1) as f64)
    }
}

/// What cells are weighted by.
#[derive(Clone, Copy)]
enum Weight {
    Energy,
    Area,
}

impl Region {
    /// Area of all of its cells, in plain ones.
    pub fn cell_area(&self) -> f64 {
        self.weighted(Weight::Area) + self.safe_cells() as f64
    }

    /// The cells of its words in plain ones.
    fn weighted(&self, by: Weight) -> f64 {
        let description = self.description();
        let (plain, robust) = match by {
            Weight::Energy => (description.access_energy, description.robust_access_energy),
            Weight::Area => (description.cell_area, description.robust_cell_area),
        };
        let plain = plain.unwrap_or(1.0);
        let robust_cells = self.robust_cells();
        (self.stored_cells() - robust_cells) as f64 * plain + robust_cells as f64 * robust.unwrap_or(plain)
    }

    /// Cells of its banks, spare ones among them, for each that its words can use.
    fn cells_for_each_used(&self, map: &FaultMap) -> Result<f64, MemoryError> {
        let geometry = map.geometry();
        let capacity = Laid::of(self, OnChip { geometry, map: Some(map), offset: 0 })?.capacity();
        let Spares { rows, columns } = self.description().spares();
        let with_spares = |lines: u32, spare: u32| 1.0 + f64::from(spare) / f64::from(lines);
        let spared = with_spares(geometry.rows(), rows) * with_spares(geometry.columns(), columns);
        Ok(self.cells_of_banks(geometry) as f64 / capacity as f64 * spared)
    }
}
