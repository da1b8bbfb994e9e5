//! Draws virtual chips from models, see [`model`](crate::Model) for what is drawn.
//!
//! Only the cells that fail in the model's range are drawn, in bands of the latent variable x from the top down. For each
//! physical column, given the normal numbers of its bank and its own, the share of its cells in a band is known, of those that
//! lie in no higher one; the gaps between them are geometric, and the number of each is drawn from the band. So time and
//! memory go with the columns and the faults, not with the cells, and a chip that answers for lower voltages has the same
//! cells at the higher ones. Rows thin the cells of a column, whose gaps are those of the weakest row.
//!
//! Where every chip is to have the model's rates ([`Rates::Chip`]), [`Ranks`](ranks::Ranks) is the share of cells above x given the columns
//! that this chip has drawn, so its rates differ from the curve only by the binomial noise of its cells.
//!
//! Every bank has its own streams, and everything is computed with `libm`, so a model and a seed give the same bytes on
//! every platform.

mod band;
mod chip;
mod columns;
mod drawing;
mod gaps;
mod marginal;
mod ranks;

use std::ops::RangeInclusive;
use std::sync::Arc;

pub use chip::VirtualChip;
pub(crate) use columns::Normals;
pub(crate) use marginal::Marginal;

use self::columns::Columns;
use self::drawing::Drawing;
use crate::fault::Direction;
use crate::geometry::Geometry;
use crate::model::{DirectionUnit, Model, ModelError, RatePoints, Rates};
use crate::normal;
use crate::profile::{CriticalCell, ProfileDraft};
use crate::voltage::Voltage;

/// Version of the synthesis: it changes when the same model and seed begin to give another chip.
pub const SYNTHESIS_VERSION: u32 = 2;

/// The most failing cells of a chip; with what it takes to sort and write them each needs [`BYTES_A_CELL`].
const MOST_FAULTS: u64 = 1 << 26;
const BYTES_A_CELL: u64 = 64;

/// The most physical columns, or rows, of a bank.
const MOST_LINES: u64 = 1 << 24;

/// Draws chips from a model.
#[derive(Debug)]
pub struct Synthesiser {
    model: Arc<Model>,
    /// Cells below this never flip in the model's range.
    lowest: f64,
    /// Of the cells of each direction; none if there are none.
    laws: [Option<Marginal>; 2],
}

impl Synthesiser {
    /// Prepares a model that was [checked](Model::check). That takes longer than a small chip: one serves all chips of a model.
    pub fn new(model: &Model) -> Self {
        // A read at any time has both noises.
        let reach = model.total_noise() * normal::upper_quantile(model.flip_floor) + 4.0 * model.flicker;
        let bottom = model.own_voltages().last().map_or(0.0, |voltage| voltage.get());
        let law = |rates: &RatePoints| Marginal::solve(rates, model.total_noise(), model.flip_floor);
        let [ones, zeros] = Direction::ALL.map(|direction| {
            (model.directions.share(direction) > 0.0).then(|| RatePoints::new(model, direction))
        });
        let ones_law = ones.as_ref().map(law);
        // Where both directions have the same rates, they have the same law.
        let zeros_law = if zeros == ones { ones_law.clone() } else { zeros.as_ref().map(law) };
        Self { model: Arc::new(model.clone()), lowest: bottom - reach, laws: [ones_law, zeros_law] }
    }

    /// How many cells of a chip of this size fail in the model's range, on the mean over chips, at a temperature in °C if it is
    /// given. It is these that are generated and kept.
    pub fn expected_cells(&self, geometry: Geometry, celsius: Option<f64>) -> f64 {
        let lowest = self.lowest - self.model.offset(celsius);
        let of = |(direction, law): (Direction, &Option<Marginal>)| {
            law.as_ref().map_or(0.0, |law| self.model.directions.share(direction) * law.share_above(lowest))
        };
        Direction::ALL.into_iter().zip(&self.laws).map(of).sum::<f64>() * geometry.cells() as f64
    }

    /// Memory goes with the cells that fail.
    fn check_faults(&self, geometry: Geometry, expected: f64, at_most: u64) -> Result<(), ModelError> {
        if expected <= at_most as f64 {
            return Ok(());
        }
        Err(ModelError::TooManyFaults {
            geometry,
            expected: expected as u64,
            gigabytes: (expected * BYTES_A_CELL as f64 / 1e9).ceil() as u64,
            at_most,
            lowest: self.model.own_voltages().last().copied().unwrap_or(Voltage::MAX),
            unit: self.model.unit,
        })
    }

