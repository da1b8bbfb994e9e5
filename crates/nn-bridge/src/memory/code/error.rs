//! Why something is no word code.

use thiserror::Error;

use super::{MAX_CHECK_BITS, MAX_CODE_BITS, MAX_NAMED_DATA_BITS};

/// Why something is no word code. Rows and columns of matrices are counted from 1.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum WordCodeError {
    /// The name is not known.
    #[error(
        "word code `{found}` is unknown: expected parity:K, hamming:K, secded:K or dected:K with K data bits a word, such as \
         secded:64; a memory also has in-place, parity-zero, and files of matrices, whose names have a dot"
    )]
    Name {
        /// What was found.
        found: String,
    },
    /// No named code has such words.
    #[error("a word of `{found}` data bits: expected a whole number from 1 to {MAX_NAMED_DATA_BITS}")]
    DataBits {
        /// What was found.
        found: String,
    },
    /// The text is no JSON of matrices.
    #[error(
        "no JSON of a code: expected an object with H, and if need be G or GT, and R, each as rows of 0 and 1, such as \
         {{\"H\": [[1, 1, 0], [1, 0, 1]]}}"
    )]
    Json {
        /// Where and why.
        source: serde_json::Error,
    },
    /// A matrix has no rows or no columns.
    #[error("matrix {matrix} is empty: expected rows of 0 and 1")]
    Empty {
        /// The matrix.
        matrix: &'static str,
    },
    /// A row is longer or shorter than the first.
    #[error("row {row} of matrix {matrix} has {found} columns, expected {expected} as in row 1")]
    Ragged {
        /// The matrix.
        matrix: &'static str,
        /// The row.
        row: usize,
        /// Its columns.
        found: usize,
        /// Those of the first row.
        expected: usize,
    },
    /// An element is neither 0 nor 1.
    #[error("row {row}, column {column} of matrix {matrix}: found `{found}`, expected 0 or 1")]
    Digit {
        /// The matrix.
        matrix: &'static str,
        /// The row.
        row: usize,
        /// The column.
        column: usize,
        /// What was found.
        found: String,
    },
    /// H is larger than words can be.
    #[error(
        "matrix H has {rows} rows and {columns} columns, expected at most {MAX_CHECK_BITS} rows (check bits) and \
         {MAX_CODE_BITS} columns (code bits): take shorter words"
    )]
    TooLarge {
        /// Its rows.
        rows: usize,
        /// Its columns.
        columns: usize,
    },
    /// H leaves no data bits.
    #[error(
        "matrix H has {rows} rows and {columns} columns, expected more columns (code bits) than rows (check bits): is it the \
         transpose?"
    )]
    NoData {
        /// Its rows.
        rows: usize,
        /// Its columns.
        columns: usize,
    },
    /// A column of H is 0.
    #[error(
        "column {column} of matrix H is 0: nothing would see an error in that code bit; leave the bit out of the word, or give it \
         a check bit"
    )]
    ZeroColumn {
        /// The column.
        column: usize,
    },
    /// A row of H is a sum of others.
    #[error("row {row} of matrix H is a sum (XOR) of rows before it and checks nothing more: leave it out")]
    DependentRow {
        /// The row.
        row: usize,
    },
    /// The columns of the check bits are not independent.
    #[error(
        "code bits {positions:?}, counted from 0, cannot be the check bits: their columns of H are not independent"
    )]
    CheckBits {
        /// The code bits.
        positions: Vec<u32>,
    },
    /// A matrix does not fit H.
    #[error(
        "matrix {matrix} has {} rows and {} columns, expected {} and {} to fit H", found[0], found[1], expected[0], expected[1]
    )]
    Size {
        /// The matrix.
        matrix: &'static str,
        /// Its rows and columns.
        found: [usize; 2],
        /// The rows and columns expected.
        expected: [usize; 2],
    },
    /// What the generator makes is no codeword.
    #[error(
        "column {column} of G (row of GT) has an odd number of ones in common with row {row} of H, expected an even one \
         (H · G = 0): they are of different codes"
    )]
    NoCodeword {
        /// The column of G.
        column: usize,
        /// The first row of H that it breaks.
        row: usize,
    },
    /// A data bit is not stored as it is.
    #[error(
        "no row of G (column of GT) has its only one in column {data_bit}: expected a systematic code, which stores each data bit \
         as it is"
    )]
    NotSystematic {
        /// The data bit.
        data_bit: usize,
    },
    /// R does not say where a data bit is stored.
    #[error(
        "row {row} of R: expected a single one, at a code bit that by G holds nothing but data bit {row}; leave R out to take the \
         first such code bit"
    )]
    Degenerator {
        /// The row.
        row: usize,
    },
    /// R has no G to be checked against.
    #[error(
        "found R without G or GT: add the generator, or leave R out to take the last code bits as check bits"
    )]
    NoGenerator,
    /// There are two generators.
    #[error("found both G and GT, expected one of them")]
    TwoGenerators,
}
