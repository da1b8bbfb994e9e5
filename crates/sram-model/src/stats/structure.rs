//! Which address bits select columns.

use serde::Serialize;
use statrs::distribution::{Binomial, DiscreteCDF};

use super::spread::Unit;
use crate::fault::CellFault;
use crate::geometry::Geometry;

/// Whether faults of a column agree in a bit of their row.
///
/// Where a column select chooses between physical columns by that bit, a weak physical column has its faults at rows
/// that agree in it. Without, two faults of a column agree half of the time.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct RowBit {
    /// The bit, 0 the lowest.
    pub bit: u32,
    /// Columns with two or more faulty cells. The first and the last of each are compared.
    pub columns: u64,
    /// Those in which they agree.
    pub agreeing: u64,
    /// Probability of so many or more by chance, for rows drawn independently.
    pub p_value: f64,
}

impl RowBit {
    /// Every bit of the row number, if rows are a power of two; else none, as bits are then not even.
    pub(super) fn of(geometry: Geometry, faults: &[CellFault]) -> Vec<Self> {
        if !geometry.rows().is_power_of_two() {
            return Vec::new();
        }
        let mut by_column: Vec<(u64, u32)> = faults
            .iter()
            .map(|fault| (Unit::Column.of(geometry, fault.cell), geometry.address(fault.cell).row))
            .collect();
        by_column.sort_unstable();
        let ends: Vec<(u32, u32)> = by_column
            .chunk_by(|a, b| a.0 == b.0)
            .filter(|column| column.len() > 1)
            .map(|column| (column[0].1, column[column.len() - 1].1))
            .collect();
        let bits = geometry.rows().trailing_zeros();
        (0..bits).map(|bit| Self::count(bit, geometry.rows(), &ends)).collect()
    }

    fn count(bit: u32, rows: u32, ends: &[(u32, u32)]) -> Self {
        let columns = ends.len() as u64;
        let agreeing = ends.iter().filter(|(a, b)| (a ^ b) >> bit & 1 == 0).count() as u64;
        // Two different rows agree in a bit a little less often than half of the time.
        let chance = (f64::from(rows) / 2.0 - 1.0) / (f64::from(rows) - 1.0);
        let at_least = |count: u64| match Binomial::new(chance, columns) {
            Ok(binomial) if count > 0 => binomial.sf(count - 1),
            _ => 1.0,
        };
        Self { bit, columns, agreeing, p_value: at_least(agreeing) }
    }

    /// Whether the bit is taken for a column select, one of `bits` bits looked at: it is if chance would do this in any of
    /// them with a probability below 1/1000 (Bonferroni), and at least three in four columns agree.
    pub fn selects(&self, bits: usize) -> bool {
        self.p_value * bits as f64 <= 1e-3 && self.agreeing * 4 >= self.columns * 3
    }
}

/// The physical columns of a logical one: 2 for each of the lowest row bits that select.
pub(super) fn mux(bits: &[RowBit]) -> u32 {
    let selecting = bits.iter().take_while(|bit| bit.selects(bits.len())).count();
    1 << selecting.min(16)
}
