//! The bytes of a tensor: in memory, or where its file is mapped.

use std::fmt;
use std::fs::File;
use std::io;
use std::ops::{Deref, Range};
use std::path::Path;
use std::sync::Arc;

use memmap2::Mmap;

use super::WeightError;

/// Bytes that are read, or mapped.
#[derive(Clone)]
pub(super) enum Bytes {
    Read(Vec<u8>),
    Mapped { map: Arc<Mmap>, range: Range<usize> },
}

/// A file that tensors lie in.
#[derive(Clone, Debug)]
pub(super) struct MappedFile {
    /// Its name, without folders.
    pub(super) name: String,
    map: Arc<Mmap>,
    /// Parts of it that it has checksums of.
    pub(super) checked: Vec<Checked>,
}

/// A part of a file, its CRC-32 as the file says it, and where, little-endian.
#[derive(Clone, Debug)]
pub(super) struct Checked {
    pub(super) range: Range<usize>,
    pub(super) crc: u32,
    pub(super) crc_at: Vec<usize>,
}

impl Bytes {
    /// Gives back the memory of mapped bytes, which are read anew from the file where they are looked at again.
    pub(super) fn release(&self) {
        if let Self::Mapped { map, range } = self {
            release(map, range.clone());
        }
    }

    /// Where they lie in this file, if they do.
    pub(super) fn within(&self, file: &MappedFile) -> Option<Range<usize>> {
        match self {
            Self::Mapped { map, range } if Arc::ptr_eq(map, &file.map) => Some(range.clone()),
            _ => None,
        }
    }
}

impl MappedFile {
    /// Maps a file.
    pub(super) fn of(path: &Path, file: &File) -> Result<Self, WeightError> {
        let map = map(file).map_err(|source| WeightError::Read { path: path.to_owned(), source })?;
        let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
        Ok(Self { name, map: Arc::new(map), checked: Vec::new() })
    }

    /// All bytes of the file.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.map
    }

    /// Some of them, for a tensor.
    pub(super) fn part(&self, range: Range<usize>) -> Bytes {
        Bytes::Mapped { map: Arc::clone(&self.map), range }
    }

    /// Gives back the memory of some of them.
    pub(super) fn release(&self, range: Range<usize>) {
        release(&self.map, range);
    }
}

/// Bytes of a page, at least.
const PAGE: usize = 1 << 12;

#[cfg(unix)]
#[expect(unsafe_code, reason = "what is in memory of a map is given up")]
fn release(map: &Mmap, range: Range<usize>) {
    // Whole pages of the range only.
    let (begin, end) = (range.start.next_multiple_of(PAGE), range.end / PAGE * PAGE);
    if begin < end {
        // SAFETY: the map is of a file, private, and never written to, so that pages which are given up hold what the file has.
        // If it fails, they stay.
        let _ = unsafe { map.unchecked_advise_range(memmap2::UncheckedAdvice::DontNeed, begin, end - begin) };
    }
}

#[cfg(not(unix))]
fn release(_: &Mmap, _: Range<usize>) {}

impl Deref for Bytes {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self {
            Self::Read(bytes) => bytes,
            Self::Mapped { map, range } => map.get(range.clone()).unwrap_or_default(),
        }
    }
}

impl fmt::Debug for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bytes", self.len())
    }
}

/// Maps a file. Models that are stored as they are have more bytes than memory: each is looked at once or twice, and where faults
/// are.
#[expect(unsafe_code, reason = "a map is only as steady as its file")]
fn map(file: &File) -> io::Result<Mmap> {
    // SAFETY: the map is private and read only, and its bytes are only ever looked at as bytes, each time anew: parsed ones are
    // copied first. If another program writes to the file meanwhile, wrong bytes are read, as they would be without a map; if it
    // cuts the file short, the process ends by SIGBUS.
    unsafe { Mmap::map(file) }
}
