//! A list of cells that fail: their numbers, decimal or with 0x, one a line or with commas or blanks between them. Cells are numbered
//! from 0 by bank, row and column, the column fastest.

use std::collections::BTreeMap;

use super::text::{Line, begins_with};
use super::{Cells, Form, Source};
use crate::geometry::Geometry;
use crate::import::error::at_line;
use crate::import::flips::entry::Entry;
use crate::import::{ImportError, ImportErrorKind, TableDoubts};

pub(super) const FORM: Form = Form {
    name: "a list of cell numbers",
    looks_like: |bytes| {
        begins_with(bytes, |field| field.split_ascii_whitespace().all(|n| number(n).is_some()), |_| true)
    },
    read,
};

fn read(source: &Source<'_>) -> Result<Cells, ImportError> {
    let geometry = source.size().map_err(|_| {
        let expected =
            "the size of the chip: --geometry BANKSxROWSxCOLUMNS, or a name like cells_64x128.txt (one bank)";
        source.wrong(ImportErrorKind::Name, "numbers of cells, but no size of the chip", expected)
    })?;
    if source.options.reads.is_some() {
        let expected = "no --reads: the list says which cells fail, not how often";
        return Err(source.wrong(ImportErrorKind::Options, "a list of cells, but --reads", expected));
    }
    if let Some(place) = places(source, geometry)? {
        let found = format!("in each line what can be the numbers of cells, and {place} of one cell");
        let expected = "one number a line, or 0x before the numbers, if they are cell numbers; or a table with the header \
                        row,col,p_flip (bank,row,col,p_flip for several banks), commas between fields, and 1 as p_flip of a \
                        cell that always fails";
        return Err(source.wrong(ImportErrorKind::Form, found, expected));
    }
    // The line in which each cell stands.
    let mut cells: BTreeMap<u64, u64> = BTreeMap::new();
    for line in source.lines()? {
        let (line, Line::Numbers(text)) = line? else { continue };
        let wrong =
            |kind, found: String, expected: &str| Err(at_line(kind, source.path, line, found, expected));
        for token in tokens(text) {
            let Some(cell) = number(token) else {
                let expected = "the number of a cell, decimal without zeros before it, or with 0x; bits of a row need blanks \
                                between them";
                return wrong(ImportErrorKind::Value, format!("`{token}`"), expected);
            };
            if cell >= geometry.cells() {
                let expected = format!("a cell from 0 to {} of a chip of {geometry}", geometry.cells() - 1);
                return wrong(ImportErrorKind::OutsideChip, format!("cell {token}"), &expected);
            }
            if let Some(first) = cells.insert(cell, line) {
                let found = format!("cell {token} again, after line {first}");
                return wrong(ImportErrorKind::Twice, found, "each cell once");
            }
        }
    }
    Ok(Cells {
        geometry,
        entries: cells.into_keys().map(|cell| (cell, Entry::Undirected(1.0))).collect(),
        form: "a list of cell numbers, from 0 by bank, row and column, the column fastest".to_owned(),
        reads: None,
        takes: &[],
        doubts: TableDoubts { never_failing: 0, open_line: source.open_line() },
    })
}

/// What every line can be besides cell numbers: a place in the chip, of as many numbers as in the first line. Lines that are all
/// rows of the chip are a matrix before they are places.
fn places(source: &Source<'_>, geometry: Geometry) -> Result<Option<&'static str>, ImportError> {
    let sides = [geometry.banks(), geometry.rows(), geometry.columns()].map(u64::from);
    let (mut columns, mut rows) = (0, 0);
    for line in source.lines()? {
        let (_, Line::Numbers(text)) = line? else { continue };
        let count = tokens(text).take(sides.len() + 1).count();
        let sides = match count {
            2 => &sides[1..],
            3 => &sides[..],
            _ => return Ok(None),
        };
        // A number with 0x is that of a cell: nobody writes rows so.
        let is_in = |(token, &side): (&str, &u64)| token.parse().is_ok_and(|number: u64| number < side);
        if !tokens(text).zip(sides).all(is_in) || (rows > 0 && columns != count) {
            return Ok(None);
        }
        (columns, rows) = (count, rows + 1);
    }
    let is_matrix = columns as u64 == sides[2] && rows == sides[0] * sides[1];
    Ok((rows > 0 && !is_matrix).then_some(if columns == 2 {
        "the row and column"
    } else {
        "the bank, row and column"
    }))
}

fn tokens(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| c.is_ascii_whitespace() || c == ',' || c == ';').filter(|token| !token.is_empty())
}

/// The number of a cell. Zeros before a decimal number are those of a row of bits.
fn number(token: &str) -> Option<u64> {
    let is_plain = |digits: &str, base: u32| !digits.is_empty() && digits.chars().all(|c| c.is_digit(base));
    match token.strip_prefix("0x").or_else(|| token.strip_prefix("0X")) {
        Some(hex) => u64::from_str_radix(hex, 16).ok().filter(|_| is_plain(hex, 16)),
        None if token.len() > 1 && token.starts_with('0') => None,
        None => token.parse().ok().filter(|_| is_plain(token, 10)),
    }
}
