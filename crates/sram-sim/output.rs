//! Numbers and tables as text.

use std::io::{self, Write};

use anyhow::Result;
use cli_io::{Data, Talk, cut, one_line};
use serde::Serialize;

/// Who wrote an output, in every JSON object.
#[derive(Debug, Serialize)]
pub struct MadeBy {
    program: &'static str,
    version: &'static str,
}

pub const MADE_BY: MadeBy = MadeBy { program: "sram-sim", version: env!("CARGO_PKG_VERSION") };

/// A number with `digits` significant digits and without trailing zeros, with an exponent below 10⁻⁶ only.
pub fn significant(x: f64, digits: usize) -> String {
    if x == 0.0 || !x.is_finite() {
        return if x == 0.0 { "0".to_owned() } else { x.to_string() };
    }
    let magnitude = x.abs().log10().floor() as i32;
    // Nobody counts seven zeros, or thirteen digits.
    if !(-6..=12).contains(&magnitude) {
        let text = format!("{x:.*e}", digits.saturating_sub(1));
        let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
        return format!("{}e{exponent}", without_zeros(digits));
    }
    let decimals = (digits as i32 - 1 - magnitude).max(0) as usize;
    without_zeros(&format!("{x:.decimals$}")).to_owned()
}

/// A number without the zeros at its end that say nothing.
fn without_zeros(text: &str) -> &str {
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { text }
}

/// A probability: of small ones the order of magnitude matters.
pub fn probability(p: f64) -> String {
    if p < 1e-3 && p > 0.0 { format!("{p:.1e}") } else { significant(p, 3) }
}

/// The probability of a test: one below the smallest that a double has digits for is not 0.
pub fn p_value(p: f64) -> String {
    if p < 1e-300 { "< 1e-300".to_owned() } else { probability(p) }
}

/// A fraction as a percentage, without the sign.
pub fn percent(fraction: f64) -> String {
    significant(fraction * 100.0, 4)
}

/// A number that may be missing.
pub fn or_dash(x: Option<f64>, digits: usize) -> String {
    x.map_or_else(|| "-".to_owned(), |x| significant(x, digits))
}

/// A whole number with its digits in groups of three.
pub fn grouped(n: u64) -> String {
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

/// The widest cell of a table: names of real tensors are shorter.
const WIDEST: usize = 100;

/// Writes a header and rows in columns: those of numbers to the right, others to the left. Cells are names from files, too,
/// so each is made one harmless line, and one that is too long loses its middle.
pub fn write_table(out: &mut impl Write, header: &[&str], rows: &[Vec<String>]) -> io::Result<()> {
    let cells = |row: &[String]| row.iter().map(|cell| cut(&one_line(cell), WIDEST)).collect::<Vec<_>>();
    let header = cells(&header.iter().map(|&name| name.to_owned()).collect::<Vec<_>>());
    let rows: Vec<Vec<String>> = rows.iter().map(|row| cells(row)).collect();
    let numeric = |cell: &String| cell == "-" || cell.replace(',', "").parse::<f64>().is_ok();
    let columns: Vec<(usize, bool)> = (0..header.len())
        .map(|column| {
            let cells = || rows.iter().filter_map(|row| row.get(column));
            let width =
                cells().map(|cell| cell.chars().count()).chain([header[column].chars().count()]).max();
            (width.unwrap_or(0), cells().all(numeric))
        })
        .collect();
    let mut line = |cells: &[String]| {
        let padded = cells.iter().zip(&columns).map(|(cell, &(width, right))| {
            if right { format!("{cell:>width$}") } else { format!("{cell:<width$}") }
        });
        writeln!(out, "{}", padded.collect::<Vec<_>>().join("  ").trim_end())
    };
    line(&header)?;
    rows.iter().try_for_each(|row| line(row))
}

/// Writes one line of CSV.
pub fn write_csv_row(out: &mut Data<'_>, cells: &[String]) -> io::Result<()> {
    writeln!(out, "{}", csv_row(cells))
}

/// Cells are numbers and names; a name is as it is, quoted if it has a comma, a quote or what does not print.
pub fn csv_row(cells: &[String]) -> String {
    let quote = |cell: &String| {
        if cell.contains(|letter: char| matches!(letter, '"' | ',') || letter.is_control()) {
            format!("\"{}\"", cell.replace('"', "\"\""))
        } else {
            cell.clone()
        }
    };
    cells.iter().map(quote).collect::<Vec<_>>().join(",")
}

/// Writes a JSON object.
pub fn write_json(out: &mut Talk, value: &impl Serialize) -> Result<()> {
    let mut out = out.data();
    serde_json::to_writer_pretty(&mut out, value)?;
    Ok(writeln!(out)?)
}

/// An error and its causes on one harmless line.
pub fn chain(error: &anyhow::Error) -> String {
    let mut text = String::new();
    for cause in error.chain() {
        let cause = cause.to_string();
        // Some errors repeat their cause in their own words.
        if !text.contains(&cause) {
            text.push_str(if text.is_empty() { "" } else { ": " });
            text.push_str(&cause);
        }
    }
    one_line(&text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_keep_their_significant_digits() {
        let texts = [0.0, 1.0, 0.12345, 12345.6, 0.000_190_735, 99.996].map(|x| significant(x, 4));
        assert_eq!(texts, ["0", "1", "0.1235", "12346", "0.0001907", "100"]);
        assert_eq!([0, 999, 1000, 1_048_576].map(grouped), ["0", "999", "1,000", "1,048,576"]);
        let tiny = [1e-6, 9.4e-7, -3.0e-12, 1.23456e-20].map(|x| significant(x, 3));
        assert_eq!(tiny, ["0.000001", "9.4e-7", "-3e-12", "1.23e-20"]);
    }

    fn table(header: &[&str], rows: &[Vec<String>]) -> String {
        let mut out = Vec::new();
        write_table(&mut out, header, rows).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn small_probabilities_keep_their_order_of_magnitude() {
        assert_eq!([1.0, 0.04217, 0.0009, 1e-300].map(p_value), ["1", "0.0422", "9.0e-4", "1.0e-300"]);
        assert_eq!([0.0, -0.0, 1e-310].map(p_value), ["< 1e-300"; 3]);
    }

    #[test]
    fn tables_align_and_csv_quotes() {
        let rows = [vec!["a".into(), "1,000".into()], vec!["bb→".into(), "-".into()]];
        assert_eq!(table(&["name", "n"], &rows), "name      n\na     1,000\nbb→       -\n");
        assert_eq!(csv_row(&["a,\"b".into(), "1".into()]), "\"a,\"\"b\",1");
        assert_eq!(csv_row(&["a\x1b\nb".into(), "c d".into()]), "\"a\x1b\nb\",c d");
    }

    #[test]
    fn no_name_is_too_long_or_too_strange_for_a_table() {
        let rows = [vec!["x".repeat(70_000), "1".into()], vec!["a\nb\x1b[2J".into(), "2".into()]];
        let text = table(&["name\t", "n"], &rows);
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len(), 3);
        assert!(lines.iter().all(|line| line.chars().count() == WIDEST + 3), "{text}");
        assert!(lines[1].contains("x…x") && lines[2].starts_with(r"a\nb\u{1b}[2J "), "{text}");
    }
}
