//! Random mask bytes: eight independent bits, each one with probability p, from a table.
//!
//! A byte with k ones has probability p^k·(1 − p)^(8−k). A table of 256 columns (the alias method) draws bytes from two
//! random bytes each, but only with probabilities that are multiples of 2⁻¹⁶. The law wanted is made of two: with
//! probability 1 − ε a byte comes from the table, Q; else from the rest, R = (wanted − (1 − ε)·Q)/ε, at full precision.
//! Q is wanted/(1 − ε) rounded down to multiples of 2⁻¹⁶, so R is never negative, and ε is as small as that allows: one
//! byte in some 500 comes from R.

use super::poisson::Poisson;
use crate::arch::AliasTable;

/// The law of mask bytes at one rate.
#[derive(Clone, Debug)]
pub(super) struct MaskBytes {
    /// Q.
    pub(super) table: AliasTable,
    /// R: for each of 256 equally likely columns a threshold, as a fraction of 2⁵⁶, below which the column's own byte is
    /// drawn, and the byte that is drawn else.
    rest: [(u64, u8); 256],
    /// How many bytes of a block come from R; a byte drawn twice counts as once.
    pub(super) redrawn: Poisson,
}

/// Probabilities of Q are multiples of one by this.
const UNITS: u32 = 1 << 16;

impl MaskBytes {
    /// The law at rate `p` < 1, for blocks of `block_bytes`.
    pub(super) fn new(p: f64, block_bytes: usize) -> Self {
        let wanted: [f64; 9] = std::array::from_fn(|ones| probability(p, ones as u32));
        // The least ε (to a factor) for which the rounded counts reach the whole.
        let mut epsilon = 1e-5;
        let mut classes = rounded_down(&wanted, epsilon);
        while total(&classes) < UNITS {
            epsilon *= 1.1;
            classes = rounded_down(&wanted, epsilon);
        }
        let ones = |byte: usize| byte.count_ones() as usize;
        let mut units: [u32; 256] = std::array::from_fn(|byte| classes[ones(byte)]);
        // Rounding down further keeps R from being negative; take what is too much where it is felt least.
        let mut excess = total(&classes) - UNITS;
        while excess > 0 {
            let largest = (0..256).max_by_key(|&byte| units[byte]).unwrap_or(0);
            let taken = excess.min((units[largest] / 64).max(1));
            units[largest] -= taken;
            excess -= taken;
        }
        let left = |byte: usize| {
            (wanted[ones(byte)] - (1.0 - epsilon) * f64::from(units[byte]) / f64::from(UNITS)).max(0.0)
        };
        let redrawn = Poisson::new(-(block_bytes as f64) * libm::log1p(-epsilon));
        Self { table: alias_table(&units), rest: alias_columns(&std::array::from_fn(left)), redrawn }
    }

    /// The byte of R that belongs to the uniform number `u`, of which the low bits matter least: with 13 of them used for
    /// something else, the probabilities of R are still right to 2⁻⁴³.
    pub(super) fn rest(&self, u: u64) -> u8 {
        let column = (u >> 56) as u8;
        let (own_below, other) = self.rest[usize::from(column)];
        if u & (REST_UNITS - 1) < own_below { column } else { other }
    }
}

/// The probability of one byte with this number of ones.
fn probability(p: f64, ones: u32) -> f64 {
    libm::pow(p, f64::from(ones)) * libm::pow(1.0 - p, f64::from(8 - ones))
}

/// The units of a byte, by its number of ones.
fn rounded_down(wanted: &[f64; 9], epsilon: f64) -> [u32; 9] {
    wanted.map(|wanted| (wanted / (1.0 - epsilon) * f64::from(UNITS)) as u32)
}

/// The units of all bytes together.
fn total(classes: &[u32; 9]) -> u32 {
    const BYTES_WITH: [u32; 9] = [1, 8, 28, 56, 70, 56, 28, 8, 1];
    classes.iter().zip(BYTES_WITH).map(|(units, bytes)| units * bytes).sum()
}

/// Thresholds of R are multiples of one by this.
const REST_UNITS: u64 = 1 << 56;

/// The alias method for any weights, in floats: column by column its own share of 1/256 and who takes the rest of it.
fn alias_columns(weights: &[f64; 256]) -> [(u64, u8); 256] {
    let total: f64 = weights.iter().sum();
    let mut left = weights.map(|weight| weight / total * 256.0);
    let mut columns = std::array::from_fn(|byte| (REST_UNITS, byte as u8));
    let (mut few, mut many): (Vec<usize>, Vec<usize>) = (0..256).partition(|&byte| left[byte] < 1.0);
    while let (Some(short), Some(&long)) = (few.pop(), many.last()) {
        columns[short] = ((left[short] * REST_UNITS as f64) as u64, long as u8);
        left[long] -= 1.0 - left[short];
        if left[long] < 1.0 {
            many.pop();
            few.push(long);
        }
    }
    columns
}

/// The table that draws byte i with probability `units[i]`/2¹⁶. Bytes with too few units for their column are filled up by
/// bytes with too many.
fn alias_table(units: &[u32; 256]) -> AliasTable {
    let mut table = AliasTable { keep_below: [0; 256], alias: std::array::from_fn(|byte| byte as u8) };
    let mut left = *units;
    let (mut few, mut many): (Vec<usize>, Vec<usize>) = (0..256).partition(|&byte| left[byte] < 256);
    while let (Some(short), Some(&long)) = (few.pop(), many.last()) {
        table.keep_below[short] = left[short] as u8;
        table.alias[short] = long as u8;
        left[long] -= 256 - left[short];
        if left[long] < 256 {
            many.pop();
            few.push(long);
        }
    }
    // Columns left over have just 256 units: they keep themselves, which their alias says as well.
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg_attr(miri, ignore = "takes hours under Miri")]
    fn table_and_rest_add_up_to_the_law_wanted() {
        for p in [0.004, 0.01, 0.1, 0.25, 0.5, 0.77, 0.99, 0.9999] {
            let law = MaskBytes::new(p, 8192);
            let mut units = [0u32; 256];
            for column in 0..256 {
                let kept = u32::from(law.table.keep_below[column]);
                units[column] += kept;
                units[usize::from(law.table.alias[column])] += 256 - kept;
            }
            let mut of_rest = [0.0; 256];
            for (column, &(own_below, other)) in law.rest.iter().enumerate() {
                let own = own_below as f64 / REST_UNITS as f64 / 256.0;
                of_rest[column] += own;
                of_rest[usize::from(other)] += 1.0 / 256.0 - own;
            }
            // ε is not kept; it follows from one byte's three probabilities.
            let q = |byte: usize| f64::from(units[byte]) / f64::from(UNITS);
            let wanted = |byte: usize| probability(p, (byte as u32).count_ones());
            let widest = (0..256)
                .max_by(|&a, &b| (of_rest[a] - q(a)).abs().total_cmp(&(of_rest[b] - q(b)).abs()))
                .unwrap();
            if q(widest) == wanted(widest) {
                continue;
            }
            let epsilon = (wanted(widest) - q(widest)) / (of_rest[widest] - q(widest));
            assert!((0.0..0.01).contains(&epsilon), "{p}: {epsilon}");
            for (byte, rest) in of_rest.into_iter().enumerate() {
                let found = (1.0 - epsilon) * q(byte) + epsilon * rest;
                assert!((found - wanted(byte)).abs() < 1e-13, "{p} byte {byte}: {found} {}", wanted(byte));
            }
        }
    }
}
