//! Lines of numbers without a header, as matrices and lists have them.

use super::Source;
use crate::import::error::at_line;
use crate::import::{ImportError, ImportErrorKind, UTF8_MARK, lines};

/// A line of a text, without what surrounds it.
pub(super) enum Line<'a> {
    Blank,
    /// It begins with `#`.
    Comment,
    Numbers(&'a str),
}

impl<'a> Source<'a> {
    /// The lines of a text, each with its number, counted from 1.
    pub(super) fn lines(
        &self,
    ) -> Result<impl Iterator<Item = Result<(u64, Line<'a>), ImportError>>, ImportError> {
        let path = self.path;
        let lines = lines(path, self.bytes)?.split(|&byte| byte == b'\n').zip(1..);
        Ok(lines.map(move |(line, number)| {
            let line = match line.trim_ascii() {
                [] => Line::Blank,
                [b'#', ..] => Line::Comment,
                line => Line::Numbers(std::str::from_utf8(line).map_err(|_| {
                    let found = "bytes that are no UTF-8";
                    at_line(ImportErrorKind::Encoding, path, number, found, "numbers")
                })?),
            };
            Ok((number, line))
        }))
    }

    /// The last line, if it has no end.
    pub(super) fn open_line(&self) -> Option<u64> {
        crate::import::table::open_line(self.bytes)
    }
}

/// Whether the first line that is neither blank nor a comment has numbers alone, as `is_number` tells them, and as many as `count` lets pass.
pub(super) fn begins_with(bytes: &[u8], is_number: fn(&str) -> bool, count: fn(usize) -> bool) -> bool {
    let bytes = bytes.strip_prefix(UTF8_MARK).unwrap_or(bytes);
    let mut lines = bytes.split(|&byte| byte == b'\n').map(<[u8]>::trim_ascii);
    let first = lines.find(|line| !line.is_empty() && !line.starts_with(b"#"));
    let Some(Ok(first)) = first.map(std::str::from_utf8) else { return false };
    let fields = fields(first);
    count(fields.len()) && fields.into_iter().all(is_number)
}

/// The fields of a line: between semicolons, else tabs, else commas, else blanks. A delimiter at the end ends the last field.
pub(super) fn fields(line: &str) -> Vec<&str> {
    match [';', '\t', ','].into_iter().find(|&sign| line.contains(sign)) {
        Some(sign) => line.strip_suffix(sign).unwrap_or(line).split(sign).map(str::trim).collect(),
        None => line.split_ascii_whitespace().collect(),
    }
}
