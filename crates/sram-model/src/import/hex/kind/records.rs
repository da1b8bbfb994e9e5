//! Lines of hex digits, a record each: what the formats of records have in common.

use super::super::super::{ImportError, ImportErrorKind, Place, TEXT, check_text};
use super::super::token::hex_digit;
use super::Source;
use super::image::Image;

/// One record, as its format reads it.
pub(super) enum Record<'a> {
    /// Bytes, and the address of the first.
    Bytes(u64, &'a [u8]),
    /// The end.
    End,
    /// Something that says nothing of the memory.
    Other,
}

/// A line that is no record, or a damaged one.
pub(super) struct Wrong {
    pub(super) kind: ImportErrorKind,
    pub(super) found: String,
    pub(super) expected: String,
}

impl Wrong {
    /// A line that is not in the form of a record.
    pub(super) fn form<T>(found: impl Into<String>, expected: impl Into<String>) -> Result<T, Self> {
        Err(Self { kind: ImportErrorKind::Form, found: found.into(), expected: expected.into() })
    }

    /// A line whose check sum is another than that of its bytes.
    pub(super) fn sum<T>(found: u8, expected: u8) -> Result<T, Self> {
        let (found, expected) =
            (format!("the check sum {found:02x}"), format!("{expected:02x}; the line is damaged"));
        Err(Self { kind: ImportErrorKind::Value, found, expected })
    }
}

/// Reads all records by what `read` says of the bytes of a line, which are after its mark of `mark` characters; `end` is an example
/// of the last record.
pub(super) fn image(
    source: &Source<'_>,
    end: &str,
    mut read: impl for<'b> FnMut(&'b [u8], &'b [u8]) -> Result<Record<'b>, Wrong>,
    mark: usize,
) -> Result<Image, ImportError> {
    check_text(source.path, source.bytes, TEXT)?;
    let (mut image, mut ended) = (Image::default(), None);
    for (line, text) in lines(source) {
        let wrong = |wrong: Wrong| source.wrong(wrong.kind, Place::Line(line), wrong.found, wrong.expected);
        if let Some(last) = ended {
            return Wrong::form("a line", format!("nothing after the end record in line {last}"))
                .map_err(wrong);
        }
        let (begin, digits) = text.split_at(mark.min(text.len()));
        let bytes = bytes_of(digits)
            .map_or_else(|| Wrong::form("no record", "pairs of hex digits after its mark"), Ok)
            .map_err(wrong)?;
        match read(begin, &bytes).map_err(wrong)? {
            Record::Bytes(address, data) => image.add(address, line, data),
            Record::End => ended = Some(line),
            Record::Other => {}
        }
    }
    if ended.is_none() {
        let place = Place::Byte(source.bytes.len() as u64);
        let expected = format!("an end record ({end}); without one the file may be cut short");
        return Err(source.wrong(ImportErrorKind::Incomplete, place, "the end of the file", expected));
    }
    Ok(image)
}

/// The lines that hold something, with their numbers.
fn lines<'a>(source: &Source<'a>) -> impl Iterator<Item = (u64, &'a [u8])> {
    let text = source.begin();
    let before = &source.bytes[..source.bytes.len() - text.len()];
    let first = before.split(|&byte| byte == b'\n').count() as u64;
    let lines = (first..).zip(text.split(|&byte| byte == b'\n'));
    lines.map(|(number, line)| (number, line.trim_ascii())).filter(|(_, line)| !line.is_empty())
}

/// The bytes of pairs of hex digits.
fn bytes_of(digits: &[u8]) -> Option<Vec<u8>> {
    let pair = |pair: &[u8]| match pair {
        &[high, low] => Some(hex_digit(high)? << 4 | hex_digit(low)?),
        _ => None,
    };
    digits.chunks(2).map(pair).collect()
}
