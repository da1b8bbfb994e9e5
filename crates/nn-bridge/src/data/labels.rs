//! Labels of own images: whole numbers of any type and byte order.

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
    let dtype = &*array.dtype;
    let (is_big, plain) = dtype.strip_prefix('>').map_or((false, dtype), |plain| (true, plain));
    let (is_signed, size) = match plain {
        "u1" => (false, 1),
        "u2" => (false, 2),
        "u4" => (false, 4),
        "u8" => (false, 8),
        "i1" => (true, 1),
        "i2" => (true, 2),
        "i4" => (true, 4),
        "i8" => (true, 8),
        _ => {
            return Err(format!(
                "found elements of {dtype}, expected integers: y.argmax(1) of one-hot labels"
            ));
        }
    };
    Ok(array.bytes.chunks_exact(size).map(move |bytes| number(bytes, is_big, is_signed)))
}

/// The number that up to eight bytes are.
fn number(bytes: &[u8], is_big: bool, is_signed: bool) -> i128 {
    let add = |number: u64, byte: &u8| number << 8 | u64::from(*byte);
    let number = if is_big { bytes.iter().fold(0, add) } else { bytes.iter().rev().fold(0, add) };
    let unused = 64 - 8 * bytes.len() as u32;
    if is_signed { ((number << unused).cast_signed() >> unused).into() } else { number.into() }
}
