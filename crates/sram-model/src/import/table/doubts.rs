//! What of a table may be a mistake, though it can be read.

/// What a table of faults holds that may be a mistake.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TableDoubts {
    /// Rows of cells that never fail: they are no faults.
    pub never_failing: u64,
    /// The last line, if it has no end: of a file that was cut short it may have lost digits.
    pub open_line: Option<u64>,
}

impl TableDoubts {
    /// In words, a line each.
    pub fn notes(&self, file: &str) -> Vec<String> {
        let never = match self.never_failing {
            0 => None,
            1 => Some(format!("{file}: 1 row is of a cell that never fails and is left out")),
            count => Some(format!("{file}: {count} rows are of cells that never fail and are left out")),
        };
        let open = self.open_line.map(|line| {
            format!("{file}: line {line}, the last, has no line end: if the file was cut short there, its last number lacks digits")
        });
        never.into_iter().chain(open).collect()
    }
}
