//! What testers write that is no table of faults: named by what it is, with the next step.

use std::path::Path;

use super::error::at_line;
use super::{ImportError, ImportErrorKind, UTF8_MARK, quoted, text};

/// So many fields that are all 0 or 1 are no row of a table.
const FEWEST: usize = 8;

/// First bytes of files that are given in place of text, and what they are.
const KINDS: [(&[u8], &str); 10] = [
    (
        b"version https://git-lfs",
        "the pointer that git has in place of a large file (`git lfs pull` gets the file)",
    ),
    (b"<!doctype html", "a page of a website (HTML)"),
    (b"<html", "a page of a website (HTML)"),
    (b"\x80\x02", "a Python pickle (numpy.save writes an array)"),
    (b"\x80\x03", "a Python pickle (numpy.save writes an array)"),
    (b"\x80\x04", "a Python pickle (numpy.save writes an array)"),
    (b"\x80\x05", "a Python pickle (numpy.save writes an array)"),
    (b"\x1f\x8b", "a packed file (gzip): unpack it first"),
    (b"\x89SFP", "a profile of this program, which needs no import"),
    (b"\x89HDF", "a file of HDF5 (h5py reads it, numpy.save writes an array)"),
];

/// What a file is that is no text of cells, by its first bytes, in any case of letters.
pub(super) fn kind_of(bytes: &[u8]) -> Option<&'static str> {
    let bytes = bytes.strip_prefix(UTF8_MARK).unwrap_or(bytes).trim_ascii_start();
    if let [0x08, 1..=0x1f, 0x12 | 0x3a, ..] = bytes {
        return Some("a model of a network (ONNX)");
    }
    let is = |magic: &[u8]| bytes.get(..magic.len()).is_some_and(|first| first.eq_ignore_ascii_case(magic));
    KINDS.iter().find(|(magic, _)| is(magic)).map(|&(_, what)| what)
}

/// Refuses JSON, and a matrix of 0 and 1.
pub(crate) fn refuse_foreign(path: &Path, bytes: &[u8]) -> Result<(), ImportError> {
    let lines = text(path, bytes)?.split(|&byte| byte == b'\n').zip(1..);
    let is_content = |line: &[u8]| !line.is_empty() && !line.starts_with(b"#");
    let Some((line, number)) =
        lines.map(|(line, number)| (line.trim_ascii(), number)).find(|(line, _)| is_content(line))
    else {
        return Ok(());
    };
    let wrong =
        |found: String, expected: &str| Err(at_line(ImportErrorKind::Columns, path, number, found, expected));
    if is_json(line) {
        return wrong(
            "JSON".to_owned(),
            &format!(
                "a table: a header, and a line a fault, such as voltage,address,expected,actual for `sram-sim import log`; another \
                 command reads cells in JSON: {} --geometry BANKSxROWSxCOLUMNS",
                import_flips(path)
            ),
        );
    }
    if let Some(fields) = matrix(line) {
        return wrong(
            format!("a matrix of 0 and 1 ({fields} columns) without a header"),
            &format!("a header, and a line a fault; another command reads matrices: {}", import_flips(path)),
        );
    }
    Ok(())
}

/// The command that reads maps of cells.
fn import_flips(path: &Path) -> String {
    format!("sram-sim import flips VOLTAGE={} --out chip.sfp", quoted(path))
}

pub(super) fn is_json(line: &[u8]) -> bool {
    let rest = line.strip_prefix(b"[").map(<[u8]>::trim_ascii_start);
    line.starts_with(b"{")
        || rest.is_some_and(|rest| matches!(rest, [] | [b'{' | b'[' | b'"' | b'0'..=b'9', ..]))
}

/// How many fields, all of them 0 or 1, a line has.
fn matrix(line: &[u8]) -> Option<usize> {
    let fields = line.split(|byte| matches!(byte, b',' | b';' | b'\t' | b'|' | b' '));
    let bits = fields.filter(|field| !field.is_empty()).map(|field| matches!(field, b"0" | b"1"));
    let count = bits.clone().count();
    (count >= FEWEST && bits.clone().all(|is_bit| is_bit)).then_some(count)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_and_matrices_are_named_and_tables_pass() {
        let said =
            |text: &str| refuse_foreign(Path::new("f"), text.as_bytes()).err().map(|error| error.to_string());
        for text in ["{\"pattern\":\"0xffff\"}", "# k\n\n [ {\"a\": 1}]", "[", "[[0,1]]"] {
            assert!(said(text).is_some_and(|said| said.contains("found JSON")), "{text}");
        }
        for text in ["0,0,0,0,1,0,0,0\n", "0 1 0 0 0 0 0 0 1\n", "0\t0\t0\t0\t0\t0\t0\t1\r\n"] {
            assert!(
                said(text).is_some_and(|said| said.contains("line 1: found a matrix of 0 and 1")),
                "{text}"
            );
        }
        for text in ["", "a,b\n{", "0,1,0,1\n", "[V],a\n", "0,0,0,0,1,0,0,2\n"] {
            assert_eq!(said(text), None, "{text}");
        }
    }
}
