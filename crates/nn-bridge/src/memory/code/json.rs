//! Matrices of a code as JSON, as `EINSim` writes them.

use serde::Deserialize;

use super::matrix::Matrix;
use super::{Plan, WordCodeError};

type Rows = Vec<Vec<u8>>;

#[derive(Deserialize)]
struct Matrices {
    #[serde(rename = "H")]
    parity_check: Rows,
    #[serde(rename = "G")]
    generator: Option<Rows>,
    #[serde(rename = "GT")]
    generator_transposed: Option<Rows>,
    #[serde(rename = "R")]
    degenerator: Option<Rows>,
}

/// The code of these matrices, which are checked against each other.
pub(super) fn plan(text: &str) -> Result<Plan, WordCodeError> {
    // Empty lines in place of comments, so that the places that errors name are right.
    let lines = text.lines().map(|line| if line.trim_start().starts_with("//") { "" } else { line });
    let text = lines.collect::<Vec<_>>().join("\n");
    let found: Matrices = serde_json::from_str(&text).map_err(|source| WordCodeError::Json { source })?;

    let h = Matrix::new("H", found.parity_check)?;
    let generator = match (found.generator, found.generator_transposed) {
        (Some(_), Some(_)) => return Err(WordCodeError::TwoGenerators),
        (Some(rows), None) => Matrix::new("G", rows)?,
        (None, Some(rows)) => Matrix::new("GT", rows)?.transposed("the transpose of GT"),
        (None, None) if found.degenerator.is_some() => return Err(WordCodeError::NoGenerator),
        (None, None) => return Plan::of_rows(&h),
    };
    let columns = h.parity_columns()?;
    generator.check_size(columns.len(), columns.len() - h.height())?;
    check_codewords(&columns, &generator)?;

    let degenerator = found.degenerator.map(|rows| Matrix::new("R", rows)).transpose()?;
    let data_positions = data_positions(&generator, degenerator.as_ref())?;
    let check_positions = (0..columns.len() as u32).filter(|at| !data_positions.contains(at)).collect();
    Ok(Plan { columns, data_positions, check_positions, corrects: 1 })
}

/// Each column of the generator is a codeword: its syndrome is 0.
fn check_codewords(columns: &[u32], generator: &Matrix) -> Result<(), WordCodeError> {
    let words = generator.transposed("GT");
    for (word, data_bit) in words.rows().zip(1..) {
        let ones = columns.iter().zip(word).filter(|&(_, &bit)| bit == 1);
        let syndrome = ones.fold(0, |sum, (column, _)| sum ^ column);
        if syndrome != 0 {
            return Err(WordCodeError::NoCodeword {
                column: data_bit,
                row: syndrome.trailing_zeros() as usize + 1,
            });
        }
    }
    Ok(())
}

/// The code bit of each data bit.
fn data_positions(generator: &Matrix, degenerator: Option<&Matrix>) -> Result<Vec<u32>, WordCodeError> {
    let positions = alone(generator);
    let Some(degenerator) = degenerator else {
        let first = (0..generator.width()).map(|bit| {
            let at = positions.iter().position(|&alone| alone == Some(bit));
            at.map(|at| at as u32).ok_or(WordCodeError::NotSystematic { data_bit: bit + 1 })
        });
        return first.collect();
    };
    degenerator.check_size(generator.width(), generator.height())?;
    let told = degenerator.rows().enumerate().map(|(bit, row)| {
        let at = only_one(row).filter(|&at| positions[at] == Some(bit));
        at.map(|at| at as u32).ok_or(WordCodeError::Degenerator { row: bit + 1 })
    });
    told.collect()
}

/// For each code bit, the data bit that it holds alone.
fn alone(generator: &Matrix) -> Vec<Option<usize>> {
    generator.rows().map(only_one).collect()
}

/// Where the one is, if there is just one.
fn only_one(row: &[u8]) -> Option<usize> {
    let mut ones = row.iter().enumerate().filter(|&(_, &bit)| bit == 1).map(|(at, _)| at);
    ones.next().filter(|_| ones.next().is_none())
}
