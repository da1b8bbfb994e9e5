//! Codes that correct two wrong bits and detect three: shortened BCH codes with an overall parity bit.
//!
//! Code bit e of the BCH code has the column (α^e, α^3e), α a primitive element of GF(2^m); one more row of ones, with one
//! more check bit, is the parity. Any five columns are independent, so the distance is 6.

use super::Plan;

/// m and a primitive polynomial of degree m over GF(2), bit i the coefficient of x^i.
const FIELDS: [(u32, u32); 8] = [
    (3, 0b1011),
    (4, 0b1_0011),
    (5, 0b10_0101),
    (6, 0b100_0011),
    (7, 0b1000_1001),
    (8, 0b1_0001_1101),
    (9, 0b10_0001_0001),
    (10, 0b100_0000_1001),
];

/// The code in the smallest field that is large enough; `None` if all are too small.
pub(super) fn plan(data_bits: u32) -> Option<Plan> {
    let &(m, polynomial) = FIELDS.iter().find(|(m, _)| (1 << m) > data_bits + 2 * m)?;
    let order = (1 << m) - 1;
    let powers = powers(m, polynomial);
    let power = |e: u32| powers[(e % order) as usize];
    let column = |e: u32| power(e) | power(3 * e) << m | 1 << (2 * m);

    // The bits of lower powers are the check bits: what a division by the generator, of degree 2m, leaves.
    let mut columns: Vec<u32> = (2 * m..2 * m + data_bits).chain(0..2 * m).map(column).collect();
    columns.push(1 << (2 * m));
    Some(Plan::checks_last(columns, data_bits, 2))
}

/// α^0, α^1, … up to α^(2^m − 2).
fn powers(m: u32, polynomial: u32) -> Vec<u32> {
    let next = |&power: &u32| {
        let shifted = power << 1;
        Some(if shifted >> m & 1 == 1 { shifted ^ polynomial } else { shifted })
    };
    std::iter::successors(Some(1), next).take((1 << m) - 1).collect()
}
