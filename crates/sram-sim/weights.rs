//! Files of weights that are read, with all that belongs to them.

use std::path::Path;

use anyhow::{Context, Result};
use cli_io::{FileError, Files, InputPath, OutputPath, warn};
use nn_bridge::{Coded, Tensor, WeightFile, weights_of};

use crate::UsageError;

/// The path of weights: a file, the index of a model in several, or their folder.
///
/// # Errors
/// [`FileError`] if this run writes one of them.
pub fn input<'p>(typed: &'p InputPath, files: &Files) -> Result<&'p Path, FileError> {
    if typed.is_folder() {
        files.input_folder(typed)
    } else if typed.has_extension("json") {
        files.input_with_others(typed, "safetensors")
    } else if typed.has_extension("gguf") && typed.lossy().contains("-of-") {
        // The first of several.
        files.input_with_others(typed, "gguf")
    } else {
        files.input(typed)
    }
}

/// The weights that are typed; of a file of codes those that they stand for. What were read with bit errors is said to be.
///
/// # Errors
/// If they cannot be read, or this run writes them.
pub fn open(typed: &InputPath, files: &Files) -> Result<WeightFile> {
    let file = weights_of(WeightFile::open(input(typed, files)?)?).with_context(|| typed.to_string())?;
    if file.tensors().iter().filter_map(Tensor::coded).any(Coded::has_errors) {
        warn(&format!("note: {typed}: codes that were read with bit errors, which are taken as they are"));
    }
    Ok(file)
}

/// The weights that are typed, as their file has them, mapped.
///
/// # Errors
/// If they cannot be read, this run writes them, or they are codes: what they are said to be would be wrong after bit errors.
pub fn map(typed: &InputPath, files: &Files) -> Result<WeightFile> {
    let file = WeightFile::map(input(typed, files)?)?;
    if file.has_codes() {
        let text = format!(
            "{typed}: --as-stored is for what a program stores, and these are codes: they lie in memory as they are without it"
        );
        return Err(UsageError(text).into());
    }
    Ok(file)
}

/// Extensions that say what kind of weights a file holds.
pub const KINDS: [&str; 10] = ["safetensors", "pth", "pt", "th", "bin", "ckpt", "gguf", "npz", "npy", "onnx"];

/// The kind of weights that a name says.
pub fn kind(path: &OutputPath) -> Option<&'static str> {
    KINDS.into_iter().find(|kind| path.has_extension(kind))
}
