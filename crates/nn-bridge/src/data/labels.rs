//! Labels of own images: whole numbers of any type and byte order.

use sram_model::npy::{ElementKind, Number};

use super::array::Array;

/// The class of each image.
pub(super) fn labels_of(array: &Array) -> Result<Vec<u8>, String> {
    match array.shape[..] {
        [_] | [_, 1] => {}
        ref shape => return Err(format!("found labels of shape {shape:?}, expected one for each image")),
    }
    let label = |(number, label): (usize, i128)| {
        u8::try_from(label).map_err(|_| format!("image {number}: found class {label}, expected 0 to 255"))
    };
    integers(array)?.enumerate().map(label).collect()
}

/// How many classes an array of one number says that there are.
pub(super) fn classes_of(array: &Array) -> Result<usize, String> {
    let mut numbers = integers(array)?;
    match (numbers.next(), numbers.next()) {
        (Some(classes @ 1..=256), None) => Ok(classes as usize),
        _ => Err("expected one number from 1 to 256".to_owned()),
    }
}

/// Whole numbers of an array, whatever their type, one at a time: a byte each in the file would be sixteen in memory.
fn integers(array: &Array) -> Result<impl Iterator<Item = i128>, String> {
    let element = array.element;
    if !matches!(element.kind(), ElementKind::Unsigned | ElementKind::Signed) {
        return Err(format!("found elements of {element}, expected integers: y.argmax(1) of one-hot labels"));
    }
    let whole = move |bytes: &[u8]| match element.number(bytes) {
        Number::Whole(whole) => Some(whole),
        Number::Float(_) => None,
    };
    Ok(array.bytes.chunks_exact(element.bytes()).filter_map(whole))
}
