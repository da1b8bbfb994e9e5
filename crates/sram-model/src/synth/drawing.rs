//! A chip in the making: the cells of its banks, band by band.

use flip_core::{Purpose, Stream};

use super::Synthesiser;
use super::band::{Band, Shares, Thinning};
use super::columns::{Columns, Normals};
use super::gaps::{Gap, Taken};
use super::ranks::Ranks;
use crate::fault::Direction;
use crate::geometry::Geometry;
use crate::normal;
use crate::profile::CriticalCell;
use crate::voltage::Voltage;

const ROWS: Purpose = Purpose::named("sram-model synthesis rows");
const CELLS: Purpose = Purpose::named("sram-model synthesis cells");

/// A chip in the making.
pub(super) struct Drawing<'a> {
    pub(super) synthesiser: &'a Synthesiser,
    pub(super) geometry: Geometry,
    pub(super) seed: u64,
    pub(super) columns: Columns<'a>,
    pub(super) ranks: [Option<Ranks>; 2],
    /// What the temperature adds to critical voltages.
    pub(super) offset: f64,
}

impl Drawing<'_> {
    /// How many bands hold the cells that fail in the model's range.
    pub(super) fn bands(&self) -> u64 {
        let lowest = |direction: Direction| {
            let law = self.synthesiser.laws[direction.index()].as_ref()?;
            let share = law.share_above(self.synthesiser.lowest - self.offset);
            Some(match &self.ranks[direction.index()] {
                Some(ranks) => ranks.latent(share),
                None => -normal::quantile(share.min(1.0 - 1e-16)),
            })
        };
        let lowest = Direction::ALL.into_iter().filter_map(lowest).fold(f64::INFINITY, f64::min);
        Band::count(lowest)
    }

    pub(super) fn bank(&self, bank: u64, bands: u64, cells: &mut Vec<CriticalCell>) {
        let model = &self.synthesiser.model;
        let (rows, columns) = (u64::from(self.geometry.rows()), u64::from(self.geometry.columns()));
        let lines = self.columns.of_bank(bank);
        let mux = u64::from(self.columns.mux);
        let row_effects = self.row_effects(bank);
        let weakest = row_effects.iter().copied().reduce(f64::max).unwrap_or(0.0);
        let mut taken = Taken::new(self.geometry.cells_per_bank());
        // The share of each line's cells above the band, in the weakest row.
        let mut above = vec![0.0; lines.len()];
        for index in 0..bands {
            let band = Band::new(index, libm::sqrt(model.shared.own()));
            let mut stream = Stream::new(self.seed, CELLS, bank << 8 | index);
            for (line, above) in lines.iter().zip(&mut above) {
                let from = normal::cdf((line.shared + weakest - band.low) / band.own);
                let of_weakest = Shares { above: std::mem::replace(above, from), from };
                let gap = Gap::new(of_weakest.probability(), (line.end - line.first).div_ceil(mux) as f64);
                let mut thinning = Thinning::new(band, line.shared + weakest, of_weakest);
                let mut next = line.first;
                while let Some(skipped) = gap.draw(&mut stream) {
                    let row = next.saturating_add(skipped.saturating_mul(mux));
                    if row >= line.end {
                        break;
                    }
                    next = row + mux;
                    let of_bank = row * columns + line.column;
                    let units = [stream.next_unit(), stream.next_unit(), stream.next_unit()];
                    let centre = line.shared + row_effects.get(row as usize).copied().unwrap_or(0.0);
                    let alike = row_effects.is_empty();
                    let kept = if alike { Some(of_weakest) } else { thinning.keeps(centre, units[0]) };
                    let Some(shares) = kept else { continue };
                    if taken.insert(of_bank) {
                        let cell = bank * rows * columns + of_bank;
                        let latent = band.latent(centre, shares, units[1]);
                        cells.extend(self.cell(cell, line.direction, latent, units[2]));
                    }
                }
            }
        }
    }

    /// The cell of this latent variable, if it fails in the model's range.
    fn cell(&self, cell: u64, of_column: Option<Direction>, latent: f64, unit: f64) -> Option<CriticalCell> {
        let ones = unit < self.synthesiser.model.directions.share_0to1;
        let direction = of_column.unwrap_or(if ones { Direction::ZeroToOne } else { Direction::OneToZero });
        let share = match &self.ranks[direction.index()] {
            Some(ranks) => ranks.share_above(latent),
            None => normal::cdf(-latent),
        };
        let critical = self.synthesiser.laws[direction.index()].as_ref()?.voltage(share) + self.offset;
        // A cell that fails at every voltage does so at the highest there is.
        (critical >= self.synthesiser.lowest).then_some(CriticalCell {
            cell,
            critical: Voltage::nearest(critical),
            kind: direction.into(),
        })
    }

    /// What the rows of a bank add to the latent variable; empty if they add nothing.
    fn row_effects(&self, bank: u64) -> Vec<f64> {
        let weight = libm::sqrt(self.synthesiser.model.shared.row);
        if weight == 0.0 {
            return Vec::new();
        }
        let mut normals = Normals::new(Stream::new(self.seed, ROWS, bank));
        (0..self.geometry.rows()).map(|_| weight * normals.next()).collect()
    }
}
