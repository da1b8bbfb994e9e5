//! Sums of columns over GF(2): which columns are independent, and how a column is a sum of others.

/// Independent columns, each reduced by those before it.
#[derive(Debug, Default)]
pub(super) struct Basis {
    /// A column and the set of the inserted columns whose sum it is. No column has the top bit of an earlier one.
    reduced: Vec<(u32, u32)>,
}

impl Basis {
    /// The basis of the independent ones among `columns`: a column that is a sum of earlier ones is left out.
    pub(super) fn of(columns: impl IntoIterator<Item = u32>) -> Self {
        let mut basis = Self::default();
        for column in columns {
            basis.insert(column);
        }
        basis
    }

    /// The number of independent columns.
    pub(super) fn len(&self) -> usize {
        self.reduced.len()
    }

    /// Adds a column; false, and nothing is added, if it is a sum of those that are there.
    pub(super) fn insert(&mut self, column: u32) -> bool {
        let (rest, sum) = self.reduce(column);
        if rest != 0 {
            self.reduced.push((rest, sum | 1 << self.reduced.len()));
        }
        rest != 0
    }

    /// The columns whose sum is `column`, as a set of bits: bit i is the i-th inserted one. `None` if there are none.
    pub(super) fn express(&self, column: u32) -> Option<u32> {
        let (rest, sum) = self.reduce(column);
        (rest == 0).then_some(sum)
    }

    fn reduce(&self, column: u32) -> (u32, u32) {
        self.reduced.iter().fold((column, 0), |(rest, sum), &(reduced, of)| {
            if rest >> reduced.ilog2() & 1 == 1 { (rest ^ reduced, sum ^ of) } else { (rest, sum) }
        })
    }
}

/// The last `rank` independent columns, as positions in ascending order: going from the last column to the first,
/// each is taken that is no sum of those taken before. So the last `rank` columns themselves wherever they will do.
/// `None` if fewer columns are independent.
pub(super) fn last_independent(columns: &[u32], rank: usize) -> Option<Vec<u32>> {
    let mut basis = Basis::default();
    let mut taken: Vec<u32> = (0..columns.len() as u32)
        .rev()
        .filter(|&at| basis.len() < rank && basis.insert(columns[at as usize]))
        .collect();
    taken.reverse();
    (taken.len() == rank).then_some(taken)
}

/// The first of `rows` rows that is a sum of the rows before it.
pub(super) fn dependent_row(columns: &[u32], rows: usize) -> Option<usize> {
    let rank_of_first =
        |rows: usize| Basis::of(columns.iter().map(|&column| column & ((1 << rows) - 1))).len();
    (1..=rows).find(|&rows| rank_of_first(rows) < rows).map(|rows| rows - 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_sum_is_expressed_by_its_parts(columns in prop::collection::vec(0u32..1 << 12, 1..20), of: u32) {
            let mut basis = Basis::default();
            let independent: Vec<u32> = columns.iter().copied().filter(|&column| basis.insert(column)).collect();
            let sum = |of: u32| {
                let parts = independent.iter().enumerate().filter(|&(i, _)| of >> i & 1 == 1);
                parts.fold(0, |sum, (_, column)| sum ^ column)
            };
            // One way only, as the columns are independent.
            let of = of & ((1 << independent.len()) - 1);
            prop_assert_eq!(basis.express(sum(of)), Some(of));
            prop_assert!(columns.iter().all(|&column| basis.express(column).map(sum) == Some(column)));
        }
    }

    #[test]
    fn the_last_independent_columns_are_taken() {
        assert_eq!(last_independent(&[7, 1, 2, 4], 3), Some(vec![1, 2, 3]));
        assert_eq!(last_independent(&[4, 1, 2, 3], 3), Some(vec![0, 2, 3]));
        assert_eq!(last_independent(&[0, 1, 2, 3], 3), None);
    }

    #[test]
    fn the_row_that_is_a_sum_is_found() {
        // Rows 1100, 0110 and their sum 1010; then 0001.
        assert_eq!(dependent_row(&[0b101, 0b011, 0b110, 0], 3), Some(2));
        assert_eq!(dependent_row(&[0b001, 0b011, 0b010, 0b100], 3), None);
    }
}
