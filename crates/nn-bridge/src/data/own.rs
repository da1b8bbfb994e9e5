//! Own images: a file of `NumPy` arrays (npz) or tensors (safetensors), images x and labels y.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use sha2::{Digest, Sha256};
use sram_model::npy::{ElementKind, ElementType, Header, NpyError};
use zip::ZipArchive;
use zip::read::ZipFile;

use super::array::Array;
use super::labels::{classes_of, labels_of};
use super::load::{Reading, Told};
use super::{DataError, Dataset, Split, packed};
use crate::weights::{Dtype, Tensor, WeightFile};

/// Names of images and labels, of a file that has both parts, and of one that has a part to test with.
const TRAIN: [[&str; 2]; 2] = [["x_train", "y_train"], ["train_images", "train_labels"]];
const TEST: [[&str; 2]; 2] = [["x_test", "y_test"], ["test_images", "test_labels"]];
const ALONE: [[&str; 2]; 2] = [["x", "y"], ["images", "labels"]];

/// How many classes there are, where the labels do not show it.
const CLASSES: &str = "classes";

/// Pixels at most: 4 GiB.
const MAX_BYTES: u64 = 4 << 30;

/// Compressed images are at least this part of themselves.
const MAX_RATIO: u64 = 200;
const SMALL_BYTES: u64 = 64 << 20;

/// A file of named arrays.
enum Arrays<'a> {
    Npz(ZipArchive<Told<'a>>),
    Tensors(WeightFile),
}

pub(super) fn load(path: &Path, split: Split, reading: &Reading<'_>) -> Result<Dataset, DataError> {
    reading.will_read([path]);
    let mut arrays = Arrays::open(path, reading)?;
    let format = || DataError::format(path);
    let names = arrays.names();
    let [x, y] = pair(&names, split).map_err(format())?;
    // Of all images, however few are asked for, and before any of them takes memory.
    let counted = [arrays.len(path, x)?, arrays.len(path, y)?];
    if counted[0] != counted[1] {
        let [images, labels] = counted;
        return Err(format()(format!("found {images} images in {x} and {labels} labels in {y}")));
    }
    // Classes are those of all labels of the file, so that both parts have as many.
    let all = [TRAIN, TEST, ALONE]
        .concat()
        .into_iter()
        .map(|[_, y]| y)
        .filter(|name| names.iter().any(|n| n == name));
    let (mut labels, mut most) = (Vec::new(), 0);
    for name in all.collect::<Vec<_>>() {
        let array = arrays.array(path, name, usize::MAX)?;
        let found = labels_of(&array).map_err(|what| format()(format!("{name}: {what}")))?;
        most = found.iter().copied().max().unwrap_or(0).max(most);
        if name == y {
            labels = found;
        }
    }
    let classes = if names.iter().any(|name| name == CLASSES) {
        let array = arrays.array(path, CLASSES, usize::MAX)?;
        classes_of(&array).map_err(|what| format()(format!("{CLASSES}: {what}")))?
    } else {
        usize::from(most) + 1
    };
    if usize::from(most) >= classes {
        return Err(format()(format!(
            "found label {most}, expected 0 to {}, as `{CLASSES}` says",
            classes - 1
        )));
    }
    let images = arrays.array(path, x, reading.images())?;
    let (shape, pixels) = pixels_of(images).map_err(|what| format()(format!("{x}: {what}")))?;
    labels.truncate(reading.images());
    let counted = (pixels.len() / shape.iter().product::<usize>(), labels.len());
    Dataset::new(shape, classes, pixels, labels)
        .ok_or_else(|| format()(format!("found {} images in {x} and {} labels in {y}", counted.0, counted.1)))
}

