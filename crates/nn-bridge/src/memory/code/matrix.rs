//! Codes of users: a parity-check matrix as text, checked before anything is made of it.

use super::{MAX_CHECK_BITS, MAX_CODE_BITS, Plan, WordCode, WordCodeError, basis, json};

/// Rows of a matrix, all of one length, of zeros and ones.
pub(super) struct Matrix {
    name: &'static str,
    rows: Vec<Vec<u8>>,
}

impl WordCode {
    /// The code of a matrix, called `name`, in either of two forms:
    ///
    /// * Rows of 0 and 1, one a line, with or without spaces and commas between; `#` begins a comment. They are H, c rows
    ///   of n columns. The check bits are the last c code bits, if their columns are independent; else, going from the
    ///   last code bit to the first, each whose column is no sum of the columns taken before. The other code bits are
    ///   the data bits, in order.
    /// * JSON as of `EINSim`: an object with `H` and, if the code bits' order is not the one above, the generator as `G`
    ///   (n rows of k) or `GT` (k rows of n). Data bit j is the code bit that row j of `R` (k rows of n) has its one at, or
    ///   without `R` the first code bit that holds nothing but it. Other keys do not matter; lines that begin
    ///   with `//` are comments.
    ///
    /// The decoder corrects a wrong bit where its column is no other bit's; where columns are equal, that syndrome is
    /// detected only. So a matrix of one row of ones is a parity code. Several wrong bits are never corrected.
    ///
    /// # Errors
    /// [`WordCodeError`] says which row or column of which matrix is wrong: among others, no column of H may be 0, and no
    /// row may be a sum of others.
    pub fn from_matrix_text(text: &str, name: &str) -> Result<Self, WordCodeError> {
        let mut lines = text.lines().map(str::trim_start);
        let is_json = lines
            .find(|line| !line.is_empty() && !line.starts_with("//"))
            .is_some_and(|l| l.starts_with('{'));
        let plan = if is_json { json::plan(text)? } else { Plan::of_rows(&plain_rows(text)?)? };
        Self::build(name, plan)
    }
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

fn plain_rows(text: &str) -> Result<Matrix, WordCodeError> {
    let content = |line: &str| line.split('#').next().is_some_and(|content| !content.trim().is_empty());
    let lines = text.lines().filter(|line| content(line)).enumerate();
    let rows: Result<_, _> = lines.map(|(row, line)| digits(row + 1, line)).collect();
    Matrix::new("H", rows?)
}

/// The digits of a line before its comment.
fn digits(row: usize, line: &str) -> Result<Vec<u8>, WordCodeError> {
    let mut digits = Vec::new();
    for found in line.chars().take_while(|&c| c != '#') {
        match found {
            '0' => digits.push(0),
            '1' => digits.push(1),
            ',' => {}
            space if space.is_whitespace() => {}
            other => {
                let (column, found) = (digits.len() + 1, other.escape_debug().to_string());
                return Err(WordCodeError::Digit { matrix: "H", row, column, found });
            }
        }
    }
    Ok(digits)
}
