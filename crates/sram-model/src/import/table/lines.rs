//! The lines of a table's text, and where its rows stand among them.

use std::path::Path;

use crate::import::{ImportError, ImportErrorKind, Place, text};

/// A text whose lines can be told apart.
pub(crate) fn lines<'a>(path: &Path, bytes: &'a [u8]) -> Result<&'a [u8], ImportError> {
    let text = text(path, bytes)?;
    match text.iter().position(|&byte| byte == b'\r') {
        Some(at) if !text.contains(&b'\n') => {
            let found = "a line end of old Macs, a carriage return alone";
            let expected = "line feeds, with or without a carriage return; convert it: tr '\\r' '\\n'";
            Err(ImportError::content(
                ImportErrorKind::Encoding,
                path,
                Place::Byte(at as u64),
                found,
                expected,
            ))
        }
        _ => Ok(text),
    }
}

/// The last line, if it has no end.
pub(crate) fn open_line(text: &[u8]) -> Option<u64> {
    (!text.ends_with(b"\n")).then(|| text.split(|&byte| byte == b'\n').count() as u64)
}

/// The line, from the header's on, in which a record begins. The reader's own position may be that of a line end or a
/// comment before it.
pub(super) fn line_of(record: &csv::StringRecord, rows: &[u8]) -> u64 {
    let Some(start) = record.position() else { return 0 };
    let mut rest = rows.get(start.byte() as usize..).unwrap_or_default();
    let mut line = start.line();
    loop {
        let to_line_end = |bytes: &[u8]| bytes.iter().position(|&b| b == b'\n').unwrap_or(bytes.len());
        let skipped = match rest {
            [b'\r', ..] => 1,
            [b'\n', ..] => {
                line += 1;
                1
            }
            [b'#', ..] => to_line_end(rest),
            _ => return line,
        };
        rest = &rest[skipped..];
    }
}