/// SHA-256 of a file, in hexadecimal digits.
pub(super) fn sha256(path: &Path) -> Result<String, DataError> {
    let mut hasher = Sha256::new();
    let mut file = File::open(path).map_err(DataError::read(path))?;
    let mut buffer = vec![0; 1 << 16];
    loop {
        match file.read(&mut buffer).map_err(DataError::read(path))? {
            0 => break,
            read => hasher.update(&buffer[..read]),
        }
    }
    Ok(hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
}

/// Which arrays are the images and labels of a part.
fn pair(names: &[String], split: Split) -> Result<[&'static str; 2], String> {
    let has = |name: &str| names.iter().any(|known| known == name);
    let of = |pairs: &[[&'static str; 2]]| {
        pairs.iter().copied().filter(|pair| pair.iter().all(|name| has(name))).collect::<Vec<_>>()
    };
    let (found, expected) = match split {
        Split::Train => (of(&TRAIN), "x_train and y_train"),
        Split::Test => (of(&[TEST, ALONE].concat()), "x and y, or x_test and y_test"),
    };
    match found[..] {
        [pair] => Ok(pair),
        [] => {
            let also = if split == Split::Train && !of(&ALONE).is_empty() {
                ": what it has is tested with"
            } else {
                ""
            };
            Err(format!("found the arrays {}, expected {expected}{also}", names.join(", ")))
        }
        [[x, _], [other, _], ..] => {
            Err(format!("found images in {x} and in {other}, expected them in one of these"))
        }
    }
}

impl<'a> Arrays<'a> {
    fn open(path: &Path, reading: &'a Reading<'a>) -> Result<Self, DataError> {
        if path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("safetensors")) {
            return Ok(Self::Tensors(WeightFile::open(path)?));
        }
        let file = reading.open(path).map_err(DataError::read(path))?;
        let failed =
            |error: zip::result::ZipError| format!("found no sound file of NumPy arrays (npz): {error}");
        Ok(Self::Npz(ZipArchive::new(file).map_err(failed).map_err(DataError::format(path))?))
    }

    fn names(&self) -> Vec<String> {
        match self {
            Self::Npz(archive) => {
                let names = archive.file_names().filter_map(Result::ok);
                names.filter_map(|name| name.strip_suffix(".npy").map(str::to_owned)).collect()
            }
            Self::Tensors(file) => file.tensors().iter().map(|tensor| tensor.name.clone()).collect(),
        }
    }

    /// How long the first side of an array is.
    fn len(&mut self, path: &Path, name: &str) -> Result<usize, DataError> {
        let read = match self {
            Self::Npz(archive) => member(archive, name)
                .and_then(|mut member| header(&mut member))
                .map(|header| header.map(|header| header.shape)),
            Self::Tensors(file) => Ok(stored(file, name).map(|tensor| tensor.shape.clone())),
        };
        let inside = path.join(name);
        let shape = read.map_err(DataError::read(&inside))?.map_err(DataError::format(inside))?;
        Ok(shape.first().copied().unwrap_or_default())
    }

    /// The first elements along the first side of an array.
    fn array(&mut self, path: &Path, name: &str, first: usize) -> Result<Array, DataError> {
        let read = match self {
            Self::Npz(archive) => npz(archive, name, first),
            Self::Tensors(file) => Ok(tensor(file, name, first)),
        };
        let inside = path.join(name);
        read.map_err(DataError::read(&inside))?.map_err(DataError::format(inside))
    }
}

fn member<'m, 'a>(archive: &'m mut ZipArchive<Told<'a>>, name: &str) -> io::Result<ZipFile<'m, Told<'a>>> {
    Ok(archive.by_name(&format!("{name}.npy"))?)
}

/// The header of an array that lies as images do: the last index runs fastest.
fn header(member: &mut impl Read) -> io::Result<Result<Header, String>> {
    match Header::read(member) {
        Ok(header) if header.fortran_order => Ok(Err(
            "found an array that lies column by column, expected row by row: save numpy.ascontiguousarray(x)"
                .to_owned(),
        )),
        Ok(header) => Ok(Ok(header)),
        Err(NpyError::Read(error)) => Err(error),
        Err(error) => Ok(Err(error.to_string())),
    }
}

fn npz(archive: &mut ZipArchive<Told<'_>>, name: &str, first: usize) -> io::Result<Result<Array, String>> {
    let mut member = member(archive, name)?;
    let most = member.compressed_size().saturating_mul(MAX_RATIO).clamp(SMALL_BYTES, MAX_BYTES);
    let mut header = match header(&mut member)? {
        Ok(header) => header,
        Err(what) => return Ok(Err(what)),
    };
    let (element, shape) = (header.element, &mut header.shape);
    let is_part = shape.first().is_some_and(|&side| first < side);
    if is_part {
        shape[0] = first;
    }
    let expected = header.elements().and_then(|elements| elements.checked_mul(element.bytes() as u64));
    let shape = header.shape;
    let Some(expected) = expected.filter(|&expected| expected <= most) else {
        return Ok(Err(format!("found an array of {element} {shape:?}, expected at most {most} bytes")));
    };
    let bytes = packed::take(&mut member, expected)?;
    if (bytes.len() as u64) < expected {
        return Ok(Err(format!(
            "found {} bytes, expected the {expected} of {element} {shape:?}",
            bytes.len()
        )));
    }
    // Only where a member ends is it known to be whole: its checksum is compared there.
    if !is_part && !packed::take(&mut member, 1)?.is_empty() {
        return Ok(Err(format!(
            "found more than the {expected} bytes of {element} {shape:?}, expected its end"
        )));
    }
    Ok(Ok(Array { element, shape, bytes }))
}

fn stored<'f>(file: &'f WeightFile, name: &str) -> Result<&'f Tensor, String> {
    file.tensor(name).ok_or_else(|| "there is no such tensor".to_owned())
}

