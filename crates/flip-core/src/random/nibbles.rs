//! Random mask nibbles: four independent bits, each one with probability p, from a table.
//!
//! A nibble with k ones has probability p^k·(1 − p)^(4−k). A table of 16 columns (the alias method) makes a nibble of
//! four random bits, its column, and eight more, its die, but only with probabilities that are multiples of 2⁻¹². The
//! law wanted is made of two: with probability 1 − ε a nibble comes from the table, Q; else from the rest,
//! R = (wanted − (1 − ε)·Q)/ε, at full precision. Q is wanted/(1 − ε) rounded down to multiples of 2⁻¹², so R is never
//! negative, and ε is as small as that allows: one nibble in some 600 comes from R.
//!
//! Sixteen columns are what a byte shuffle looks up at once, on every CPU that has one. A table of 256 columns for whole
//! bytes needs a third less random numbers, but two shuffles in place of one with AVX-512 VBMI, and 32 with AVX2.

use super::poisson::Poisson;
use crate::arch::AliasTable;

/// The law of mask nibbles at one rate.
#[derive(Clone, Debug)]
pub(super) struct MaskNibbles {
    /// Q.
    pub(super) table: AliasTable,
    /// R: for each of 16 equally likely columns a threshold, as a fraction of 2⁶⁰, below which the column's own nibble is
    /// made, and the nibble that is made else.
    rest: [(u64, u8); 16],
    /// How many nibbles of a block come from R; a nibble met twice counts as once.
    pub(super) redrawn: Poisson,
}

/// Probabilities of Q are multiples of one by this.
const UNITS: u32 = 1 << 12;
/// Units of a column.
const COLUMN_UNITS: u32 = UNITS / 16;
/// Thresholds of R are multiples of one by this.
const REST_UNITS: u64 = 1 << 60;

impl MaskNibbles {
    /// The law at rate `p` < 1, for blocks of `block_nibbles`.
    pub(super) fn new(p: f64, block_nibbles: u64) -> Self {
        let wanted: [f64; 5] = std::array::from_fn(|ones| probability(p, ones as u32));
        // The least ε (to a factor) for which the rounded counts reach the whole.
        let mut epsilon = 1e-5;
        let mut classes = rounded_down(&wanted, epsilon);
        while total(&classes) < UNITS {
            epsilon *= 1.1;
            classes = rounded_down(&wanted, epsilon);
        }
        let ones = |nibble: usize| nibble.count_ones() as usize;
        let mut units: [u32; 16] = std::array::from_fn(|nibble| classes[ones(nibble)]);
        // Rounding down further keeps R from being negative; take what is too much where it is felt least.
        let mut excess = total(&classes) - UNITS;
        while excess > 0 {
            let largest = (0..16).max_by_key(|&nibble| units[nibble]).unwrap_or(0);
            let taken = excess.min((units[largest] / 64).max(1));
            units[largest] -= taken;
            excess -= taken;
        }
        let left = |nibble: usize| {
            (wanted[ones(nibble)] - (1.0 - epsilon) * f64::from(units[nibble]) / f64::from(UNITS)).max(0.0)
        };
        let redrawn = Poisson::new(-(block_nibbles as f64) * libm::log1p(-epsilon));
        Self { table: alias_table(&units), rest: alias_columns(&std::array::from_fn(left)), redrawn }
    }

    /// The nibble of R that belongs to the uniform number `u`, of which the low bits matter least: with 14 of them used for
    /// something else, the probabilities of R are still right to 2⁻⁴⁶.
    pub(super) fn rest(&self, u: u64) -> u8 {
        let column = (u >> 60) as u8;
        let (own_below, other) = self.rest[usize::from(column)];
        // Chance decides, so that a branch would be foreseen wrongly half of the time.
        let is_other = 0u8.wrapping_sub(u8::from(u & (REST_UNITS - 1) >= own_below));
        column ^ (column ^ other) & is_other
    }
}

