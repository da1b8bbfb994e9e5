//! What the columns of a log are called: the usual names, and where they stand in a table.
//!
//! A name is compared in small letters, with spaces, hyphens, points and brackets as underscores: `Fail Count` is `fail_count`,
//! and `VDD [mV]` is `vdd_mv`.

use super::voltage::{self, VoltageColumn};
use crate::import::{ImportError, Row, Table};

/// What a column says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    Run,
    Pattern,
    Result,
    Reads,
    Address,
    Bank,
    Row,
    Column,
    Bit,
    Expected,
    Actual,
    Polarity,
    Fails,
    FailsOf0,
    FailsOf1,
    P01,
    P10,
}

/// What columns say, in words, and what they may be called.
const ROLES: [(Role, &str, &[&str]); 17] = [
    (
        Role::Run,
        "the number of a repeated read",
        &["run", "read", "cycle", "pass_number", "run_number", "iteration", "repeat", "loop"],
    ),
    (
        Role::Pattern,
        "the name of the pattern that was written",
        &["background", "data_background", "pattern_name", "test_pattern", "pattern_id"],
    ),
    (
        Role::Result,
        "whether the test passed: pass or fail",
        &["result", "status", "pass_fail", "passfail", "verdict"],
    ),
    (Role::Reads, "of how many reads", &["reads", "n_reads", "number_of_reads", "total_reads"]),
    (Role::Address, "the address of a word", &["address", "addr", "word_address", "fail_address"]),
    (Role::Bank, "the bank", &["bank", "bram", "macro"]),
    (Role::Row, "its row", &["row", "wordline", "wl"]),
    (Role::Column, "its column", &["column", "col", "bitline", "bl"]),
    (Role::Bit, "the bit of a word", &["bit", "bit_number", "bit_index", "dq"]),
    (
        Role::Expected,
        "the word that was written",
        &["expected", "expect", "exp", "content", "pattern", "data", "written", "golden", "expected_data"],
    ),
    (
        Role::Actual,
        "the word that was read",
        &["actual", "act", "observed", "got", "measured", "read_data", "actual_data", "readback"],
    ),
    (
        Role::Polarity,
        "how a cell fails: SA0 or 1->0, SA1 or 0->1",
        &["polarity", "direction", "stuck_at", "stuck", "fault", "fault_type", "fault_model", "type"],
    ),
    (
        Role::Fails,
        "reads that failed",
        &["fails", "fail_count", "failures", "errors", "error_count", "n_fails"],
    ),
    (Role::FailsOf0, "those of a stored 0", &["fails_read0", "fails_read_0", "fails_r0", "fails_0to1"]),
    (Role::FailsOf1, "those of a stored 1", &["fails_read1", "fails_read_1", "fails_r1", "fails_1to0"]),
    (Role::P01, "the probability that a 0 reads as 1", &["p_0to1", "p01", "p_01"]),
    (Role::P10, "the probability that a 1 reads as 0", &["p_1to0", "p10", "p_10"]),
];