fn tensor(file: &WeightFile, name: &str, first: usize) -> Result<Array, String> {
    let tensor = stored(file, name)?;
    let dtype = match tensor.dtype() {
        Dtype::U8 => "u1",
        Dtype::I8 => "i1",
        Dtype::U16 => "u2",
        Dtype::I16 => "i2",
        Dtype::U32 => "u4",
        Dtype::I32 => "i4",
        Dtype::U64 => "u8",
        Dtype::I64 => "i8",
        other => {
            return Err(format!("found elements of {other}, expected bytes (U8), or integers for labels"));
        }
    };
    let element: ElementType = dtype.parse().map_err(|error: NpyError| error.to_string())?;
    let mut shape = tensor.shape.clone();
    let mut bytes = tensor.bytes();
    if let Some(side) = shape.first_mut().filter(|side| first < **side) {
        bytes = &bytes[..bytes.len() / *side * first];
        *side = first;
    }
    Ok(Array { element, shape, bytes: bytes.to_vec() })
}

/// Shape and pixels, channel by channel.
fn pixels_of(array: Array) -> Result<([usize; 3], Vec<u8>), String> {
    let Array { element, shape, bytes } = array;
    if (element.kind(), element.bytes()) != (ElementKind::Unsigned, 1) {
        return Err(format!(
            "found pixels of {element}, expected bytes (uint8) of 0 to 255: (255 * x).round().astype('uint8') of floats in 0..1"
        ));
    }
    let is_channels = |side: usize| matches!(side, 1 | 3);
    let (shape, last) = match shape[..] {
        [_, height, width] => ([1, height, width], false),
        [_, a, b, c] => match (is_channels(a), is_channels(c)) {
            (true, false) => ([a, b, c], false),
            (false, true) => ([c, a, b], true),
            (true, true) => {
                return Err(format!(
                    "found shape {shape:?}, which is {a} channels of {b} x {c} pixels or {c} channels of {a} x {b}: give one \
                     channel as N x H x W, or pad"
                ));
            }
            (false, false) => return Err(unknown(&shape)),
        },
        _ => return Err(unknown(&shape)),
    };
    // Of no image, too, whose sides no pixel bounds.
    let size = shape.iter().try_fold(1u64, |size, &side| size.checked_mul(side as u64));
    if size.is_none_or(|size| size == 0 || size > MAX_BYTES) {
        return Err(format!(
            "found images of {shape:?}, channels, height and width, expected 1 to {MAX_BYTES} pixels"
        ));
    }
    Ok((shape, if last { by_channel(&bytes, shape[0], shape[1] * shape[2]) } else { bytes }))
}

fn unknown(shape: &[usize]) -> String {
    format!(
        "found shape {shape:?}, expected N x H x W, N x C x H x W or N x H x W x C, with 1 or 3 channels C"
    )
}

/// Images with their channels side by side, channel by channel.
fn by_channel(bytes: &[u8], channels: usize, area: usize) -> Vec<u8> {
    let mut pixels = Vec::with_capacity(bytes.len());
    for image in bytes.chunks_exact(channels * area) {
        (0..channels).for_each(|channel| pixels.extend(image.iter().skip(channel).step_by(channels)));
    }
    pixels
}
