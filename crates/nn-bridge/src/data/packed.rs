//! Files of a data set, plain or packed with gzip or xz, which their first bytes tell. What is read of them is bounded: by what the
//! format can hold, and by what images can be packed to.

use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use flate2::read::MultiGzDecoder;
use lzma_rust2::XzReader;

use super::load::Reading;

/// Images do not pack to less than this part of themselves; those of CIFAR and MNIST to a fifth at most.
const MAX_RATIO: u64 = 200;

/// What a small file may unpack to anyway: test images of one colour, say.
const SMALL_BYTES: u64 = 64 << 20;

/// Memory for unpacking xz, in KiB: its strongest setting needs 65 MiB.
const XZ_KIB: u32 = 256 << 10;

/// A file, unpacked as it is read.
pub(super) fn open<'a>(path: &Path, reading: &'a Reading<'a>) -> io::Result<Box<dyn Read + Send + 'a>> {
    let mut file = reading.open(path)?;
    let packed = file.len()?;
    let mut first = Vec::new();
    (&mut file).take(6).read_to_end(&mut first)?;
    file.seek(SeekFrom::Start(0))?;
    let file = BufReader::with_capacity(1 << 16, file);
    let bounded = |reader| {
        let left = packed.saturating_mul(MAX_RATIO).max(SMALL_BYTES);
        Bounded { reader, left, packed }
    };
    Ok(if first.starts_with(b"\x1f\x8b") {
        Box::new(bounded(Box::new(MultiGzDecoder::new(file)) as Box<dyn Read + Send>))
    } else if first.starts_with(b"\xfd7zXZ\0") {
        Box::new(bounded(Box::new(XzReader::new_mem_limit(file, true, XZ_KIB))))
    } else {
        Box::new(file)
    })
}

/// Unpacked bytes, as long as any are `left`.
struct Bounded<'a> {
    reader: Box<dyn Read + Send + 'a>,
    left: u64,
    packed: u64,
}

impl Read for Bounded<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.reader.read(buffer)?;
        self.left = self.left.checked_sub(read as u64).ok_or_else(|| {
            let packed = self.packed;
            io::Error::other(format!(
                "its {packed} bytes unpack to more than {MAX_RATIO} times as many: no images"
            ))
        })?;
        Ok(read)
    }
}

/// The next bytes, at most `most`. Memory follows what there is.
pub(super) fn take(reader: &mut impl Read, most: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    reader.take(most).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// The file of one of these names in a folder, plain or packed.
pub(super) fn find(folder: &Path, names: &[&str]) -> Option<PathBuf> {
    let mut all =
        names.iter().flat_map(|name| ["", ".gz", ".xz"].map(|suffix| folder.join(format!("{name}{suffix}"))));
    all.find(|path| path.is_file())
}
