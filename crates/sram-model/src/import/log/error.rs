//! What is wrong with an option as it was typed.

use thiserror::Error;

/// What is no base of numbers, or no scramble of addresses.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum LogOptionError {
    /// Not a base of numbers.
    #[error("`{found}` is no base of numbers: expected 16, 10 or 2")]
    Radix {
        /// What was found.
        found: String,
    },
    /// Not a step of a scramble.
    #[error("`{found}` is no scramble of addresses: expected {expected}")]
    Scramble {
        /// What was found.
        found: String,
        /// What was expected.
        expected: &'static str,
    },
    /// A step that does not permute the words.
    #[error("{words} words, which `{step}` does not permute")]
    Permutation {
        /// How many words there are.
        words: u64,
        /// The step.
        step: String,
    },
}