/// What is said in columns that are understood, and their names.
pub fn column_names() -> impl Iterator<Item = (&'static str, &'static [&'static str])> {
    let voltage = ("the supply voltage, also with its unit as in vdd_mV", voltage::NAMES);
    std::iter::once(voltage).chain(ROLES.map(|(_, what, names)| (what, names)))
}

/// Where the columns of a log stand.
pub(super) struct Columns {
    found: Vec<(Role, usize)>,
    names: Vec<String>,
    pub(super) voltage: Option<VoltageColumn>,
    /// Names of columns that are not read, as asked.
    pub(super) ignored: Vec<String>,
}

impl Columns {
    /// Finds the columns of a table. One that is not understood is refused, unless it is to be ignored: it may hold a voltage.
    pub(super) fn find(table: &Table<'_>, ignore: &[String]) -> Result<Self, ImportError> {
        let (columns, unknown, voltages) = Self::sort(table, ignore);
        if let Some(name) = unknown.first() {
            return Err(columns.unknown(table, name));
        }
        if let [one, other, ..] = voltages[..] {
            return Err(twice(table, &columns.names, one, other));
        }
        for (index, &(role, at)) in columns.found.iter().enumerate() {
            if let Some(&(_, other)) = columns.found.iter().skip(index + 1).find(|(again, _)| *again == role)
            {
                return Err(twice(table, &columns.names, at, other));
            }
        }
        Ok(columns)
    }

    /// The columns of a table that are understood, whatever else it has.
    pub(super) fn known(table: &Table<'_>) -> Self {
        Self::sort(table, &[]).0
    }

    /// The columns of a table; the names of those that are not understood; and where voltages stand.
    fn sort(table: &Table<'_>, ignore: &[String]) -> (Self, Vec<String>, Vec<usize>) {
        let names: Vec<String> = table.columns().iter().map(|name| plain(name)).collect();
        let ignore: Vec<String> = ignore.iter().map(|name| plain(name)).collect();
        let mut columns = Self { found: Vec::new(), names, voltage: None, ignored: Vec::new() };
        let (mut unknown, mut voltages) = (Vec::new(), Vec::new());
        for (at, name) in columns.names.iter().enumerate() {
            // Without a name it says nothing, as the index of a data frame and what spreadsheets leave.
            if name.is_empty() {
                continue;
            }
            if ignore.contains(name) {
                columns.ignored.push(name.clone());
            } else if let Some(found) = VoltageColumn::of_name(name, at) {
                voltages.push(at);
                columns.voltage = Some(found);
            } else if let Some(role) = role_of(name) {
                columns.found.push((role, at));
            } else {
                unknown.push(name.clone());
            }
        }
        columns.settle_pattern();
        columns.settle_read();
        (columns, unknown, voltages)
    }

    /// Where the column of this role stands.
    pub(super) fn at(&self, role: Role) -> Option<usize> {
        self.found.iter().find(|(found, _)| *found == role).map(|&(_, at)| at)
    }

    /// What a column is called, as it is compared.
    pub(super) fn name(&self, at: usize) -> &str {
        self.names.get(at).map_or("", String::as_str)
    }

    /// Whether a row is a header: names of columns and nothing else.
    pub(super) fn is_header(&self, row: Row<'_>) -> bool {
        let is_name = |name: &str| role_of(name).is_some() || VoltageColumn::of_name(name, 0).is_some();
        let mut names =
            (0..self.names.len()).map(|at| plain(row.text(at))).filter(|name| !name.is_empty()).peekable();
        names.peek().is_some() && names.all(|name| is_name(&name))
    }

    /// `pattern` is a name where another column says the word that was written; else it is that word.
    fn settle_pattern(&mut self) {
        let is_written = |(role, _): &&(Role, usize)| *role == Role::Expected;
        if self.found.iter().filter(is_written).count() < 2 {
            return;
        }
        let names = &self.names;
        let pattern = |(role, at): &&mut (Role, usize)| {
            *role == Role::Expected && names.get(*at).is_some_and(|name| name == "pattern")
        };
        if let Some((role, _)) = self.found.iter_mut().find(pattern) {
            *role = Role::Pattern;
        }
    }

    /// `read` is the word that was read where one that was written stands beside it and no other that was read; else it is the
    /// number of a read.
    fn settle_read(&mut self) {
        if self.at(Role::Expected).is_none() || self.at(Role::Actual).is_some() {
            return;
        }
        let names = &self.names;
        let read = |&&mut (_, at): &&mut (Role, usize)| names.get(at).is_some_and(|name| name == "read");
        if let Some((role, _)) = self.found.iter_mut().find(read) {
            *role = Role::Actual;
        }
    }

    fn unknown(&self, table: &Table<'_>, name: &str) -> ImportError {
        if self.found.is_empty() && name.starts_with(|letter: char| letter.is_ascii_digit()) {
            return table.wrong_header(
                "a header with the names of columns, or --columns voltage,address,expected,actual (with the names of these) for \
                 a file without one",
            );
        }
        table.wrong_header(&format!(
            "columns that are known, which `{name}` is not: rename it (see sram-sim import log --help), or pass over it with \
             --ignore {name}"
        ))
    }
}

fn twice(table: &Table<'_>, names: &[String], one: usize, other: usize) -> ImportError {
    let name = |at: usize| names.get(at).map_or("", String::as_str);
    table.wrong_header(&format!(
        "one column that says a thing, not both `{}` and `{}`: pass over one with --ignore, or rename it",
        name(one),
        name(other)
    ))
}

fn role_of(name: &str) -> Option<Role> {
    ROLES.iter().find(|(.., names)| names.contains(&name)).map(|&(role, ..)| role)
}

/// A name as it is compared.
pub(super) fn plain(name: &str) -> String {
    let letter = |letter: char| match letter {
        ' ' | '-' | '.' | '(' | ')' | '[' | ']' | '/' | '#' => '_',
        other => other.to_ascii_lowercase(),
    };
    let all: String = name.chars().map(letter).collect();
    all.split('_').filter(|part| !part.is_empty()).collect::<Vec<_>>().join("_")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_name_says_one_thing() {
        let mut all: Vec<&str> = column_names().flat_map(|(_, names)| names).copied().collect();
        let count = all.len();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), count);
        assert!(all.iter().all(|name| plain(name) == *name));
        assert!(all.iter().all(|name| role_of(name).is_some() != VoltageColumn::of_name(name, 0).is_some()));
    }

    #[test]
    fn names_are_compared_without_capitals_and_signs() {
        assert_eq!(plain(" VDD [mV]"), "vdd_mv");
        assert_eq!(plain("Fail-Count"), "fail_count");
        assert_eq!(plain("pass/fail"), "pass_fail");
    }
}
