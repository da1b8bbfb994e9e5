//! GGUF, the files of llama.cpp, version 2 and 3 (ggml's `docs/gguf.md`): values by name, then what is said of each tensor, then the
//! tensors, each at a multiple of an alignment. All numbers are little-endian. Of a model in several files each says its number.
//!
//! Nothing that the file claims takes memory before the bytes of it are there.

mod cursor;

use std::collections::BTreeMap;
use std::fs::File;
use std::path::Path;

use safetensors::Dtype;

use self::cursor::{Cursor, Step, U32};
use super::super::blocks::BlockType;
use super::super::bytes::MappedFile;
use super::super::foreign::Foreign;
use super::super::{Elements, Tensor, WeightError, WeightFile};
use super::Loading;

/// What tensors begin at multiples of, if the file does not say it.
const ALIGNMENT: u32 = 32;
const ALIGNMENT_KEY: &[u8] = b"general.alignment";

/// How many files a model lies in, and the number of this one, from 0 on.
const PARTS_KEY: &[u8] = b"split.count";
const PART_KEY: &[u8] = b"split.no";
const ALL_TENSORS_KEY: &[u8] = b"split.tensors.count";

/// The first bytes.
const MAGIC: [u8; 4] = *b"GGUF";

/// Which of a model's files a file says that it is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Part {
    /// From 0 on.
    pub(super) number: u32,
    /// How many there are.
    pub(super) all: u32,
    /// How many tensors all of them have.
    pub(super) tensors: Option<u64>,
}

/// Sides of a tensor at most: ggml has four.
const MAX_SIDES: u32 = 4;

/// Types that are plain numbers.
const PLAIN: [(u32, Dtype); 8] = [
    (0, Dtype::F32),
    (1, Dtype::F16),
    (24, Dtype::I8),
    (25, Dtype::I16),
    (26, Dtype::I32),
    (27, Dtype::I64),
    (28, Dtype::F64),
    (30, Dtype::BF16),
];

/// What the file says before the data.
struct Header {
    infos: Vec<Info>,
    /// Where the data begin.
    begin: u64,
    part: Option<Part>,
}

/// What is known of the values by name.
struct Values {
    alignment: u32,
    part: Option<Part>,
}

/// What the file says of a tensor.
struct Info {
    name: String,
    /// The slowest side first.
    shape: Vec<u64>,
    elements: Elements,
    /// First byte, counted from the begin of all data.
    offset: u64,
}

/// Maps a file, and says which of its model's files it is. Blocks are no floats, so where floats are asked for it is refused.
pub(super) fn open(path: &Path, loading: Loading) -> Result<(WeightFile, Option<Part>), WeightError> {
    if loading == Loading::Read {
        return Err(WeightError::Foreign { path: path.to_owned(), foreign: Foreign::Gguf });
    }
    let file = File::open(path).map_err(|source| WeightError::Read { path: path.to_owned(), source })?;
    let mapped = MappedFile::of(path, &file)?;
    let wrong = |what| WeightError::Unsound { path: path.to_owned(), kind: "a GGUF model", what };
    let header = Header::read(mapped.bytes()).map_err(wrong)?;
    let part = header.part;
    let tensors = tensors(&mapped, header).map_err(wrong)?;
    let model = WeightFile::new(tensors, BTreeMap::new()).lying_in(vec![mapped]);
    match model.twice() {
        Some(name) => Err(wrong(format!("tensor {name} is there twice"))),
        None => Ok((model, part)),
    }
}

fn tensors(file: &MappedFile, header: Header) -> Step<Vec<Tensor>> {
    let Header { mut infos, begin, .. } = header;
    let data = file.bytes().len() as u64 - begin;
    infos.sort_by_key(|info| info.offset);
    let ends: Vec<u64> = infos.iter().skip(1).map(|info| info.offset).chain([data]).collect();
    let tensor = |(info, end): (Info, u64)| {
        let bytes = info.bytes(end)?;
        let first = begin + info.offset;
        let range = first as usize..(first + bytes) as usize;
        let shape = info.stored_shape(bytes);
        Ok(Tensor::new(info.name, shape, info.elements, file.part(range)))
    };
    infos.into_iter().zip(ends).map(tensor).collect()
}

