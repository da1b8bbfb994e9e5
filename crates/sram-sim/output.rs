//! Numbers and tables as text.

use std::io::{self, Write};

use anyhow::Result;
use serde::Serialize;

/// Who wrote an output, in every JSON object.
#[derive(Debug, Serialize)]
pub(crate) struct MadeBy {
    program: &'static str,
    version: &'static str,
}

pub(crate) const MADE_BY: MadeBy = MadeBy { program: "sram-sim", version: env!("CARGO_PKG_VERSION") };

/// A number with so many significant digits, without an exponent and without trailing zeros.
pub(crate) fn significant(x: f64, digits: usize) -> String {
    if x == 0.0 || !x.is_finite() {
        return if x == 0.0 { "0".to_owned() } else { x.to_string() };
    }
    let magnitude = x.abs().log10().floor() as i32;
    let decimals = (digits as i32 - 1 - magnitude).max(0) as usize;
    let text = format!("{x:.decimals$}");
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

/// A probability: of small ones the order of magnitude matters.
pub(crate) fn probability(p: f64) -> String {
    if p < 1e-3 && p > 0.0 { format!("{p:.1e}") } else { significant(p, 3) }
}

/// A fraction as a percentage, without the sign.
pub(crate) fn percent(fraction: f64) -> String {
    significant(fraction * 100.0, 4)
}

/// A number that may be missing.
pub(crate) fn or_dash(x: Option<f64>, digits: usize) -> String {
    x.map_or_else(|| "-".to_owned(), |x| significant(x, digits))
}

/// A whole number with its digits in groups of three.
pub(crate) fn grouped(n: u64) -> String {
    let digits = n.to_string();
    let mut text = String::with_capacity(digits.len() * 4 / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Writes a header and rows in columns: those of numbers to the right, others to the left.
pub(crate) fn write_table(out: &mut impl Write, header: &[&str], rows: &[Vec<String>]) -> io::Result<()> {
    let numeric = |cell: &String| cell == "-" || cell.replace(',', "").parse::<f64>().is_ok();
    let columns: Vec<(usize, bool)> = (0..header.len())
        .map(|column| {
            let cells = || rows.iter().filter_map(|row| row.get(column));
            let width =
                cells().map(|cell| cell.chars().count()).chain([header[column].chars().count()]).max();
            (width.unwrap_or(0), cells().all(numeric))
        })
        .collect();
    let mut line = |cells: &[&str]| {
        let padded = cells.iter().zip(&columns).map(|(cell, &(width, right))| {
            if right { format!("{cell:>width$}") } else { format!("{cell:<width$}") }
        });
        writeln!(out, "{}", padded.collect::<Vec<_>>().join("  ").trim_end())
    };
    line(header)?;
    rows.iter().try_for_each(|row| line(&row.iter().map(String::as_str).collect::<Vec<_>>()))
}

/// Writes one line of CSV. Cells are numbers and names; a name with a comma or a quote is quoted.
pub(crate) fn write_csv_row(out: &mut impl Write, cells: &[String]) -> io::Result<()> {
    let quote = |cell: &String| {
        if cell.contains(['"', ',', '\n', '\r']) {
            format!("\"{}\"", cell.replace('"', "\"\""))
        } else {
            cell.clone()
        }
    };
    writeln!(out, "{}", cells.iter().map(quote).collect::<Vec<_>>().join(","))
}

/// Writes a JSON object.
pub(crate) fn write_json(out: &mut impl Write, value: &impl Serialize) -> Result<()> {
    serde_json::to_writer_pretty(&mut *out, value)?;
    Ok(writeln!(out)?)
}

/// An error and its causes on one line.
pub(crate) fn chain(error: &anyhow::Error) -> String {
    let mut text = String::new();
    for cause in error.chain() {
        let cause = cause.to_string();
        // Some errors repeat their cause in their own words.
        if !text.contains(&cause) {
            text.push_str(if text.is_empty() { "" } else { ": " });
            text.push_str(&cause);
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_keep_their_significant_digits() {
        let texts = [0.0, 1.0, 0.12345, 12345.6, 0.000_190_735, 99.996].map(|x| significant(x, 4));
        assert_eq!(texts, ["0", "1", "0.1235", "12346", "0.0001907", "100"]);
        assert_eq!([0, 999, 1000, 1_048_576].map(grouped), ["0", "999", "1,000", "1,048,576"]);
    }

    #[test]
    fn tables_align_and_csv_quotes() {
        let mut out = Vec::new();
        let rows = [vec!["a".into(), "1,000".into()], vec!["bb→".into(), "-".into()]];
        write_table(&mut out, &["name", "n"], &rows).unwrap();
        write_csv_row(&mut out, &["a,\"b".into(), "1".into()]).unwrap();
        assert_eq!(String::from_utf8(out).unwrap(), "name      n\na     1,000\nbb→       -\n\"a,\"\"b\",1\n");
    }
}
