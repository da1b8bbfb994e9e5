//! The Python version: a pickled dictionary of an array of pixels and lists of labels, read without running pickle.

use std::io::{self, Read};

use super::arrays::{Array, Arrays, Own};
use super::{Kind, PIXELS, Part, Split, packed};
use crate::pickle::{self, Value};

/// What names of files and the like may take beside the pixels of an image.
const BESIDE_BYTES: usize = 1024;

/// Bytes of a pixel: Python 3 writes those of protocol 2 as text, in UTF-8.
const PIXEL_BYTES: usize = 2;

/// Reads a file.
pub(super) fn read(kind: Kind, split: Split, file: &mut impl Read) -> io::Result<Result<Part, String>> {
    let most = kind.most(split) * (PIXELS * PIXEL_BYTES + BESIDE_BYTES);
    let bytes = packed::take(file, most as u64 + 1)?;
    if bytes.len() > most {
        return Ok(Err(format!(
            "found more than {most} bytes, expected those of {} images",
            kind.most(split)
        )));
    }
    Ok(parse(kind, split, &bytes))
}

fn parse(kind: Kind, split: Split, bytes: &[u8]) -> Result<Part, String> {
    let key = match kind {
        Kind::Ten => "labels",
        Kind::Hundred => "fine_labels",
    };
    let found = pickle::read(bytes, Arrays::default())?;
    let Value::Dict(entries) = &found.values()[found.root()] else {
        return Err("found no dictionary, expected one of data and labels".to_owned());
    };
    let entry = |name: &str| {
        let is_named =
            |key: usize| matches!(&found.values()[key], Value::Bytes(key) if ***key == *name.as_bytes());
        let found_entry = entries.iter().find(|(key, _)| is_named(*key));
        found_entry
            .map(|(_, value)| &found.values()[*value])
            .ok_or(format!("found no `{name}` in its dictionary"))
    };
    let Value::Own(Own::Array(Array { shape, data })) = entry("data")? else {
        return Err("`data`: expected an array".to_owned());
    };
    let (Value::List(labels) | Value::Tuple(labels)) = entry(key)? else {
        return Err(format!("`{key}`: expected a list"));
    };
    let count = labels.len();
    if *shape != [count, PIXELS] || count == 0 || count > kind.most(split) {
        return Err(format!(
            "found data of shape {shape:?} and {count} labels, expected {PIXELS} pixels for each label"
        ));
    }
    let mut part = Part { pixels: data.to_vec(), labels: Vec::with_capacity(count) };
    for (number, &label) in labels.iter().enumerate() {
        let Value::Int(label) = found.values()[label] else {
            return Err(format!("image {number}: its label is no number"));
        };
        let label = u8::try_from(label).unwrap_or(u8::MAX);
        kind.check_label(number, label)?;
        part.labels.push(label);
    }
    Ok(part)
}