impl Header {
    fn read(bytes: &[u8]) -> Step<Self> {
        let mut cursor = Cursor::new(bytes);
        if bytes.first_chunk() != Some(&MAGIC) {
            return Err("found other first bytes, expected `GGUF`".to_owned());
        }
        let (_, version) = (cursor.u32()?, cursor.u32()?);
        match version {
            2 | 3 => {}
            1 => {
                return Err("found version 1, of 2023, expected 2 or 3: convert it with a current llama.cpp"
                    .to_owned());
            }
            _ if version.swap_bytes() < 16 => {
                return Err("found the byte order of big-endian machines, expected little-endian".to_owned());
            }
            other => return Err(format!("found version {other}, expected 2 or 3")),
        }
        let (count, values) = (cursor.u64()?, cursor.u64()?);
        let Values { alignment, part } = Values::read(&mut cursor, values)?;
        let mut infos = Vec::new();
        for _ in 0..count {
            infos.push(Info::read(&mut cursor)?);
        }
        let begin = (cursor.at as u64).next_multiple_of(alignment.into());
        if begin > bytes.len() as u64 && infos.iter().any(|info| !info.shape.contains(&0)) {
            return Err(format!(
                "found {} bytes, expected data of tensors from byte {begin} on",
                bytes.len()
            ));
        }
        Ok(Self { infos, begin: begin.min(bytes.len() as u64), part })
    }
}

impl Values {
    /// So many values, of which most are passed over.
    fn read(cursor: &mut Cursor<'_>, count: u64) -> Step<Self> {
        let mut alignment = ALIGNMENT;
        let (mut number, mut all, mut tensors) = (None, None, None);
        for _ in 0..count {
            let key = cursor.text()?;
            let kind = cursor.u32()?;
            let value = cursor.value(kind)?;
            let slot = match key {
                ALIGNMENT_KEY => {
                    let sound = value.filter(|value| kind == U32 && value.is_power_of_two());
                    alignment = sound.ok_or_else(|| {
                        format!(
                            "found an alignment of {value:?} (type {kind}), expected a power of 2 (type 4)"
                        )
                    })?;
                    continue;
                }
                PART_KEY => &mut number,
                PARTS_KEY => &mut all,
                ALL_TENSORS_KEY => &mut tensors,
                _ => continue,
            };
            let key = String::from_utf8_lossy(key);
            let value =
                value.ok_or_else(|| format!("found {key} of type {kind}, expected a whole number"))?;
            *slot = Some(value);
        }
        let part = match (number, all) {
            (Some(number), Some(all)) => Some(Part { number, all, tensors: tensors.map(u64::from) }),
            (None, None) => None,
            _ => return Err("found one of split.no and split.count, expected both or none".to_owned()),
        };
        Ok(Self { alignment, part })
    }
}

impl Info {
    fn read(cursor: &mut Cursor<'_>) -> Step<Self> {
        let name = String::from_utf8_lossy(cursor.text()?).into_owned();
        let sides = cursor.u32()?;
        if sides > MAX_SIDES {
            return Err(format!("tensor {name}: found {sides} sides, expected at most {MAX_SIDES}"));
        }
        let mut shape = (0..sides).map(|_| cursor.u64()).collect::<Step<Vec<u64>>>()?;
        // The file has the fastest first.
        shape.reverse();
        let number = cursor.u32()?;
        let plain =
            PLAIN.iter().find(|(known, _)| *known == number).map(|(_, dtype)| Elements::Numbers(*dtype));
        let blocks = || BlockType::numbered(number).map(Elements::Blocks);
        let elements = plain.or_else(blocks).unwrap_or(Elements::Unknown(number));
        Ok(Self { name, shape, elements, offset: cursor.u64()? })
    }

    /// How many bytes it has, of those up to where the next tensor begins.
    fn bytes(&self, end: u64) -> Step<u64> {
        let Self { name, shape, elements, offset } = self;
        let room = end.checked_sub(*offset).ok_or_else(|| {
            format!("tensor {name}: found it at byte {offset} of the data, of which there are {end}")
        })?;
        let count = shape.iter().try_fold(1u64, |product, &side| product.checked_mul(side));
        let bytes = match elements {
            Elements::Numbers(dtype) => count.and_then(|count| count.checked_mul(dtype.bitsize() as u64 / 8)),
            Elements::Blocks(blocks) => {
                let (weights, bytes) = (blocks.weights as u64, blocks.bytes as u64);
                let row = shape.last().copied().unwrap_or(1);
                if !row.is_multiple_of(weights) {
                    return Err(format!(
                        "tensor {name}: found rows of {row} weights, expected blocks of {weights} ({blocks})"
                    ));
                }
                count.and_then(|count| (count / weights).checked_mul(bytes))
            }
            // As far as the next tensor.
            Elements::Unknown(_) => Some(room),
        };
        bytes.filter(|&bytes| bytes <= room).ok_or_else(|| {
            let kind = elements;
            format!("tensor {name}: found room for {room} bytes, expected those of {kind} {shape:?}")
        })
    }

    /// Its shape: that of blocks and of what is not known in bytes.
    fn stored_shape(&self, bytes: u64) -> Vec<usize> {
        let mut shape: Vec<usize> = self.shape.iter().map(|&side| side as usize).collect();
        match self.elements {
            Elements::Numbers(_) => {}
            Elements::Blocks(blocks) => {
                if let Some(row) = shape.last_mut() {
                    *row = *row / blocks.weights * blocks.bytes;
                }
            }
            Elements::Unknown(_) => shape = vec![bytes as usize],
        }
        shape
    }
}
