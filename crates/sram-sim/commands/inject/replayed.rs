//! Bit errors that a list names, in place of those of a read.

use anyhow::{Context, Result};
use cli_io::{Files, InputPath};
use nn_bridge::memory::Read;
use nn_bridge::{ImageLayout, Replayed, StoredImage, WeightImage, replay};

/// Those of quantised weights.
pub(super) fn of_image(list: &InputPath, clean: &WeightImage, read: &mut Read, files: &Files) -> Result<()> {
    let layout = clean.layout();
    let of = Replayed {
        layout,
        names: clean.tensors().iter().map(|tensor| &*tensor.name).collect(),
        element_bits: &|tensor| layout.width(tensor).bits(),
        element: &|tensor, element| u64::from(clean.code(tensor, element)),
    };
    put(list, &of, read, files)
}

/// Those of what a file has.
pub(super) fn of_stored(
    list: &InputPath,
    image: &StoredImage<'_>,
    layout: &ImageLayout,
    read: &mut Read,
    files: &Files,
) -> Result<()> {
    let of = Replayed {
        layout,
        names: image.tensors().iter().map(|stored| &*stored.tensor.name).collect(),
        element_bits: &|tensor| image.tensors()[tensor].element.bits(),
        element: &|tensor, element| image.element(tensor, element),
    };
    put(list, &of, read, files)
}

fn put(list: &InputPath, of: &Replayed<'_>, read: &mut Read, files: &Files) -> Result<()> {
    read.errors = replay(files.input(list)?, of).with_context(|| list.to_string())?;
    // What is to be expected is known.
    for (tensor, expected) in read.expected.iter_mut().enumerate() {
        *expected = read.errors.within(of.layout.bits(tensor)).len() as f64;
    }
    Ok(())
}
