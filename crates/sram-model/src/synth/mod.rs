//! Draws virtual chips from models, see [`model`](crate::Model) for what is drawn.
//!
//! Only the cells that fail in the model's range are drawn. For each physical column, given the normal numbers of its
//! bank and its own, the share q of its cells that fail is known; the gaps between failing cells are geometric, and the
//! number of each comes from the tail that makes it fail. So time and memory go with the columns and the faults, not with
//! the cells. Rows thin the cells of a column, whose gaps are those of the weakest row.
//!
//! Where every chip is to have the model's rates ([`Rates::Chip`]), [`Ranks`] is the share of cells above x given the columns
//! that this chip has drawn, so its rates differ from the curve only by the binomial noise of its cells.
//!
//! Every bank has its own streams, and everything is computed with `libm`, so a model and a seed give the same bytes on
//! every platform.

mod chip;
mod columns;
mod marginal;
mod ranks;

use flip_core::{FaultKind, Purpose, Stream};

pub use chip::VirtualChip;
pub(crate) use columns::Normals;

use self::columns::Columns;
use self::marginal::Marginal;
use self::ranks::Ranks;
use crate::geometry::Geometry;
use crate::model::{Direction, Model, ModelError, RatePoints, Rates};
use crate::normal;
use crate::profile::{CriticalCell, ProfileDraft};
use crate::voltage::Voltage;

/// Version of the synthesis: it changes when the same model and seed begin to give another chip.
pub const SYNTHESIS_VERSION: u32 = 2;

const ROWS: Purpose = Purpose::named("sram-model synthesis rows");
const CELLS: Purpose = Purpose::named("sram-model synthesis cells");

/// Draws chips from a model.
#[derive(Debug)]
pub struct Synthesiser<'a> {
    model: &'a Model,
    /// Of the cells that read one, and that read zero, when they fail; none if there are none.
    laws: [Option<CellLaw>; 2],
}

/// The critical voltages of the cells of one direction.
#[derive(Debug)]
struct CellLaw {
    kind: FaultKind,
    /// Their share of all cells.
    share: f64,
    marginal: Marginal,
    /// The share of them that fails in the model's range.
    failing: f64,
}

impl<'a> Synthesiser<'a> {
    /// Prepares a model that was [checked](Model::check).
    pub fn new(model: &'a Model) -> Self {
        let reach = model.read_noise * normal::upper_quantile(model.flip_floor) + 4.0 * model.flicker;
        let bottom = model.voltages().last().map_or(0.0, |voltage| voltage.get());
        // Cells below this never flip in the model's range.
        let lowest = bottom - reach;
        let law = |kind| {
            let share = model.share_of(kind);
            let points = RatePoints::new(model, kind);
            (share > 0.0).then(|| {
                let marginal = Marginal::solve(&points, lowest, model.read_noise, model.flip_floor);
                CellLaw { kind, share, failing: marginal.share_above(lowest), marginal }
            })
        };
        Self { model, laws: [law(FaultKind::ReadsOne), law(FaultKind::ReadsZero)] }
    }

    /// Draws the chip of this size and seed, at a temperature in °C if it is given.
    pub fn chip(&self, geometry: Geometry, seed: u64, celsius: Option<f64>) -> VirtualChip<'a> {
        let columns = Columns::new(self.model, geometry, seed);
        let ranks = [FaultKind::ReadsOne, FaultKind::ReadsZero].map(|kind| match self.model.rates {
            Rates::Population => None,
            Rates::Chip => Some(columns.ranks(kind)),
        });
        let offset = celsius.map_or(0.0, |celsius| self.model.temperature.offset(celsius));
        let drawing = Drawing { synthesiser: self, geometry, seed, columns, ranks, offset };
        let mut cells = Vec::new();
        for bank in 0..u64::from(geometry.banks()) {
            let first = cells.len();
            drawing.bank(bank, &mut cells);
            cells[first..].sort_unstable_by_key(|cell: &CriticalCell| cell.cell);
        }
        VirtualChip::new(self.model, geometry, seed, celsius, cells)
    }
}

/// Draws the chip of a model file, of the size and seed that stand in it.
///
/// # Errors
/// [`ModelError`] if the model makes no sense.
pub fn synthesise(model_file: &str) -> Result<ProfileDraft, ModelError> {
    let model = Model::parse(model_file)?;
    Ok(Synthesiser::new(&model).chip(model.geometry()?, model.seed, None).into_draft(model_file))
}

