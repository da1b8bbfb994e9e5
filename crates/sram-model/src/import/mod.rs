//! Profiles from files of others: [`hex`] dumps of a tester, [`flips`] (maps of flip probabilities), a
//! tester's [`log`] of fails, and the [`interchange`](crate::interchange) CSV.

pub mod flips;
pub mod hex;
pub mod log;

mod doubt;
mod error;
mod floorplan;
mod folder;
mod foreign;
mod keys;
mod plausible;
mod table;
mod voltage_name;
mod written;

pub use doubt::{Doubt, DoubtKind};
pub use error::{ImportError, ImportErrorKind, Place};
pub use folder::Ignored;
pub(crate) use foreign::refuse_foreign;
pub(crate) use keys::Keys;
pub(crate) use plausible::check_profile;
pub use table::TableDoubts;
pub(crate) use table::{Row, Table, lines};

use std::fs::File;
use std::io::Read;
use std::path::Path;

use crate::npy;

/// The largest file that an importer reads.
const MAX_FILE_BYTES: u64 = 4 << 30;

/// What has a byte of 0 among so many at its begin is no text, and may, as a device, have no end.
const SEEN_BYTES: u64 = 1 << 16;

/// Reads a text file, or a pipe to its end, once.
pub(crate) fn read(path: &Path) -> Result<Vec<u8>, ImportError> {
    read_binary(path, &[])
}

/// Reads a text file, or one that begins with one of these, or a pipe to its end, once.
pub(crate) fn read_binary(path: &Path, magics: &[&[u8]]) -> Result<Vec<u8>, ImportError> {
    read_checked(path, magics, TEXT)
}

/// Reads a file once, whose begin is one of these or a text; what it should be is said, if it is neither.
fn read_checked(path: &Path, magics: &[&[u8]], expected: &str) -> Result<Vec<u8>, ImportError> {
    let failed = |source| ImportError::Read { path: path.to_owned(), source };
    let mut file = File::open(path).map_err(failed)?;
    let mut bytes = Vec::new();
    (&mut file).take(SEEN_BYTES).read_to_end(&mut bytes).map_err(failed)?;
    if !magics.iter().any(|magic| bytes.starts_with(magic)) {
        check_text(path, &bytes, expected)?;
    }
    read_on(path, file, bytes)
}

/// Reads a file of any bytes, once.
fn read_bytes(path: &Path) -> Result<Vec<u8>, ImportError> {
    let file = File::open(path).map_err(|source| ImportError::Read { path: path.to_owned(), source })?;
    read_on(path, file, Vec::new())
}

/// Reads a file to its end, after what has been read of it.
fn read_on(path: &Path, file: File, mut bytes: Vec<u8>) -> Result<Vec<u8>, ImportError> {
    // One more than allowed, to see that there is more: what is no file does not tell its size.
    let read = file.take(MAX_FILE_BYTES + 1 - bytes.len() as u64).read_to_end(&mut bytes);
    read.map_err(|source| ImportError::Read { path: path.to_owned(), source })?;
    if bytes.len() as u64 > MAX_FILE_BYTES {
        let expected = format!("at most {MAX_FILE_BYTES} bytes");
        return Err(ImportError::content(ImportErrorKind::TooLarge, path, Place::File, "more", expected));
    }
    Ok(bytes)
}

/// What a text is.
const TEXT: &str = "text in ASCII or UTF-8";

/// Refuses bytes that are no text, by those at their begin.
fn check_text(path: &Path, bytes: &[u8], expected: &str) -> Result<(), ImportError> {
    let seen = &bytes[..bytes.len().min(SEEN_BYTES as usize)];
    if let Some(found) = foreign::kind_of(seen) {
        return Err(ImportError::content(ImportErrorKind::Form, path, Place::File, found, expected));
    }
    match seen.iter().position(|&byte| byte == 0).filter(|_| !has_utf16_mark(seen)) {
        Some(at) => {
            let place = Place::Byte(at as u64);
            let (found, expected) = if bytes.starts_with(npy::MAGIC) {
                ("an array of NumPy", "text; `sram-sim import flips` reads arrays")
            } else {
                ("a byte of 0", expected)
            };
            Err(ImportError::content(ImportErrorKind::Encoding, path, place, found, expected))
        }
        None => match no_text_at(seen).filter(|_| seen.len() as u64 == SEEN_BYTES && !has_utf16_mark(seen)) {
            Some(at) => {
                let place = Place::Byte(at as u64);
                let found = "bytes of no text";
                Err(ImportError::content(ImportErrorKind::Encoding, path, place, found, expected))
            }
            None => Ok(()),
        },
    }
}

/// Where bytes are neither ASCII nor UTF-8, if most of them are not ASCII: a comment in another encoding is less.
fn no_text_at(seen: &[u8]) -> Option<usize> {
    let foreign = seen.iter().filter(|byte| !byte.is_ascii()).count();
    let wrong = std::str::from_utf8(seen).err().filter(|error| error.error_len().is_some())?;
    (foreign > seen.len() / 2).then(|| wrong.valid_up_to())
}

/// The mark by which some programs begin text in UTF-8; it means nothing.
pub(crate) const UTF8_MARK: &[u8] = b"\xef\xbb\xbf";

/// The bytes of a text without the mark of UTF-8. UTF-16 text is refused by its mark.
pub(crate) fn text<'a>(path: &Path, bytes: &'a [u8]) -> Result<&'a [u8], ImportError> {
    if has_utf16_mark(bytes) {
        let expected = "text in ASCII or UTF-8; save or convert it as that";
        return Err(ImportError::content(
            ImportErrorKind::Encoding,
            path,
            Place::Byte(0),
            "the mark of UTF-16",
            expected,
        ));
    }
    Ok(bytes.strip_prefix(UTF8_MARK).unwrap_or(bytes))
}

fn has_utf16_mark(bytes: &[u8]) -> bool {
    bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff")
}

/// A path as a shell takes it.
pub(crate) fn quoted(path: &Path) -> String {
    let name = path.display().to_string();
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "/._-+=:,@%".contains(letter);
    if name.chars().all(is_plain) { name } else { format!("'{}'", name.replace('\'', r"'\''")) }
}

/// The file's name without folders, for provenance.
pub(crate) fn file_name(path: &Path) -> String {
    path.file_name().map_or_else(|| path.display().to_string(), |name| name.to_string_lossy().into_owned())
}

/// The file's name without folders and extension, to call a chip by.
pub(crate) fn file_stem(path: &Path) -> String {
    path.file_stem().map_or_else(|| file_name(path), |stem| stem.to_string_lossy().into_owned())
}
