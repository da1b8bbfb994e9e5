//! What testers write that is no table of faults: named by what it is, with the next step.

use std::path::Path;

use super::error::at_line;
use super::{ImportError, ImportErrorKind, quoted, text};

/// So many fields that are all 0 or 1 are no row of a table.
const FEWEST: usize = 8;

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
