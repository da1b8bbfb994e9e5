//! `NumPy` arrays: one (npy), called `weight`, or several by name in a zip archive (npz).

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Cursor;
use std::ops::Range;
use std::path::Path;

use safetensors::Dtype;
use sram_model::npy::{ElementKind, ElementType, Header};

use super::super::bytes::{Bytes, MappedFile};
use super::super::{Elements, Tensor, WeightError, WeightFile};
use super::archive::Archive;
use super::{Loading, MAX_FILE_BYTES};

/// The name of an array that has none.
const NAME: &str = "weight";

/// How the names of arrays in an archive end.
const MEMBER: &str = ".npy";

/// Reads or maps an array.
pub(super) fn open_array(path: &Path, loading: Loading) -> Result<WeightFile, WeightError> {
    let mapped = map(path)?;
    let all = 0..mapped.bytes().len();
    let tensor = array(NAME.to_owned(), &mapped, all, loading);
    let wrong = |what| WeightError::Unsound { path: path.to_owned(), kind: "a NumPy array", what };
    Ok(of(vec![tensor.map_err(wrong)?], mapped, loading))
}

/// Reads or maps the arrays of an archive.
pub(super) fn open_archive(path: &Path, loading: Loading) -> Result<WeightFile, WeightError> {
    let wrong = |what| WeightError::Unsound { path: path.to_owned(), kind: "NumPy arrays", what };
    let mut mapped = map(path)?;
    let mut archive = Archive::of(&mapped).map_err(wrong)?;
    let mut tensors = Vec::new();
    let mut left = MAX_FILE_BYTES;
    for number in 0..archive.entries.len() {
        let entry = &archive.entries[number];
        let Some(name) = entry.name.strip_suffix(MEMBER).map(str::to_owned) else { continue };
        let tensor = match (entry.range.clone(), loading) {
            (Some(range), _) => array(name, &mapped, range, loading),
            (None, Loading::Map) => Err(format!(
                "{} in it is compressed, so its bits lie nowhere: save it with numpy.savez",
                entry.name
            )),
            (None, Loading::Read) => archive.read(number, left).and_then(|bytes| unpacked(name, &bytes)),
        };
        let tensor = tensor.map_err(wrong)?;
        left = left.saturating_sub(tensor.bytes().len() as u64);
        tensors.push(tensor);
    }
    mapped.checked = archive.checked();
    let file = of(tensors, mapped, loading);
    match file.twice() {
        Some(name) => Err(wrong(format!("the array {name} is there twice"))),
        None => Ok(file),
    }
}

fn map(path: &Path) -> Result<MappedFile, WeightError> {
    let file = File::open(path).map_err(|source| WeightError::Read { path: path.to_owned(), source })?;
    MappedFile::of(path, &file)
}

fn of(tensors: Vec<Tensor>, mapped: MappedFile, loading: Loading) -> WeightFile {
    let file = WeightFile::new(tensors, BTreeMap::new());
    match loading {
        Loading::Read => file,
        Loading::Map => file.lying_in(vec![mapped]),
    }
}

/// An array that is this part of a file.
fn array(name: String, file: &MappedFile, part: Range<usize>, loading: Loading) -> Result<Tensor, String> {
    let bytes = file.bytes().get(part.clone()).unwrap_or_default();
    if loading == Loading::Read {
        return unpacked(name, bytes);
    }
    let (dtype, shape, begin) = header(&name, bytes)?;
    Ok(Tensor::new(name, shape, Elements::Numbers(dtype), file.part(part.start + begin..part.end)))
}

/// An array of these bytes, which are copied.
fn unpacked(name: String, bytes: &[u8]) -> Result<Tensor, String> {
    let (dtype, shape, begin) = header(&name, bytes)?;
    let data = bytes.get(begin..).unwrap_or_default().to_vec();
    Ok(Tensor::new(name, shape, Elements::Numbers(dtype), Bytes::Read(data)))
}

/// Type, shape and first byte of the elements, which are all that follows.
fn header(name: &str, bytes: &[u8]) -> Result<(Dtype, Vec<usize>, usize), String> {
    let wrong = |what: String| format!("{name}: {what}");
    let mut cursor = Cursor::new(bytes);
    let header = Header::read(&mut cursor).map_err(|error| wrong(error.to_string()))?;
    let dtype = dtype(header.element).ok_or_else(|| {
        wrong(format!(
            "found elements of {}, expected little-endian ones: save x.astype(x.dtype.newbyteorder('<'))",
            header.element
        ))
    })?;
    if header.fortran_order && header.shape.len() > 1 {
        return Err(wrong(
            "found an array that lies column by column: save numpy.ascontiguousarray(x)".to_owned(),
        ));
    }
    let begin = cursor.position() as usize;
    let (found, expected) = (bytes.len().saturating_sub(begin), header.elements());
    let expected = expected.and_then(|elements| elements.checked_mul(header.element.bytes() as u64));
    if expected != Some(found as u64) {
        return Err(wrong(format!(
            "found {found} bytes after its header, expected those of {} {:?}",
            header.element, header.shape
        )));
    }
    Ok((dtype, header.shape, begin))
}

/// The type of elements, if they are little-endian.
fn dtype(element: ElementType) -> Option<Dtype> {
    if element.is_big_endian() {
        return None;
    }
    Some(match (element.kind(), element.bytes()) {
        (ElementKind::Bool, _) => Dtype::BOOL,
        (ElementKind::Unsigned, 1) => Dtype::U8,
        (ElementKind::Unsigned, 2) => Dtype::U16,
        (ElementKind::Unsigned, 4) => Dtype::U32,
        (ElementKind::Unsigned, _) => Dtype::U64,
        (ElementKind::Signed, 1) => Dtype::I8,
        (ElementKind::Signed, 2) => Dtype::I16,
        (ElementKind::Signed, 4) => Dtype::I32,
        (ElementKind::Signed, _) => Dtype::I64,
        (ElementKind::Float, 2) => Dtype::F16,
        (ElementKind::Float, 4) => Dtype::F32,
        (ElementKind::Float, _) => Dtype::F64,
    })
}
