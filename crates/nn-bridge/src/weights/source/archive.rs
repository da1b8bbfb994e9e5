//! Where the files in a zip archive lie.

use std::io::{Cursor, Read};
use std::ops::Range;

use zip::{CompressionMethod, ZipArchive};

use super::super::bytes::{Checked, MappedFile};

/// A file in an archive.
pub(super) struct Entry {
    /// Its name, with folders.
    pub(super) name: String,
    /// Where its bytes lie, if they are not compressed.
    pub(super) range: Option<Range<usize>>,
    /// Its checksum, and where the archive says it.
    crc: u32,
    crc_at: Vec<usize>,
    number: usize,
    /// Its length when it is unpacked.
    pub(super) size: u64,
}

/// An archive that is mapped.
pub(super) struct Archive<'a> {
    zip: ZipArchive<Cursor<&'a [u8]>>,
    pub(super) entries: Vec<Entry>,
}

/// Places of the checksum: in the header before the data, in the one of the directory, and after the data, with or without a mark.
const IN_HEADER: usize = 14;
const IN_DIRECTORY: usize = 16;
const MARK: &[u8] = b"PK\x07\x08";

impl<'a> Archive<'a> {
    /// The files of an archive.
    pub(super) fn of(file: &'a MappedFile) -> Result<Self, String> {
        let bytes = file.bytes();
        let mut zip = ZipArchive::new(Cursor::new(bytes)).map_err(|error| error.to_string())?;
        let mut entries = Vec::with_capacity(zip.len());
        let mut places: Vec<Range<u64>> = Vec::with_capacity(zip.len());
        for number in 0..zip.len() {
            let found = zip.by_index_raw(number).map_err(|error| error.to_string())?;
            let name = String::from_utf8_lossy(found.name_raw()).into_owned();
            if found.encrypted() {
                return Err(format!("{name} in it is encrypted"));
            }
            let size = found.size();
            let data = found.data_start().unwrap_or_else(|| found.header_start());
            places.push(found.header_start()..data.saturating_add(found.compressed_size()));
            let range = found.data_start().filter(|_| found.compression() == CompressionMethod::Stored);
            let range = range.map(|start| start as usize..start.saturating_add(size) as usize);
            if range.as_ref().is_some_and(|range| range.end > bytes.len()) {
                return Err(format!("{name} in it is cut off"));
            }
            let at = [
                found.header_start() as usize + IN_HEADER,
                found.central_header_start() as usize + IN_DIRECTORY,
            ];
            let after = range.as_ref().map_or(0, |range| range.end);
            let mark =
                if bytes.get(after..).is_some_and(|rest| rest.starts_with(MARK)) { MARK.len() } else { 0 };
            let says = |&at: &usize| {
                bytes.get(at..).is_some_and(|rest| rest.starts_with(&found.crc32().to_le_bytes()))
            };
            let crc_at = at.into_iter().chain([after + mark]).filter(says).collect();
            let crc = found.crc32();
            entries.push(Entry { name, range, crc, crc_at, number, size });
        }
        // One packed file under many names would be unpacked as often, and bits of one be those of another.
        places.sort_unstable_by_key(|place| (place.start, place.end));
        if places.windows(2).any(|pair| pair[1].start < pair[0].end) {
            return Err("found files in it that share bytes, expected each by itself".to_owned());
        }
        Ok(Self { zip, entries })
    }

    /// The bytes of an entry, unpacked, at most so many.
    pub(super) fn read(&mut self, entry: usize, most: u64) -> Result<Vec<u8>, String> {
        let Entry { name, number, size, .. } = &self.entries[entry];
        if *size > most {
            return Err(format!("{name} in it has {size} bytes, expected at most {most}"));
        }
        let found = self.zip.by_index(*number).map_err(|error| format!("{name}: {error}"))?;
        let mut bytes = Vec::new();
        found.take(most + 1).read_to_end(&mut bytes).map_err(|error| format!("{name}: {error}"))?;
        if bytes.len() as u64 > most {
            return Err(format!("{name} in it has more than {most} bytes"));
        }
        Ok(bytes)
    }

    /// The parts of the file that have checksums.
    pub(super) fn checked(&self) -> Vec<Checked> {
        let of = |entry: &Entry| {
            Some(Checked { range: entry.range.clone()?, crc: entry.crc, crc_at: entry.crc_at.clone() })
        };
        self.entries.iter().filter_map(of).collect()
    }
}
