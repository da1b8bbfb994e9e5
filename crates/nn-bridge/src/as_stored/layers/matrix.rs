//! Where the numbers of a matrix lie in the bits of a tensor, both ways.

use super::numbers::Numbers;
use crate::weights::Tensor;

/// A matrix in the bits of a tensor.
#[derive(Debug)]
pub(super) struct Matrix {
    pub(super) rows: u64,
    pub(super) columns: u64,
    numbers: Numbers,
    order: Order,
}

/// A tensor that holds a matrix.
#[derive(Debug)]
pub(super) struct Source<'a> {
    pub(super) tensor: &'a Tensor,
    pub(super) matrix: Matrix,
}

#[derive(Clone, Copy, Debug)]
enum Order {
    /// Row after row, each of so many bits, of which the last may be padding.
    Rows { bits: u64 },
    /// Column after column.
    Columns,
    /// In words of 32 bits, filled down the rows; the words of all columns lie side by side.
    Words,
}

impl<'a> Source<'a> {
    /// The numbers of a tensor as its type has them, row after row; none if that is not of whole bytes.
    pub(super) fn of(tensor: &'a Tensor, sides: [u64; 2]) -> Option<Self> {
        Some(Self { tensor, matrix: Matrix::by_rows(sides, Numbers::of(tensor)?) })
    }

    /// The numbers of a tensor that lie as those of another do; none if it has another shape.
    pub(super) fn like(tensor: &'a Tensor, other: &Source<'_>) -> Option<Self> {
        let source = Self::of(tensor, [other.matrix.rows, other.matrix.columns])?;
        (tensor.shape == other.tensor.shape).then_some(source)
    }
}

impl Matrix {
    /// One of these sides, row after row without gaps.
    pub(super) fn by_rows([rows, columns]: [u64; 2], numbers: Numbers) -> Self {
        let bits = columns * numbers.bits();
        Self::by_padded_rows([rows, columns], numbers, bits)
    }

    /// One of these sides, each row from a multiple of so many bits on.
    pub(super) fn by_padded_rows([rows, columns]: [u64; 2], numbers: Numbers, bits: u64) -> Self {
        Self { rows, columns, numbers, order: Order::Rows { bits } }
    }

    /// One of these sides, column after column.
    pub(super) fn by_columns([rows, columns]: [u64; 2], numbers: Numbers) -> Self {
        Self { rows, columns, numbers, order: Order::Columns }
    }

    /// One of these sides, whose columns are packed into words of 32 bits; the numbers have 1, 2, 4 or 8.
    pub(super) fn by_words([rows, columns]: [u64; 2], numbers: Numbers) -> Self {
        Self { rows, columns, numbers, order: Order::Words }
    }

    /// The number at a row and column; NaN where there is none.
    pub(super) fn at(&self, bytes: &[u8], row: u64, column: u64) -> f64 {
        let bits_each = self.numbers.bits();
        let bit = match self.order {
            Order::Rows { bits } => row * bits + column * bits_each,
            Order::Columns => (column * self.rows + row) * bits_each,
            Order::Words => {
                let down = row * bits_each;
                (down / 32 * self.columns + column) * 32 + down % 32
            }
        };
        self.numbers.at_bit(bytes, bit)
    }

    /// Row and column of the number that a bit belongs to; none for padding.
    pub(super) fn place(&self, bit: u64) -> Option<(u64, u64)> {
        let bits_each = self.numbers.bits();
        let (row, column) = match self.order {
            Order::Rows { bits } => (bit / bits, bit % bits / bits_each),
            Order::Columns => (bit / bits_each % self.rows, bit / bits_each / self.rows),
            Order::Words => {
                let word = bit / 32;
                (word / self.columns * (32 / bits_each) + bit % 32 / bits_each, word % self.columns)
            }
        };
        (row < self.rows && column < self.columns).then_some((row, column))
    }
}
