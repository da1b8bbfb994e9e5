//! Safetensors. The header's length is checked against the file before a byte of it is parsed, and data are read as far as the file
//! has them, so that memory follows the file and not what it claims.

use std::fs::File;
use std::io::{self, BufReader, Chain, Cursor, Read};
use std::path::Path;

use super::super::bytes::{Bytes, MappedFile};
use super::super::foreign::{Foreign, SNIFFED_BYTES};
use super::super::{Elements, Tensor, WeightError, WeightFile};
use super::header::{self, Header};
use super::{Loading, MAX_FILE_BYTES};

/// Bytes of the header's length.
const LENGTH_BYTES: u64 = 8;

/// A file whose header is read.
struct Begun {
    header: Header,
    /// Bytes before those of the tensors.
    begin: u64,
    /// The file's length, if it is one and no pipe.
    len: Option<u64>,
    /// What is not read yet: the tensors.
    rest: Chain<Cursor<Vec<u8>>, BufReader<File>>,
}

/// Reads or maps a file of safetensors. [`WeightError::Foreign`] if it is known as something else.
pub(super) fn open(path: &Path, loading: Loading) -> Result<WeightFile, WeightError> {
    let begun = Begun::of(path)?;
    match loading {
        Loading::Read => read(path, begun),
        Loading::Map => map(path, begun),
    }
}

fn read(path: &Path, begun: Begun) -> Result<WeightFile, WeightError> {
    let failed = |source| WeightError::Read { path: path.to_owned(), source };
    let header = |what| WeightError::Header { path: path.to_owned(), what };
    let Begun { header: Header { entries, metadata }, begin, len, rest: mut source } = begun;
    let expected = entries.last().map_or(0, |last| last.end);
    if expected.saturating_add(begin) > MAX_FILE_BYTES {
        let what = format!("found {expected} bytes of data, expected at most {MAX_FILE_BYTES}");
        return Err(header(what));
    }
    let mut tensors = Vec::with_capacity(entries.len());
    for entry in entries {
        let bytes = read_data(&mut source, entry.end - entry.start, len.is_some()).map_err(failed)?;
        tensors.push(Tensor::new(
            entry.name,
            entry.shape,
            Elements::Numbers(entry.dtype),
            Bytes::Read(bytes),
        ));
    }
    if source.read(&mut [0]).map_err(failed)? > 0 {
        return Err(header("found data after those of the last tensor".to_owned()));
    }
    Ok(WeightFile::new(tensors, metadata))
}

fn map(path: &Path, begun: Begun) -> Result<WeightFile, WeightError> {
    let Begun { header: Header { entries, metadata }, begin, len, rest } = begun;
    let Some(len) = len else { return Err(WeightError::Pipe { path: path.to_owned() }) };
    let (_, file) = rest.into_inner();
    let mapped = MappedFile::of(path, file.get_ref())?;
    // It may have been cut since.
    if mapped.bytes().len() as u64 != len {
        let source = io::ErrorKind::UnexpectedEof.into();
        return Err(WeightError::Read { path: path.to_owned(), source });
    }
    let place = |offset: u64| (begin + offset) as usize;
    let tensors = entries.into_iter().map(|entry| {
        let bytes = mapped.part(place(entry.start)..place(entry.end));
        Tensor::new(entry.name, entry.shape, Elements::Numbers(entry.dtype), bytes)
    });
    Ok(WeightFile::new(tensors.collect(), metadata).lying_in(vec![mapped]))
}

impl Begun {
    fn of(path: &Path) -> Result<Self, WeightError> {
        let read = |source| WeightError::Read { path: path.to_owned(), source };
        let header = |what| WeightError::Header { path: path.to_owned(), what };
        let file = File::open(path).map_err(read)?;
        let about = file.metadata().map_err(read)?;
        // A pipe does not say how long it is.
        let len = about.is_file().then_some(about.len());
        let mut file = BufReader::with_capacity(1 << 16, file);
        let mut first = Vec::new();
        (&mut file).take(SNIFFED_BYTES).read_to_end(&mut first).map_err(read)?;
        let length = match header_length(&first, len) {
            Ok(length) => length,
            Err(what) => {
                return Err(match Foreign::of(&first, path) {
                    Some(foreign) => WeightError::Foreign { path: path.to_owned(), foreign },
                    None => header(what),
                });
            }
        };
        let mut source = Cursor::new(first.split_off(LENGTH_BYTES as usize)).chain(file);
        let parsed = read_header(&mut source, length).map_err(read)?.map_err(header)?;
        check_data(&parsed, length, len).map_err(header)?;
        Ok(Self { header: parsed, begin: LENGTH_BYTES + length, len, rest: source })
    }
}

/// The header's length, if these can be the first bytes of a file of this length.
fn header_length(first: &[u8], len: Option<u64>) -> Result<u64, String> {
    let Some((length, json)) = first.split_first_chunk::<8>() else {
        return Err(format!("at byte 0: found {} bytes, expected the 8 of the header's length", first.len()));
    };
    let first = length.escape_ascii();
    let length = u64::from_le_bytes(*length);
    if length > header::MAX_BYTES {
        let most = header::MAX_BYTES;
        return Err(format!(
            "at byte 0: found `{first}`, a header of {length} bytes were it safetensors, expected at most {most}"
        ));
    }
    if let Some(rest) = len.map(|len| len.saturating_sub(LENGTH_BYTES)).filter(|&rest| length > rest) {
        return Err(format!(
            "at byte 0: found a header of {length} bytes, expected at most {rest}, the rest"
        ));
    }
    match json.first().filter(|_| length > 0) {
        Some(b'{') => Ok(length),
        Some(other) => {
            let found = char::from(*other).escape_default();
            Err(format!("at byte {LENGTH_BYTES}: found `{found}`, expected the {{ of a JSON object"))
        }
        None => Err(format!("at byte 0: found a header of {length} bytes, expected a JSON object")),
    }
}

fn read_header(source: &mut impl Read, length: u64) -> io::Result<Result<Header, String>> {
    let mut json = Vec::new();
    source.take(length).read_to_end(&mut json)?;
    if (json.len() as u64) < length {
        return Ok(Err(format!("found {} bytes of the header, expected {length}", json.len())));
    }
    Ok(Header::parse(&json))
}

fn check_data(header: &Header, length: u64, len: Option<u64>) -> Result<(), String> {
    let (begin, expected) = (LENGTH_BYTES + length, header.data_bytes());
    match len.map(|len| len.saturating_sub(begin)) {
        Some(found) if found != expected => Err(format!(
            "at byte {begin}: found {found} bytes of data, expected {expected} as the header says"
        )),
        _ => Ok(()),
    }
}

/// The next `len` bytes; memory for all of them is asked for at once only if the file has them.
fn read_data(source: &mut impl Read, len: u64, is_there: bool) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    if is_there {
        bytes.try_reserve_exact(usize::try_from(len).map_err(io::Error::other)?)?;
    }
    source.take(len).read_to_end(&mut bytes)?;
    if (bytes.len() as u64) < len {
        return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the file ends within its data"));
    }
    Ok(bytes)
}
