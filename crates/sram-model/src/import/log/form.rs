//! The forms of logs: what their columns say of fails, and where.

use super::columns::{Columns, Role};
use crate::geometry::Geometry;
use crate::import::{ImportError, Table};

/// What a row says of fails, by the places of its columns.
#[derive(Clone, Copy)]
pub(super) enum Form {
    /// What was written, and what was read.
    Words { expected: usize, actual: usize },
    /// The bit at which a cell is stuck.
    Stuck { polarity: usize },
    /// How many reads fail, and in which direction.
    Counts { fails: usize, polarity: usize },
    /// How many reads fail of a stored 0 and of a stored 1.
    CountsOfBits { of_0: Option<usize>, of_1: Option<usize> },
    /// Flip probabilities.
    Probabilities { p01: usize, p10: usize },
}

/// Where a row says that it is, by the places of its columns.
#[derive(Clone, Copy)]
pub(super) enum Location {
    Word(WordAt),
    Bit { word: WordAt, bit: usize },
    Cell { bank: Option<usize>, row: usize, column: usize },
}

/// How a row says which word it is of.
#[derive(Clone, Copy)]
pub(super) enum WordAt {
    /// An address of the chip; with a bank, one of that.
    Address { bank: Option<usize>, address: usize },
    /// A row, which is one word.
    Row { bank: Option<usize>, row: usize },
}

/// The forms, for a table that is in none of them.
pub(super) const FORMS: &str = "expected and actual; or polarity; or fails and polarity; or fails_read0 and fails_read1; or p_0to1 and \
                                p_1to0";

impl Form {
    pub(super) fn find(table: &Table<'_>, columns: &Columns) -> Result<Self, ImportError> {
        let at = |role| columns.at(role);
        let (expected, actual, polarity) = (at(Role::Expected), at(Role::Actual), at(Role::Polarity));
        let (fails, of_0, of_1) = (at(Role::Fails), at(Role::FailsOf0), at(Role::FailsOf1));
        let (p01, p10) = (at(Role::P01), at(Role::P10));
        // The first column of each form that is there.
        let stuck = if fails.is_none() { polarity } else { None };
        let all = [expected.or(actual), stuck, fails, of_0.or(of_1), p01.or(p10)];
        let signs: Vec<&str> = all.into_iter().flatten().map(|at| columns.name(at)).collect();
        if let [one, other, ..] = signs[..] {
            return Err(table.wrong_header(&format!(
                "one form of fails, not both `{one}` and `{other}`: pass over one with --ignore"
            )));
        }
        let lacks = |what: &str| table.wrong_header(&format!("{what}, too"));
        match (expected, actual) {
            (Some(expected), Some(actual)) => return Ok(Self::Words { expected, actual }),
            (Some(_), None) => return Err(lacks("the words that were read (a column called actual)")),
            (None, Some(_)) => return Err(lacks("the words that were written (a column called expected)")),
            (None, None) => {}
        }
        match (fails, polarity, of_0.or(of_1), p01, p10) {
            (Some(fails), Some(polarity), ..) => Ok(Self::Counts { fails, polarity }),
            (Some(_), None, ..) => {
                Err(lacks("the direction of fails (polarity), or fails_read0 and fails_read1 in their place"))
            }
            (None, Some(polarity), ..) => Ok(Self::Stuck { polarity }),
            (None, None, Some(_), ..) => Ok(Self::CountsOfBits { of_0, of_1 }),
            (None, None, None, Some(p01), Some(p10)) => Ok(Self::Probabilities { p01, p10 }),
            (None, None, None, Some(_), None) => Err(lacks("p_1to0")),
            (None, None, None, None, Some(_)) => Err(lacks("p_0to1")),
            (None, None, None, None, None) => {
                Err(table.wrong_header(&format!("columns that say what fails: {FORMS}")))
            }
        }
    }

    /// Whether rows count reads, so that no row is of one of them.
    pub(super) fn counts(self) -> bool {
        matches!(self, Self::Counts { .. } | Self::CountsOfBits { .. } | Self::Probabilities { .. })
    }

    /// What rows are of, in words.
    pub(super) fn describe(self) -> &'static str {
        match self {
            Self::Words { .. } => "bits written and read",
            Self::Stuck { .. } => "stuck cells",
            Self::Counts { .. } | Self::CountsOfBits { .. } => "counts of failing reads",
            Self::Probabilities { .. } => "flip probabilities",
        }
    }
}

impl Location {
    pub(super) fn find(
        table: &Table<'_>,
        columns: &Columns,
        form: Form,
        geometry: Geometry,
    ) -> Result<Self, ImportError> {
        let [address, bank, row, column, bit] =
            [Role::Address, Role::Bank, Role::Row, Role::Column, Role::Bit].map(|role| columns.at(role));
        let wrong = |expected: &str| Err(table.wrong_header(expected));
        if address.is_none() && bank.is_none() && row.is_some() && geometry.banks() > 1 {
            return wrong(&format!("the bank, too, as a chip of {geometry} has several"));
        }
        let found = match (address, row, column, bit) {
            (Some(address), None, None, None) => Self::Word(WordAt::Address { bank, address }),
            (Some(address), None, None, Some(bit)) => {
                Self::Bit { word: WordAt::Address { bank, address }, bit }
            }
            (None, Some(row), None, None) => Self::Word(WordAt::Row { bank, row }),
            (None, Some(row), None, Some(bit)) => Self::Bit { word: WordAt::Row { bank, row }, bit },
            (None, Some(row), Some(column), None) => Self::Cell { bank, row, column },
            (Some(_), ..) => {
                return wrong(
                    "one way to say where, either address (and bit), or bank, row and column: pass over the other \
                              with --ignore",
                );
            }
            _ => return wrong("columns that say where: address (and bit), or bank, row and column"),
        };
        match (form, found) {
            (Form::Words { .. }, _) | (_, Self::Cell { .. } | Self::Bit { .. }) => Ok(found),
            _ => wrong("columns that say which cell of a word: bit beside an address, column beside a row"),
        }
    }

    /// How the word is told.
    pub(super) fn word(self) -> Option<WordAt> {
        match self {
            Self::Word(word) | Self::Bit { word, .. } => Some(word),
            Self::Cell { .. } => None,
        }
    }
}
