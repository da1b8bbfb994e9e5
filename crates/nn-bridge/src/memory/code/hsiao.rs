//! Hsiao's SECDED codes: M. Y. Hsiao, "A Class of Optimal Minimum Odd-weight-column SEC-DED Codes", 1970.
//!
//! All columns of H differ and have an odd number of ones, so two wrong bits have an even syndrome, which is no column.
//! The fewest ones, and as equal a number of them in each row as can be, make the smallest and fastest encoder.

use std::collections::BTreeSet;

use super::MAX_CHECK_BITS;

/// The fewest check bits for so many data bits: there are 2^(c−1) odd columns, and the check bits take c of them.
pub(super) fn check_bits(data_bits: u32) -> Option<u32> {
    (2..=MAX_CHECK_BITS).find(|&c| 1u32 << (c - 1) >= data_bits + c)
}

/// The columns of the data bits, by ascending weight, then as numbers.
pub(super) fn data_columns(data_bits: u32, check_bits: u32) -> Vec<u32> {
    let mut columns = Vec::with_capacity(data_bits as usize);
    for weight in (3..=check_bits).step_by(2) {
        let all: Vec<u32> = (0..1u32 << check_bits).filter(|column| column.count_ones() == weight).collect();
        let missing = data_bits as usize - columns.len();
        // All of one weight have the same number of ones in each row.
        if all.len() < missing {
            columns.extend(all);
        } else {
            columns.extend(balanced(all.into_iter().take(missing).collect(), check_bits));
            break;
        }
    }
    columns
}

/// Other columns of the same weight, as many, so that their ones are as equal over the rows as can be.
///
/// Where row `high` has two more ones than row `low`, at least two more columns have a one in `high` only than in
/// `low` only. So one of them, its one moved from `high` to `low`, is a column that is not chosen yet; and with each
/// move the sum of the squares of the rows' ones falls.
fn balanced(mut chosen: BTreeSet<u32>, rows: u32) -> BTreeSet<u32> {
    loop {
        let ones = |&row: &u32| chosen.iter().filter(|&column| column >> row & 1 == 1).count();
        let (Some(low), Some(high)) = ((0..rows).min_by_key(ones), (0..rows).max_by_key(ones)) else {
            return chosen;
        };
        if ones(&high) - ones(&low) < 2 {
            return chosen;
        }
        let moved = |column: u32| column ^ (1 << high | 1 << low);
        let movable = |&&column: &&u32| column >> high & 1 == 1 && column >> low & 1 == 0;
        let Some(&column) = chosen.iter().filter(movable).find(|&&column| !chosen.contains(&moved(column)))
        else {
            return chosen;
        };
        chosen.remove(&column);
        chosen.insert(moved(column));
    }
}
