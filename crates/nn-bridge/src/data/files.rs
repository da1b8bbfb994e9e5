//! Files of a data set, plain or packed.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use flate2::read::MultiGzDecoder;
use lzma_rust2::XzReader;

use super::DataError;

/// The most that a file may unpack to: 1 GiB. The largest known has 184 MB.
const MAX_BYTES: u64 = 1 << 30;

/// The first of these folders' files of one of these names, plain, as .gz or as .xz, unpacked.
pub(super) fn read(
    folders: &[PathBuf],
    names: &[&str],
    hint: &'static str,
) -> Result<(PathBuf, Vec<u8>), DataError> {
    for folder in folders {
        for (name, suffix) in names.iter().flat_map(|name| ["", ".gz", ".xz"].map(|suffix| (name, suffix))) {
            let path = folder.join(format!("{name}{suffix}"));
            if path.is_file() {
                let bytes = unpack(&path, suffix);
                let bytes = bytes.map_err(|source| DataError::Read { path: path.clone(), source })?;
                return Ok((path, bytes));
            }
        }
    }
    let folder = folders.first().cloned().unwrap_or_default();
    Err(DataError::Missing { file: names.first().copied().unwrap_or_default().to_owned(), folder, hint })
}

fn unpack(path: &Path, suffix: &str) -> io::Result<Vec<u8>> {
    let file = io::BufReader::new(File::open(path)?);
    let mut reader: Box<dyn Read> = match suffix {
        ".gz" => Box::new(MultiGzDecoder::new(file)),
        ".xz" => Box::new(XzReader::new(file, true)),
        _ => Box::new(file),
    };
    let mut bytes = Vec::new();
    (&mut reader).take(MAX_BYTES + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err(io::Error::other(format!("it unpacks to more than {MAX_BYTES} bytes")));
    }
    Ok(bytes)
}
