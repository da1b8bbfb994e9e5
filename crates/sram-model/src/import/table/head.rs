//! Where the rows of a table begin, and what stands between their fields.

const DELIMITERS: [u8; 4] = [b',', b';', b'\t', b'|'];

/// Where the rows of a table begin.
pub(super) struct Head<'a> {
    /// The text from the header on.
    pub(super) rows: &'a [u8],
    /// The header's line.
    pub(super) line: &'a [u8],
    pub(super) lines_before: u64,
    /// The delimiter, if a line `sep=;`, as spreadsheets write it, tells it.
    pub(super) told: Option<u8>,
}

impl<'a> Head<'a> {
    /// Passes over blank lines and those that begin with `#`.
    pub(super) fn find(text: &'a [u8]) -> Self {
        let mut head = Self { rows: text, line: b"", lines_before: 0, told: None };
        for line in text.split_inclusive(|&byte| byte == b'\n') {
            head.line = line.trim_ascii();
            match head.line {
                [b's', b'e', b'p', b'=', delimiter] => head.told = Some(*delimiter),
                [] | [b'#', ..] => {}
                _ => return head,
            }
            head.rows = &head.rows[line.len()..];
            head.lines_before += 1;
        }
        head.line = b"";
        head
    }
}

/// The bytes of a line that stand outside quotes.
fn outside_quotes(line: &[u8]) -> impl Iterator<Item = u8> {
    let mut quoted = false;
    line.iter().copied().filter(move |&byte| {
        quoted ^= byte == b'"';
        !quoted
    })
}

/// The signs that divide a line into so many fields; a comma for one field.
pub(super) fn delimiters_of(line: &[u8], fields: usize) -> Vec<u8> {
    let count = |sign: u8| outside_quotes(line).filter(|&byte| byte == sign).count() + 1;
    let some = if fields <= 1 { &DELIMITERS[..1] } else { &DELIMITERS[..] };
    some.iter().copied().filter(|&sign| count(sign) == fields).collect()
}

/// The sign between the fields of a header; a comma if there is one field. Two different ones are an error.
pub(super) fn delimiter_of(header: &[u8]) -> Result<u8, [u8; 2]> {
    let signs: Vec<u8> = outside_quotes(header).filter(|byte| DELIMITERS.contains(byte)).collect();
    match signs.first() {
        None => Ok(b','),
        Some(&first) => match signs.iter().find(|&&sign| sign != first) {
            None => Ok(first),
            Some(&other) => Err([first, other]),
        },
    }
}
