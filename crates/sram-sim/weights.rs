//! Files of weights that are read, with all that belongs to them.

use std::path::Path;

use cli_io::{FileError, Files, InputPath, OutputPath};

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

/// Extensions that say what kind of weights a file holds.
pub const KINDS: [&str; 10] = ["safetensors", "pth", "pt", "th", "bin", "ckpt", "gguf", "npz", "npy", "onnx"];

/// The kind of weights that a name says.
pub fn kind(path: &OutputPath) -> Option<&'static str> {
    KINDS.into_iter().find(|kind| path.has_extension(kind))
}
