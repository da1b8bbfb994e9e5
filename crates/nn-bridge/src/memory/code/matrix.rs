//! Matrices of zeros and ones, checked before anything is made of them.

use super::{MAX_CHECK_BITS, MAX_CODE_BITS, Plan, WordCodeError, basis};

/// Rows of a matrix, all of one length, of zeros and ones.
pub(super) struct Matrix {
    name: &'static str,
    rows: Vec<Vec<u8>>,
}

impl Plan {
    /// The code of H alone.
    pub(super) fn of_rows(h: &Matrix) -> Result<Self, WordCodeError> {
        let columns = h.parity_columns()?;
        let check_positions = basis::last_independent(&columns, h.height());
        let check_positions = check_positions.ok_or(WordCodeError::CheckBits { positions: Vec::new() })?;
        let data_positions = (0..columns.len() as u32).filter(|at| !check_positions.contains(at)).collect();
        Ok(Self { columns, data_positions, check_positions, corrects: 1 })
    }
}

impl Matrix {
    /// # Errors
    /// Unless it has rows, all of one length that is not 0, and only zeros and ones.
    pub(super) fn new(name: &'static str, rows: Vec<Vec<u8>>) -> Result<Self, WordCodeError> {
        let expected = rows.first().map_or(0, Vec::len);
        if expected == 0 {
            return Err(WordCodeError::Empty { matrix: name });
        }
        for (row, digits) in rows.iter().enumerate() {
            if digits.len() != expected {
                return Err(WordCodeError::Ragged {
                    matrix: name,
                    row: row + 1,
                    found: digits.len(),
                    expected,
                });
            }
            if let Some(column) = digits.iter().position(|&digit| digit > 1) {
                let found = digits[column].to_string();
                return Err(WordCodeError::Digit { matrix: name, row: row + 1, column: column + 1, found });
            }
        }
        Ok(Self { name, rows })
    }

    pub(super) fn height(&self) -> usize {
        self.rows.len()
    }

    pub(super) fn width(&self) -> usize {
        self.rows.first().map_or(0, Vec::len)
    }

    pub(super) fn rows(&self) -> impl Iterator<Item = &[u8]> {
        self.rows.iter().map(Vec::as_slice)
    }

    pub(super) fn transposed(&self, name: &'static str) -> Self {
        let column = |at: usize| self.rows.iter().map(|row| row[at]).collect();
        Self { name, rows: (0..self.width()).map(column).collect() }
    }

    /// # Errors
    /// Unless it has this size.
    pub(super) fn check_size(&self, rows: usize, columns: usize) -> Result<(), WordCodeError> {
        if (self.height(), self.width()) == (rows, columns) {
            return Ok(());
        }
        let found = [self.height(), self.width()];
        Err(WordCodeError::Size { matrix: self.name, found, expected: [rows, columns] })
    }

    /// Its columns, as a parity-check matrix.
    ///
    /// # Errors
    /// If it is too large, leaves no data bits, has a column of zeros, or its rows are not independent.
    pub(super) fn parity_columns(&self) -> Result<Vec<u32>, WordCodeError> {
        let (height, width) = (self.height(), self.width());
        if height > MAX_CHECK_BITS as usize || width > MAX_CODE_BITS as usize {
            return Err(WordCodeError::TooLarge { rows: height, columns: width });
        }
        if height >= width {
            return Err(WordCodeError::NoData { rows: height, columns: width });
        }
        let column = |at: usize| self.rows.iter().rev().fold(0, |bits, row| bits << 1 | u32::from(row[at]));
        let columns: Vec<u32> = (0..width).map(column).collect();
        if let Some(at) = columns.iter().position(|&column| column == 0) {
            return Err(WordCodeError::ZeroColumn { column: at + 1 });
        }
        match basis::dependent_row(&columns, height) {
            Some(row) => Err(WordCodeError::DependentRow { row: row + 1 }),
            None => Ok(columns),
        }
    }
}
