//! Division by a number that stays the same, as two multiplications: layouts divide several times for each fault.

/// A number to divide by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Divisor {
    by: u64,
    /// ⌊(2^64 − 1) / by⌋
    reciprocal: u64,
}

impl Divisor {
    /// Division by `by`; by 1 instead of 0, which only maps of nothing divide by.
    pub(super) fn new(by: u64) -> Self {
        let by = by.max(1);
        Self { by, reciprocal: u64::MAX / by }
    }

    /// The number to divide by.
    #[inline]
    pub(super) fn get(self) -> u64 {
        self.by
    }

    /// Quotient and remainder of any `n`.
    #[inline]
    pub(super) fn divide(self, n: u64) -> (u64, u64) {
        // 2^64 − reciprocal · by is at most `by`, so this is the quotient or one less.
        let quotient = ((u128::from(n) * u128::from(self.reciprocal)) >> 64) as u64;
        let rest = n - quotient * self.by;
        (quotient + u64::from(rest >= self.by), reduced(rest, self.by))
    }
}

/// `n` modulo `end`, for `n` below 2 · `end`, without a branch to guess: a difference below 0 wraps to a great number.
#[inline]
pub(super) fn reduced(n: u64, end: u64) -> u64 {
    n.min(n.wrapping_sub(end))
}

/// a − b modulo `end`, both below it, without a branch to guess.
#[inline]
pub(super) fn difference(a: u64, b: u64, end: u64) -> u64 {
    let difference = a.wrapping_sub(b);
    difference.min(difference.wrapping_add(end))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn quotients_at_the_edges_are_exact() {
        let edges = || (0..=64).map(|shift| 1u64.checked_shl(shift).unwrap_or(0));
        let near = || edges().flat_map(|edge| [edge.wrapping_sub(1), edge, edge.wrapping_add(1)]);
        for by in near().filter(|&by| by > 0) {
            for n in near() {
                assert_eq!(Divisor::new(by).divide(n), (n / by, n % by), "{n} / {by}");
            }
        }
    }

    #[test]
    fn numbers_are_reduced() {
        for end in 1..20 {
            for a in 0..end {
                assert!((0..end).all(|b| reduced(a + b, end) == (a + b) % end));
                assert!((0..end).all(|b| difference(a, b, end) == (a + end - b) % end));
            }
        }
    }

    proptest! {
        #[test]
        fn any_quotient_is_exact(n: u64, by in 1u64.., small in 1u64..1000) {
            for by in [by, small] {
                prop_assert_eq!(Divisor::new(by).divide(n), (n / by, n % by));
                let whole = n - n % by;
                prop_assert_eq!(Divisor::new(by).divide(whole), (n / by, 0));
            }
        }
    }
}
