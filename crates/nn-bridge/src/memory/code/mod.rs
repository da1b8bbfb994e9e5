//! Word codes: error-correcting and error-detecting codes over words of memory, as data.
//!
//! A word of k data bits is stored with c check bits, as n = k + c *code bits*. The code is linear: its parity-check
//! matrix H has a column of c bits for each code bit, and the *syndrome* of a word is the sum (XOR) of the columns of
//! its ones. A stored word has syndrome 0, so the syndrome of what is read depends on the wrong bits alone, and so does
//! all that the decoder does: [`WordCode::residual`] needs no data.
//!
//! The code is systematic: some code bits are the data, the others are the check bits.
//!
//! ```
//! use nn_bridge::memory::code::{Outcome, WordCode};
//!
//! let code = WordCode::named("secded:64")?;
//! assert_eq!((code.data_bits(), code.check_bits(), code.code_bits()), (64, 8, 72));
//!
//! let mut wrong = vec![17];
//! assert_eq!(code.residual(&mut wrong), Outcome::Corrected);
//! assert!(wrong.is_empty());
//!
//! let mut wrong = vec![17, 70];
//! assert_eq!(code.residual(&mut wrong), Outcome::Detected);
//! assert_eq!(wrong, [17, 70]);
//! # Ok::<(), nn_bridge::memory::code::WordCodeError>(())
//! ```

mod basis;
mod bch;
mod decode;
mod encode;
mod error;
mod hsiao;
mod json;
mod matrix;
mod named;
#[cfg(test)]
mod tests;
mod text;

use std::fmt;
use std::sync::Arc;

use basis::Basis;
use decode::Decoder;
use encode::Encoder;

pub use decode::{Correction, Outcome};
pub use error::WordCodeError;

/// Most check bits of a word: the decoder has an entry for each of the 2^c syndromes.
pub const MAX_CHECK_BITS: u32 = 21;

/// Most code bits of a word.
pub const MAX_CODE_BITS: u32 = 1024;

/// Most data bits of a word of a named code.
pub const MAX_NAMED_DATA_BITS: u32 = 512;

/// A word code. Clones share one copy of its tables.
#[derive(Clone, PartialEq, Eq)]
pub struct WordCode(Arc<Parts>);

#[derive(PartialEq, Eq)]
struct Parts {
    name: String,
    /// The column of H of each code bit; bit i of it is row i.
    columns: Vec<u32>,
    /// The code bit of each data bit.
    data_positions: Vec<u32>,
    /// The code bit of each check bit, ascending.
    check_positions: Vec<u32>,
    /// What each code bit holds.
    held: Vec<CodeBit>,
    encoder: Encoder,
    decoder: Decoder,
}

/// What a code bit holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CodeBit {
    /// The data bit of this number.
    Data(u32),
    /// The check bit of this number.
    Check(u32),
}

/// What a code is made of, before its tables.
struct Plan {
    columns: Vec<u32>,
    data_positions: Vec<u32>,
    check_positions: Vec<u32>,
    /// How many wrong bits the decoder corrects: 1 or 2.
    corrects: u32,
}

impl WordCode {
    fn build(name: &str, plan: Plan) -> Result<Self, WordCodeError> {
        let Plan { columns, data_positions, check_positions, corrects } = plan;
        let basis = Basis::of(check_positions.iter().map(|&at| columns[at as usize]));
        let sums: Option<Vec<u32>> =
            data_positions.iter().map(|&at| basis.express(columns[at as usize])).collect();
        let Some(sums) = sums.filter(|_| basis.len() == check_positions.len()) else {
            return Err(WordCodeError::CheckBits { positions: check_positions });
        };

        let mut held = vec![CodeBit::Check(0); columns.len()];
        for (&at, data) in data_positions.iter().zip(0..) {
            held[at as usize] = CodeBit::Data(data);
        }
        for (&at, check) in check_positions.iter().zip(0..) {
            held[at as usize] = CodeBit::Check(check);
        }
        Ok(Self(Arc::new(Parts {
            name: name.to_owned(),
            encoder: Encoder::new(&sums, check_positions.len()),
            decoder: Decoder::new(&columns, check_positions.len(), corrects),
            columns,
            data_positions,
            check_positions,
            held,
        })))
    }

    /// Its name: of a named code, what [`named`](Self::named) takes; of a matrix, what its reader was told.
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// Data bits of a word, k.
    pub fn data_bits(&self) -> u32 {
        self.0.data_positions.len() as u32
    }

    /// Check bits of a word, c.
    pub fn check_bits(&self) -> u32 {
        self.0.check_positions.len() as u32
    }

    /// Stored bits of a word, n = k + c.
    pub fn code_bits(&self) -> u32 {
        self.0.columns.len() as u32
    }

    /// Check bits per data bit.
    pub fn overhead(&self) -> f64 {
        f64::from(self.check_bits()) / f64::from(self.data_bits())
    }

    /// The parity-check matrix H, by code bit: bit i of a column is row i.
    pub fn columns(&self) -> &[u32] {
        &self.0.columns
    }

    /// The code bit of each data bit.
    pub fn data_positions(&self) -> &[u32] {
        &self.0.data_positions
    }

    /// The code bit of each check bit, ascending.
    pub fn check_positions(&self) -> &[u32] {
        &self.0.check_positions
    }

    /// What a code bit holds; `None` if there is no such code bit.
    pub fn held(&self, position: u32) -> Option<CodeBit> {
        self.0.held.get(position as usize).copied()
    }
}

impl fmt::Debug for WordCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "WordCode({} ({},{}))", self.name(), self.code_bits(), self.data_bits())
    }
}

impl fmt::Display for WordCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
