//! Codes of users: a parity-check matrix as text.

use super::matrix::Matrix;
use super::{Plan, WordCode, WordCodeError, json};

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
