//! Where a tensor lies in its storage.

use std::ops::Range;

use safetensors::Dtype;

use super::super::super::bytes::{Bytes, MappedFile};
use super::super::super::{Elements, Tensor};
use super::Loading;

/// What a pickle says of a tensor: it is made of these elements of a storage.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct StoredTensor {
    /// The storage's name.
    pub(super) key: String,
    /// The type of its elements, by PyTorch's name.
    pub(super) kind: &'static str,
    /// First element.
    pub(super) offset: usize,
    pub(super) shape: Vec<usize>,
    /// Elements from one to the next along each side.
    pub(super) stride: Vec<usize>,
}

/// Types of elements by PyTorch's names.
const TYPES: [(&str, Dtype); 19] = [
    ("float32", Dtype::F32),
    ("float64", Dtype::F64),
    ("float16", Dtype::F16),
    ("bfloat16", Dtype::BF16),
    ("int64", Dtype::I64),
    ("int32", Dtype::I32),
    ("int16", Dtype::I16),
    ("int8", Dtype::I8),
    ("uint8", Dtype::U8),
    ("uint16", Dtype::U16),
    ("uint32", Dtype::U32),
    ("uint64", Dtype::U64),
    ("bool", Dtype::BOOL),
    ("complex64", Dtype::C64),
    ("float8_e4m3fn", Dtype::F8_E4M3),
    ("float8_e5m2", Dtype::F8_E5M2),
    ("float8_e4m3fnuz", Dtype::F8_E4M3FNUZ),
    ("float8_e5m2fnuz", Dtype::F8_E5M2FNUZ),
    ("float8_e8m0fnu", Dtype::F8_E8M0),
];

/// Any other type.
pub(super) const UNKNOWN: &str = "unknown";

/// Storages by their class, whose elements have one type.
const STORAGES: [(&str, &str); 14] = [
    ("FloatStorage", "float32"),
    ("DoubleStorage", "float64"),
    ("HalfStorage", "float16"),
    ("BFloat16Storage", "bfloat16"),
    ("LongStorage", "int64"),
    ("IntStorage", "int32"),
    ("ShortStorage", "int16"),
    ("CharStorage", "int8"),
    ("ByteStorage", "uint8"),
    ("BoolStorage", "bool"),
    ("ComplexFloatStorage", "complex64"),
    // Quantised ones hold integers.
    ("QInt8Storage", "int8"),
    ("QUInt8Storage", "uint8"),
    ("QInt32Storage", "int32"),
];

/// The type of a class of storages.
pub(super) fn of_storage(class: &str) -> Option<&'static str> {
    STORAGES.iter().find(|(name, _)| *name == class).map(|(_, kind)| *kind)
}

/// A type of elements by PyTorch's name.
pub(super) fn of_name(name: &str) -> Option<&'static str> {
    TYPES.iter().find(|(known, _)| *known == name).map(|(known, _)| *known)
}

impl StoredTensor {
    /// The tensor in its storage, which is this part of the file.
    pub(super) fn tensor(
        &self,
        name: String,
        storage: Range<usize>,
        file: &MappedFile,
        loading: Loading,
        left: &mut usize,
    ) -> Result<Tensor, String> {
        let wrong = |what: String| format!("tensor {name}: {what}");
        let dtype = TYPES.iter().find(|(known, _)| *known == self.kind).map(|(_, dtype)| *dtype);
        let dtype = dtype.ok_or_else(|| {
            wrong(format!(
                "found elements of a type that is not read ({}), such as complex128: save {name} as another",
                self.kind
            ))
        })?;
        let bytes = dtype.bitsize() / 8;
        let count = self.shape.iter().try_fold(1usize, |count, &side| count.checked_mul(side));
        let elements =
            count.and(self.end()).and_then(|end| end.checked_mul(bytes)).filter(|&end| end <= storage.len());
        if elements.is_none() {
            let Self { key, offset, shape, stride, .. } = self;
            return Err(wrong(format!(
                "found shape {shape:?}, strides {stride:?} from element {offset} on, expected a part of storage {key}, which has \
                 {} bytes",
                storage.len()
            )));
        }
        let begin = storage.start + self.offset * bytes;
        let elements = Elements::Numbers(dtype);
        if let Some(shape) = self.shape_in_file() {
            let range = begin..begin + shape.iter().product::<usize>() * bytes;
            let is_row_by_row = shape == self.shape;
            let part = match loading {
                Loading::Map => Some(file.part(range)),
                Loading::Read if is_row_by_row => {
                    Some(Bytes::Read(file.bytes().get(range).unwrap_or_default().to_vec()))
                }
                Loading::Read => None,
            };
            if let Some(part) = part {
                return Ok(Tensor::new(name, shape, elements, part));
            }
        } else if loading == Loading::Map {
            return Err(wrong(format!(
                "found strides {:?} for shape {:?}, whose elements do not lie together: save {name}.contiguous()",
                self.stride, self.shape
            )));
        }
        let storage = file.bytes().get(begin..storage.end).unwrap_or_default();
        let gathered = self.gathered(storage, bytes, left).map_err(wrong)?;
        Ok(Tensor::new(name, self.shape.clone(), elements, Bytes::Read(gathered)))
    }