    /// Draws the chip of this size and seed, at a temperature in °C if it is given.
    ///
    /// # Errors
    /// [`ModelError::Field`] if a bank has more physical columns, or more rows that share something, than are generated;
    /// [`ModelError::TooManyFaults`] if more cells fail than memory should be asked for; [`ModelError::Temperature`] if the model does
    /// not say what the temperature does.
    pub fn chip(
        &self,
        geometry: Geometry,
        seed: u64,
        celsius: Option<f64>,
    ) -> Result<VirtualChip, ModelError> {
        self.check(geometry, celsius)?;
        let columns = Columns::new(&self.model, geometry, seed);
        let ranks = Direction::ALL.map(|direction| match self.model.rates {
            Rates::Population => None,
            Rates::Chip => Some(columns.ranks(direction)),
        });
        let offset = self.model.offset(celsius);
        let drawing = Drawing { synthesiser: self, geometry, seed, columns, ranks, offset };
        let bands = drawing.bands();
        let mut cells = Vec::new();
        for bank in 0..u64::from(geometry.banks()) {
            let first = cells.len();
            drawing.bank(bank, bands, &mut cells);
            cells[first..].sort_unstable_by_key(|cell: &CriticalCell| cell.cell);
            // A chip of a population may be far from its mean.
            self.check_faults(geometry, cells.len() as f64, 2 * MOST_FAULTS)?;
        }
        Ok(VirtualChip::new(Arc::clone(&self.model), geometry, seed, celsius, cells))
    }

    /// Whether chips of this size and temperature can be drawn, as far as that can be known before.
    ///
    /// # Errors
    /// As of [`chip`](Self::chip).
    pub fn check(&self, geometry: Geometry, celsius: Option<f64>) -> Result<(), ModelError> {
        self.model.check_temperature(celsius)?;
        self.check_size(geometry)?;
        self.check_faults(geometry, self.expected_cells(geometry, celsius), MOST_FAULTS)
    }

    /// Memory goes with the lines of a bank.
    fn check_size(&self, geometry: Geometry) -> Result<(), ModelError> {
        let mux = u64::from(self.model.shared.column_mux.min(geometry.rows()));
        let columns = u64::from(geometry.columns()) * mux;
        let rows = if self.model.shared.row > 0.0 { u64::from(geometry.rows()) } else { 0 };
        let dealt = if self.model.rates == Rates::Chip { columns * u64::from(geometry.banks()) } else { 0 };
        for (lines, most, expected) in [
            (columns, MOST_LINES, "at most 2^24 physical columns of a bank"),
            (rows, MOST_LINES, "at most 2^24 rows of a bank that share something"),
            (dealt, 1 << 28, "at most 2^28 physical columns of a chip that follows the curve"),
        ] {
            if lines > most {
                let field = "geometry";
                return Err(ModelError::Field { field, found: lines.to_string(), expected });
            }
        }
        Ok(())
    }
}

/// The seeds of `count` things that are drawn, `first` being that of the first. They end at 2^64 − 1 and do not begin anew.
///
/// # Errors
/// [`ModelError::Seeds`] if there are not so many.
#[expect(clippy::reversed_empty_ranges, reason = "none have no last")]
pub fn seeds(first: u64, count: u32) -> Result<RangeInclusive<u64>, ModelError> {
    let Some(more) = count.checked_sub(1) else { return Ok(1..=0) };
    let last = first.checked_add(more.into());
    last.map(|last| first..=last).ok_or(ModelError::Seeds { first, count })
}

/// Draws the chip of a model file, of the size and seed that stand in it.
///
/// # Errors
/// [`ModelError`] if the model makes no sense.
pub fn synthesise(model_file: &str) -> Result<ProfileDraft, ModelError> {
    let model = Model::parse(model_file)?;
    Ok(Synthesiser::new(&model).chip(model.geometry()?, model.seed, None)?.into_draft(model_file))
}

/// Whether a whole column has one direction.
fn by_column(model: &Model) -> bool {
    model.directions.unit == DirectionUnit::Column
}

#[cfg(test)]
mod tests;
