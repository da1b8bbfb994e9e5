//! A row of a table, and the numbers in it.

use std::path::Path;
use std::str::FromStr;

use crate::import::error::at_line;
use crate::import::{ImportError, ImportErrorKind};
use crate::voltage::Voltage;

/// One row of a table.
#[derive(Clone, Copy)]
pub(crate) struct Row<'a> {
    pub(super) path: &'a Path,
    pub(super) line: u64,
    /// Whether it has no line end: it may be cut short.
    pub(super) is_open: bool,
    pub(super) columns: &'a [String],
    pub(super) record: &'a csv::StringRecord,
}

impl Row<'_> {
    /// The text in a column of the table.
    pub(crate) fn text(&self, column: usize) -> &str {
        self.record.get(column).unwrap_or_default()
    }

    /// The row's line in the file.
    pub(crate) fn line(&self) -> u64 {
        self.line
    }

    /// The name of a column.
    pub(crate) fn name(&self, column: usize) -> &str {
        self.columns.get(column).map_or("", String::as_str)
    }

    /// The whole number in a column.
    pub(crate) fn whole<T: FromStr>(&self, column: usize) -> Result<T, ImportError> {
        let text = self.text(column);
        text.parse().map_err(|_| self.wrong_value(column, "a whole number"))
    }

    /// The voltage in a column.
    pub(crate) fn voltage(&self, column: usize) -> Result<Voltage, ImportError> {
        let units: Option<f64> = self.number(column).and_then(|number| number.parse().ok());
        units.and_then(|units| Voltage::new(units).ok()).ok_or_else(|| {
            let millivolts = units.filter(|units| (100.0..=4194.0).contains(units));
            let hint = millivolts.map_or_else(String::new, |mv| format!(" (in V: {mv} mV are {})", mv / 1e3));
            self.wrong_value(column, &format!("a voltage above 0 and at most {}{hint}", Voltage::MAX))
        })
    }

    /// The probability in a column: a fraction, or, of `reads` reads, the number of those that failed.
    pub(crate) fn probability(&self, column: usize, reads: Option<u32>) -> Result<f32, ImportError> {
        if let Some(reads) = reads {
            let count: Option<u32> = self.text(column).parse().ok();
            return match count.filter(|&count| count <= reads) {
                Some(count) => Ok((f64::from(count) / f64::from(reads)) as f32),
                None => Err(self.wrong_value(column, &format!("a whole number of the {reads} reads"))),
            };
        }
        let p: Option<f32> = self.number(column).and_then(|number| number.parse().ok());
        p.filter(|p| (0.0..=1.0).contains(p)).ok_or_else(|| {
            let hint = match p {
                Some(p) if p > 1.0 => "; divide counts by the number of reads, or give it (--reads)",
                _ => "",
            };
            self.wrong_value(column, &format!("a probability from 0 to 1{hint}"))
        })
    }

    /// Digits of a column as they are parsed, with a decimal point.
    pub(crate) fn decimal_of(&self, digits: &str, column: usize) -> Option<String> {
        decimal(digits).filter(|_| !self.is_cut_short(column))
    }

    /// A number as it is parsed. `1.` is one, as `NumPy` writes it, but at the end of a file it may be one that was cut short.
    fn number(&self, column: usize) -> Option<String> {
        self.decimal_of(self.text(column), column)
    }

    fn is_cut_short(&self, column: usize) -> bool {
        self.is_open && column + 1 == self.columns.len() && self.text(column).ends_with('.')
    }

    /// An error about the value in a column.
    pub(crate) fn wrong_value(&self, column: usize, expected: &str) -> ImportError {
        let hint = if self.is_cut_short(column) || self.text(column).ends_with(',') {
            ", with digits after the decimal point"
        } else {
            ""
        };
        let expected = format!("{expected}{hint}");
        self.wrong(ImportErrorKind::Value, format!("{} `{}`", self.name(column), self.text(column)), expected)
    }

    /// An error about this row.
    pub(crate) fn wrong(
        &self,
        kind: ImportErrorKind,
        found: impl Into<String>,
        expected: impl Into<String>,
    ) -> ImportError {
        at_line(kind, self.path, self.line, found, expected)
    }
}

/// A number with a decimal point for one that may have a comma. Of the numbers here none is a thousand or more, so a comma
/// does not group digits. `None` for a text that has both, or several commas, or no digit after one.
pub(crate) fn decimal(text: &str) -> Option<String> {
    if text.ends_with(',') {
        return None;
    }
    match text.matches(',').count() {
        0 => Some(text.to_owned()),
        1 if !text.contains('.') => Some(text.replace(',', ".")),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::Table;
    use super::*;

    #[test]
    fn a_comma_is_a_decimal_comma_only_where_it_can_be_nothing_else() {
        assert_eq!(decimal("0,58").as_deref(), Some("0.58"));
        assert_eq!((decimal("1.000,5"), decimal("1,000,5")), (None, None));
        assert_eq!((decimal("0,"), decimal(".5").as_deref()), (None, Some(".5")));
    }

    #[test]
    fn a_point_ends_a_number_but_at_the_end_of_a_file_that_may_be_cut_short() {
        let probabilities = |text: &str| {
            let table = Table::new(Path::new("t.csv"), text.as_bytes(), "a,b").unwrap();
            let mut found = Vec::new();
            let read = table.for_each(|row| {
                found.push((row.probability(0, None)?, row.probability(1, None)?));
                Ok(())
            });
            read.map(|()| found).map_err(|error| error.to_string())
        };
        assert_eq!(probabilities("a,b\n0.,1.\n1.,0.5\n"), Ok(vec![(0.0, 1.0), (1.0, 0.5)]));
        assert_eq!(probabilities("a,b\n0.,1.\n1.,0.5"), Ok(vec![(0.0, 1.0), (1.0, 0.5)]));
        let said = probabilities("a,b\n0.,1.\n1.,0.").unwrap_err();
        assert!(
            said.contains("line 3: found b `0.`") && said.contains("digits after the decimal point"),
            "{said}"
        );
    }
}
