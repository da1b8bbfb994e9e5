//! What was written as a dump that was read at a safe voltage has it.

use std::path::Path;

use super::super::ImportError;
use super::super::written::Pattern;
use super::HexOptions;
use super::clean::{Stored, WrittenWords};
use super::dump::Dump;
use crate::profile::InputFile;

/// What was written, of which a dump is read.
pub(super) fn stored(pattern: &Pattern, options: &HexOptions) -> Result<Stored, ImportError> {
    let dump = match pattern {
        Pattern::Dump(path) => Some(read(path, options)?),
        _ => None,
    };
    Ok(Stored::new(pattern, dump))
}

/// The words of a dump.
fn read(path: &Path, options: &HexOptions) -> Result<(WrittenWords, InputFile), ImportError> {
    let dump = Dump::read(
        path,
        &Stored::nothing(path),
        &HexOptions { missing_as_written: false, ..options.clone() },
    )?;
    let mut words = vec![0; dump.words as usize];
    for (word, bits) in dump.faulty_words {
        words[word as usize] = bits;
    }
    Ok((WrittenWords { words: words.into(), base: dump.base }, dump.input))
}
