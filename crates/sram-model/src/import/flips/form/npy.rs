//! An array of `NumPy` (npy).

use super::{Cells, Form, Source};
use crate::import::ImportError;
use crate::npy::MAGIC;

pub(super) const FORM: Form =
    Form { name: "an array of NumPy (npy)", looks_like: |bytes| bytes.starts_with(MAGIC), read };

fn read(source: &Source<'_>) -> Result<Cells, ImportError> {
    let mut bytes = source.bytes;
    // Each cell that fails has a byte of its own in the file, which bounds the memory that it takes.
    let array = source.array(&mut bytes, "", usize::MAX)?;
    Ok(array.into_cells("an array (npy)"))
}