    /// The element after its last in the storage.
    fn end(&self) -> Option<usize> {
        if self.shape.contains(&0) {
            return Some(self.offset);
        }
        let last = self.shape.iter().zip(&self.stride).try_fold(self.offset, |last, (&side, &stride)| {
            last.checked_add((side - 1).checked_mul(stride)?)
        });
        last?.checked_add(1)
    }

    /// Its shape with sides in the order in which elements lie in the storage, if they lie together there.
    fn shape_in_file(&self) -> Option<Vec<usize>> {
        let mut sides: Vec<(usize, usize)> =
            self.shape.iter().copied().zip(self.stride.iter().copied()).collect();
        if !self.shape.contains(&0) {
            // A side of 1 may have any stride, and is not moved.
            let is_one = |&&(side, _): &&(usize, usize)| side == 1;
            let mut moved: Vec<(usize, usize)> = sides.iter().filter(|side| !is_one(side)).copied().collect();
            moved.sort_by_key(|&(_, stride)| std::cmp::Reverse(stride));
            let mut expected = 1usize;
            for &(side, stride) in moved.iter().rev() {
                if stride != expected {
                    return None;
                }
                expected = expected.checked_mul(side)?;
            }
            let mut moved = moved.into_iter();
            for side in sides.iter_mut().filter(|(side, _)| *side != 1) {
                *side = moved.next()?;
            }
        }
        Some(sides.into_iter().map(|(side, _)| side).collect())
    }

    /// Its elements row by row, of so many bytes each, from a storage that begins with its first. No more bytes than are `left`.
    fn gathered(&self, storage: &[u8], bytes: usize, left: &mut usize) -> Result<Vec<u8>, String> {
        let count = self.shape.iter().try_fold(1usize, |count, &side| count.checked_mul(side));
        // Elements may lie in one place: more than the file has many times over are of a shape that only claims them.
        let room = count.and_then(|count| left.checked_sub(count.checked_mul(bytes)?));
        let (Some(count), Some(room)) = (count, room) else {
            return Err(format!(
                "found shape {:?} over {} bytes, expected fewer elements of strides 0",
                self.shape,
                storage.len()
            ));
        };
        *left = room;
        let mut gathered = Vec::with_capacity(count * bytes);
        let mut place = vec![0; self.shape.len()];
        for _ in 0..count {
            let at: usize = place
                .iter()
                .zip(&self.stride)
                .map(|(&index, &stride): (&usize, &usize)| index * stride)
                .sum();
            gathered.extend_from_slice(storage.get(at * bytes..(at + 1) * bytes).unwrap_or_default());
            for (index, &side) in place.iter_mut().zip(&self.shape).rev() {
                *index += 1;
                if *index < side {
                    break;
                }
                *index = 0;
            }
        }
        Ok(gathered)
    }
}

/// Checks that no two tensors share some of their bytes: those of one would be hit twice.
pub(super) fn check_apart(tensors: &[Tensor], file: &MappedFile) -> Result<(), String> {
    let mut places: Vec<(Range<usize>, &str)> =
        tensors.iter().filter_map(|tensor| Some((tensor.bytes.within(file)?, &*tensor.name))).collect();
    places.retain(|(range, _)| !range.is_empty());
    places.sort_by_key(|(range, _)| range.start);
    match places.windows(2).find(|pair| pair[1].0.start < pair[0].0.end) {
        Some(pair) => Err(format!(
            "tensors {} and {} share some of their bytes: save one of them as a clone()",
            pair[0].1, pair[1].1
        )),
        None => Ok(()),
    }
}
