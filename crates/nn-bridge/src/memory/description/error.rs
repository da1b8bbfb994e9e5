//! What is no description of a memory.

use thiserror::Error;

/// Why a description of a memory cannot be used.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum DescriptionError {
    /// It is no TOML, or has keys or values of another kind.
    #[error("line {line}: {what} (`sram-sim memory --init` writes a file with all keys)")]
    Toml {
        /// Line, from 1.
        line: usize,
        /// What is wrong there.
        what: String,
    },
    /// A format of another version.
    #[error("`format`: found {found}, expected {}, which this program knows", super::MEMORY_FORMAT)]
    Format {
        /// What was found.
        found: u32,
    },
    /// There is no region.
    #[error("there is no [[region]]: expected at least one")]
    NoRegions,
    /// A key has a value that it cannot have.
    #[error("{region}: `{key}`: found {found}, expected {expected}")]
    Key {
        /// The region.
        region: String,
        /// The key.
        key: &'static str,
        /// What was found.
        found: String,
        /// What was expected.
        expected: &'static str,
    },
}

impl DescriptionError {
    pub(super) fn toml(text: &str, error: &toml::de::Error) -> Self {
        let before = error.span().map_or(0, |span| span.start.min(text.len()));
        let line = 1 + text.bytes().take(before).filter(|byte| *byte == b'\n').count();
        Self::Toml { line, what: error.message().replace('\n', "; ") }
    }
}
