//! Faults that meet in a word, which is what error-correcting codes care about.

use crate::counts::Counts;
use crate::fault::CellFault;
use crate::geometry::Geometry;
use serde::Serialize;

/// Words with 0, 1, 2, and 3 or more faulty cells.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct WordFaults {
    /// Cells of a word; words are that many cells one after another, from cell 0 on.
    pub bits: u32,
    /// Words with 0, 1, 2 and at least 3 faulty cells. A code that corrects one error and detects two (SECDED) corrects
    /// those of the second, detects those of the third and may be fooled by the last.
    pub found: [u64; 4],
    /// The same for as many faults at independent cells: words times the binomial probability.
    pub independent: [f64; 4],
}

impl WordFaults {
    /// The widths that are looked at.
    pub const WIDTHS: [u32; 4] = [8, 16, 32, 64];

    pub(crate) fn of(bits: u32, geometry: Geometry, faults: &[CellFault]) -> Self {
        // Cells after the last whole word are left out.
        let words = geometry.cells() / u64::from(bits);
        let of_words = faults.iter().map(|fault| fault.cell / u64::from(bits)).filter(|&word| word < words);
        let counts = Counts::of(of_words);
        let (one, two) = (counts.with_count(1), counts.with_count(2));
        let found = [words - counts.distinct(), one, two, counts.distinct() - one - two];

        let p = faults.len() as f64 / geometry.cells() as f64;
        let n = f64::from(bits);
        let [zero, single, double] = [0, 1, 2].map(|k: i32| {
            let ways = [1.0, n, n * (n - 1.0) / 2.0][k as usize];
            ways * p.powi(k) * (1.0 - p).powi(bits as i32 - k)
        });
        // The rest by its own terms: a difference from 1 would lose it where it is small.
        let mut term = double;
        let more: f64 = (3..=bits)
            .map(|k| {
                term *= f64::from(bits - k + 1) / f64::from(k) * p / (1.0 - p).max(f64::MIN_POSITIVE);
                term
            })
            .sum();
        let more = if p < 1.0 { more } else { 1.0 };
        Self { bits, found, independent: [zero, single, double, more].map(|share| share * words as f64) }
    }
}
