//! Files of weights that are read, with all that belongs to them.

use std::path::Path;

use cli_io::{FileError, Files, InputPath};

/// The path of weights: a file, the index of a model in several, or their folder.
///
/// # Errors
/// [`FileError`] if this run writes one of them.
pub fn input<'p>(typed: &'p InputPath, files: &Files) -> Result<&'p Path, FileError> {
    if typed.is_folder() {
        files.input_folder(typed)
    } else if typed.has_extension("json") {
        files.input_with_others(typed, "safetensors")
    } else {
        files.input(typed)
    }
}
