//! What the banks and physical columns of a chip have drawn.

use flip_core::{Purpose, Stream};

use super::by_column;
use super::ranks::Ranks;
use crate::fault::Direction;
use crate::geometry::Geometry;
use crate::model::{Model, Rates};

const BANKS: Purpose = Purpose::named("sram-model synthesis banks");
const COLUMNS: Purpose = Purpose::named("sram-model synthesis columns");
const HALVES: Purpose = Purpose::named("sram-model synthesis half columns");
const COLUMN_DIRECTIONS: Purpose = Purpose::named("sram-model synthesis column directions");

/// Cells of a bank that share what they draw: a physical column, or half of one.
pub(super) struct Line {
    /// What they add to the latent variable, their bank's part included.
    pub(super) shared: f64,
    /// The direction in which they fail, if columns have one.
    pub(super) direction: Option<Direction>,
    /// Their logical column.
    pub(super) column: u64,
    /// Their first row; the others follow in steps of the column select.
    pub(super) first: u64,
    /// The row before which they end.
    pub(super) end: u64,
}

/// The physical columns of a chip.
pub(super) struct Columns<'a> {
    model: &'a Model,
    geometry: Geometry,
    seed: u64,
    /// Physical columns of a logical one.
    pub(super) mux: u32,
    /// The direction of each, where the chip has directions in exact shares.
    dealt: Option<Vec<Direction>>,
}

impl<'a> Columns<'a> {
    pub(super) fn new(model: &'a Model, geometry: Geometry, seed: u64) -> Self {
        let mux = model.shared.column_mux.min(geometry.rows());
        let mut columns = Self { model, geometry, seed, mux, dealt: None };
        if by_column(model) && model.rates == Rates::Chip {
            columns.dealt = Some(columns.deal());
        }
        columns
    }

    /// Physical columns of a bank.
    fn per_bank(&self) -> usize {
        self.geometry.columns() as usize * self.mux as usize
    }

    /// The lines of a bank: its physical columns, logical ones running fastest, or, where halves differ, the lower and the
    /// upper half of each.
    pub(super) fn of_bank(&self, bank: u64) -> Vec<Line> {
        let shared = self.model.shared;
        let of_bank = libm::sqrt(shared.bank) * Normals::new(Stream::new(self.seed, BANKS, bank)).next();
        let mut normals = Normals::new(Stream::new(self.seed, COLUMNS, bank));
        let mut halves = Normals::new(Stream::new(self.seed, HALVES, bank));
        let mut coins = Stream::new(self.seed, COLUMN_DIRECTIONS, bank);
        let draw = |part: f64, normals: &mut Normals| {
            if part > 0.0 { libm::sqrt(part) * normals.next() } else { 0.0 }
        };
        let (columns, mux) = (u64::from(self.geometry.columns()), u64::from(self.mux));
        let rows = u64::from(self.geometry.rows());
        // Rows from here on are the upper half.
        let cut = if shared.half_column > 0.0 { rows.div_ceil(2) } else { rows };
        let mut lines = Vec::with_capacity(self.per_bank());
        for physical in 0..self.per_bank() as u64 {
            let direction = match &self.dealt {
                Some(dealt) => Some(dealt[bank as usize * self.per_bank() + physical as usize]),
                None if by_column(self.model) => Some(self.toss(&mut coins)),
                None => None,
            };
            let of_column = of_bank + draw(shared.column, &mut normals);
            let (column, select) = (physical % columns, physical / columns);
            // The first row from `cut` on that belongs to this physical column.
            let first_above = cut + (select + mux - cut % mux) % mux;
            for (first, end) in [(select, cut), (first_above, rows)] {
                if first < end {
                    let shared = of_column + draw(shared.half_column, &mut halves);
                    lines.push(Line { shared, direction, column, first, end });
                }
            }
        }
        lines
    }

    fn toss(&self, coins: &mut Stream) -> Direction {
        if coins.next_unit() < self.model.directions.share_0to1 {
            Direction::ZeroToOne
        } else {
            Direction::OneToZero
        }
    }

    /// Deals the columns out to the two directions, exactly in the model's shares, in random order.
    fn deal(&self) -> Vec<Direction> {
        let columns = self.per_bank() * self.geometry.banks() as usize;
        let ones = libm::round(self.model.directions.share_0to1 * columns as f64) as usize;
        let mut directions = vec![Direction::OneToZero; columns];
        directions[..ones.min(columns)].fill(Direction::ZeroToOne);
        let mut stream = Stream::new(self.seed, COLUMN_DIRECTIONS, 0);
        for last in (1..columns).rev() {
            directions.swap(last, (stream.next_unit() * (last + 1) as f64) as usize);
        }
        directions
    }

    /// The ranks of the cells of this direction among those of this chip.
    pub(super) fn ranks(&self, direction: Direction) -> Ranks {
        let banks = 0..u64::from(self.geometry.banks());
        let of_direction = |line: &Line| line.direction.is_none_or(|own| own == direction);
        let shared = self.model.shared;
        let own = libm::sqrt(shared.own() + shared.row);
        let centres = banks.flat_map(|bank| self.of_bank(bank)).filter(of_direction).map(|line| line.shared);
        Ranks::new(centres, own)
    }
}

/// Normal numbers by the method of Box and Muller (1958), two at a time.
pub(crate) struct Normals {
    stream: Stream,
    spare: Option<f64>,
}

impl Normals {
    pub(crate) fn new(stream: Stream) -> Self {
        Self { stream, spare: None }
    }

    pub(crate) fn next(&mut self) -> f64 {
        if let Some(spare) = self.spare.take() {
            return spare;
        }
        // 1 − u lies in (0, 1], where the logarithm is finite.
        let radius = libm::sqrt(-2.0 * libm::log(1.0 - self.stream.next_unit()));
        let angle = 2.0 * std::f64::consts::PI * self.stream.next_unit();
        self.spare = Some(radius * libm::sin(angle));
        radius * libm::cos(angle)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn normals_have_mean_0_variance_1_and_the_right_tail() {
        let mut normals = Normals::new(Stream::new(1, COLUMNS, 0));
        let draws: Vec<f64> = (0..200_000).map(|_| normals.next()).collect();
        let n = draws.len() as f64;
        let mean = draws.iter().sum::<f64>() / n;
        let variance = draws.iter().map(|x| x * x).sum::<f64>() / n;
        let tail = draws.iter().filter(|&&x| x > 2.0).count() as f64 / n;
        assert!(mean.abs() < 0.01 && (variance - 1.0).abs() < 0.02 && (tail - 0.02275).abs() < 0.002);
    }
}