/// The probability of one nibble with this number of ones.
fn probability(p: f64, ones: u32) -> f64 {
    libm::pow(p, f64::from(ones)) * libm::pow(1.0 - p, f64::from(4 - ones))
}

/// The units of a nibble, by its number of ones.
fn rounded_down(wanted: &[f64; 5], epsilon: f64) -> [u32; 5] {
    wanted.map(|wanted| (wanted / (1.0 - epsilon) * f64::from(UNITS)) as u32)
}

/// The units of all nibbles together.
fn total(classes: &[u32; 5]) -> u32 {
    const NIBBLES_WITH: [u32; 5] = [1, 4, 6, 4, 1];
    classes.iter().zip(NIBBLES_WITH).map(|(units, nibbles)| units * nibbles).sum()
}

/// The alias method for any weights, in floats: column by column its own share of 1/16 and who takes the rest of it.
fn alias_columns(weights: &[f64; 16]) -> [(u64, u8); 16] {
    let total: f64 = weights.iter().sum();
    let mut left = weights.map(|weight| weight / total * 16.0);
    let mut columns = std::array::from_fn(|nibble| (REST_UNITS, nibble as u8));
    let (mut few, mut many): (Vec<usize>, Vec<usize>) = (0..16).partition(|&nibble| left[nibble] < 1.0);
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

/// The table that makes nibble i with probability `units[i]`/2¹². Nibbles with too few units for their column are filled up
/// by nibbles with too many.
fn alias_table(units: &[u32; 16]) -> AliasTable {
    let mut table = AliasTable { keep_below: [0; 16], alias: std::array::from_fn(|nibble| nibble as u8) };
    let mut left = *units;
    let (mut few, mut many): (Vec<usize>, Vec<usize>) =
        (0..16).partition(|&nibble| left[nibble] < COLUMN_UNITS);
    while let (Some(short), Some(&long)) = (few.pop(), many.last()) {
        table.keep_below[short] = left[short] as u8;
        table.alias[short] = long as u8;
        left[long] -= COLUMN_UNITS - left[short];
        if left[long] < COLUMN_UNITS {
            many.pop();
            few.push(long);
        }
    }
    // Columns left over have just the units of a column: they keep themselves, which their alias says as well.
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg_attr(miri, ignore = "takes hours under Miri")]
    fn table_and_rest_add_up_to_the_law_wanted() {
        for p in [0.004, 0.01, 0.03, 0.1, 0.25, 0.3, 0.5, 0.77, 0.99, 0.9999] {
            let law = MaskNibbles::new(p, 16_384);
            let mut units = [0u32; 16];
            for column in 0..16 {
                let kept = u32::from(law.table.keep_below[column]);
                units[column] += kept;
                units[usize::from(law.table.alias[column])] += 256 - kept;
            }
            let mut of_rest = [0.0; 16];
            for (column, &(own_below, other)) in law.rest.iter().enumerate() {
                let own = own_below as f64 / REST_UNITS as f64 / 16.0;
                of_rest[column] += own;
                of_rest[usize::from(other)] += 1.0 / 16.0 - own;
            }
            // ε is not kept; it follows from one nibble's three probabilities.
            let q = |nibble: usize| f64::from(units[nibble]) / f64::from(UNITS);
            let wanted = |nibble: usize| probability(p, (nibble as u32).count_ones());
            let widest = (0..16)
                .max_by(|&a, &b| (of_rest[a] - q(a)).abs().total_cmp(&(of_rest[b] - q(b)).abs()))
                .unwrap();
            if q(widest) == wanted(widest) {
                continue;
            }
            let epsilon = (wanted(widest) - q(widest)) / (of_rest[widest] - q(widest));
            assert!((0.0..0.01).contains(&epsilon), "{p}: {epsilon}");
            for (nibble, rest) in of_rest.into_iter().enumerate() {
                let found = (1.0 - epsilon) * q(nibble) + epsilon * rest;
                let expected = wanted(nibble);
                assert!((found - expected).abs() < 1e-13, "{p} nibble {nibble}: {found} {expected}");
            }
        }
    }
}
