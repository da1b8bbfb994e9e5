//! Which address bits select columns.

use serde::Serialize;

use super::dispersion::Unit;
use crate::fault::CellFault;
use crate::geometry::Geometry;
use crate::normal;

/// Whether faults of a column agree in a bit of their row.
///
/// Where a column select chooses between physical columns by that bit, a weak physical column has its faults at rows
/// that agree in it. Without, two faults of a column agree half of the time.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct RowBit {
    /// The bit, 0 the lowest.
    pub bit: u32,
    /// Pairs of faulty cells in one column.
    pub pairs: u64,
    /// Those whose rows agree in the bit.
    pub agreeing: u64,
    /// Probability of as many or more by chance, for independent rows: of columns with k faults, d of them more with the
    /// bit than without, Σ(d²/k − 1) is 0 on the mean with variance Σ 2(1 − 1/k), and taken as normal.
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
        let columns: Vec<&[(u64, u32)]> =
            by_column.chunk_by(|a, b| a.0 == b.0).filter(|column| column.len() > 1).collect();
        (0..geometry.rows().trailing_zeros()).map(|bit| Self::count(bit, &columns)).collect()
    }

    fn count(bit: u32, columns: &[&[(u64, u32)]]) -> Self {
        let (mut pairs, mut agreeing, mut excess, mut variance) = (0, 0, 0.0, 0.0);
        for column in columns {
            let all = column.len() as u64;
            let set = column.iter().filter(|fault| fault.1 >> bit & 1 == 1).count() as u64;
            let of = |n: u64| n * n.saturating_sub(1) / 2;
            pairs += of(all);
            agreeing += of(set) + of(all - set);
            // Each column by its own size, or the largest would decide alone.
            excess += (2.0 * set as f64 - all as f64).powi(2) / all as f64 - 1.0;
            variance += 2.0 - 2.0 / all as f64;
        }
        let p_value = if variance > 0.0 { normal::cdf(-excess / variance.sqrt()) } else { 1.0 };
        Self { bit, pairs, agreeing, p_value }
    }

    /// Whether the bit is taken for a column select, one of `bits` bits looked at: it is if chance would do this in any of
    /// them with a probability below 1/1000 (Bonferroni), and of the pairs 51 in 100 or more agree. (Halves of banks of which
    /// one has a few more faults make a little more than half of them agree, too.)
    pub fn selects(&self, bits: usize) -> bool {
        self.p_value * bits as f64 <= 1e-3 && self.agreeing * 100 >= self.pairs * 51
    }
}

/// The physical columns of a logical one: 2 for each of the lowest row bits that select.
pub(super) fn mux(bits: &[RowBit]) -> u32 {
    let selecting = bits.iter().take_while(|bit| bit.selects(bits.len())).count();
    1 << selecting.min(16)
}