/// A chip in the making.
struct Drawing<'a> {
    synthesiser: &'a Synthesiser<'a>,
    geometry: Geometry,
    seed: u64,
    columns: Columns<'a>,
    ranks: [Option<Ranks>; 2],
    /// What the temperature adds to critical voltages.
    offset: f64,
}

/// A direction that cells of a column may fail in.
struct Candidate<'a> {
    law: &'a CellLaw,
    ranks: Option<&'a Ranks>,
    /// The probability of a cell to have the direction.
    share: f64,
    /// The latent variable from which on such a cell fails in the model's range.
    from: f64,
}

impl Drawing<'_> {
    fn bank(&self, bank: u64, cells: &mut Vec<CriticalCell>) {
        let model = self.synthesiser.model;
        let (rows, columns) = (u64::from(self.geometry.rows()), u64::from(self.geometry.columns()));
        let of_bank = self.columns.of_bank(bank);
        let row_effects = self.row_effects(bank);
        let weakest = row_effects.iter().copied().fold(0.0, f64::max);
        let own = libm::sqrt(model.shared.own());
        let mut stream = Stream::new(self.seed, CELLS, bank);
        let candidates = [0, 1].map(|which| self.candidate(which));
        for (index, &(shared, kind)) in of_bank.iter().enumerate() {
            let (column, select) = (index as u64 % columns, index as u64 / columns);
            let mux = of_bank.len() as u64 / columns;
            let failing = |shared: f64| {
                candidates.each_ref().map(|candidate| match candidate {
                    // A column as a whole has a direction, or each cell by itself.
                    Some(c) if kind.is_none_or(|kind| kind == c.law.kind) => {
                        let share = if kind.is_some() { 1.0 } else { c.share };
                        share * normal::cdf((shared - c.from) / own)
                    }
                    _ => 0.0,
                })
            };
            let bound = failing(shared + weakest).iter().sum::<f64>();
            let gap = Gap::new(bound);
            let mut row = select;
            while let Some(skipped) = gap.draw(&mut stream) {
                row = row.saturating_add(skipped.saturating_mul(mux));
                if row >= rows {
                    break;
                }
                let effect = row_effects.get(row as usize).copied().unwrap_or(0.0);
                let q = if row_effects.is_empty() { failing(shared) } else { failing(shared + effect) };
                // Which direction it is, or none where the row is stronger than the weakest.
                let u = stream.next_unit() * bound;
                let which = usize::from(u >= q[0]);
                if let Some(candidate) = candidates[which].as_ref().filter(|_| u < q[0] + q[1]) {
                    let share = if kind.is_some() { 1.0 } else { candidate.share };
                    // A normal number from the tail that makes the cell fail.
                    let tail = q[which] / share * (1.0 - stream.next_unit());
                    let latent = shared + effect - own * normal::quantile(tail.clamp(1e-300, 1.0 - 1e-16));
                    if let Some(critical) = candidate.critical(latent, self.offset) {
                        let cell = (bank * rows + row) * columns + column;
                        cells.push(CriticalCell { cell, critical, kind: candidate.law.kind });
                    }
                }
                row += mux;
            }
        }
    }

    fn candidate(&self, which: usize) -> Option<Candidate<'_>> {
        let law = self.synthesiser.laws[which].as_ref()?;
        let ranks = self.ranks[which].as_ref();
        let from = match ranks {
            Some(ranks) => ranks.latent(law.failing),
            None => -normal::quantile(law.failing),
        };
        Some(Candidate { law, ranks, share: law.share, from })
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

impl Candidate<'_> {
    fn critical(&self, latent: f64, offset: f64) -> Option<Voltage> {
        let share = match self.ranks {
            Some(ranks) => ranks.share_above(latent),
            None => normal::cdf(-latent),
        };
        // Rounding must not put the cell below the range.
        Voltage::new(self.law.marginal.voltage(share.min(self.law.failing)) + offset).ok()
    }
}

/// Gaps between events that have probability q each: geometric.
struct Gap {
    /// 1/ln(1 − q); infinite for q = 0.
    scale: f64,
}

impl Gap {
    fn new(q: f64) -> Self {
        Self { scale: libm::log1p(-q.min(1.0)).recip() }
    }

    /// How many cells are skipped; `None` if none is left in any memory.
    fn draw(&self, stream: &mut Stream) -> Option<u64> {
        let skipped = libm::log(1.0 - stream.next_unit()) * self.scale;
        // Without a probability it is infinite, or 0 · ∞.
        (skipped < 1e18).then_some(skipped as u64)
    }
}

/// Whether a whole column has one direction.
fn by_column(model: &Model) -> bool {
    model.directions.unit == Direction::Column
}

#[cfg(test)]
mod tests;
