//! What is settled before the rows of a log are read: its voltage, the base of its numbers, and how often cells were read.

use std::collections::BTreeSet;
use std::path::Path;

use super::LogOptions;
use super::cells::Words;
use super::columns::{Columns, Role};
use super::form::{Form, Location, WordAt};
use super::head::Source;
use super::number::{Bases, Radix};
use crate::import::{ImportError, ImportErrorKind, Place, Table};
use crate::voltage::Voltage;

/// The voltage of all rows, or none if they have a column for it.
pub(super) fn voltage_of(
    table: &Table<'_>,
    columns: &Columns,
    source: &Source<'_>,
    listed: &[Voltage],
) -> Result<Option<Voltage>, ImportError> {
    let column = columns.voltage.as_ref().map(|voltage| columns.name(voltage.at));
    let wrong = |found: String, expected: &str| {
        Err(ImportError::content(ImportErrorKind::Options, source.path, Place::File, found, expected))
    };
    match (source.told, column, listed) {
        (Some(told), Some(column), _) => {
            let found = format!("{told} given with the file, and a column `{column}`");
            wrong(found, "one of them: pass over the column with --ignore, or give the file alone")
        }
        (Some(told), None, [_, ..]) => {
            wrong(format!("{told} given with the file, and a line `# voltages: …`"), "one of them")
        }
        (Some(told), None, []) => Ok(Some(told)),
        (None, Some(_), _) => Ok(None),
        (None, None, [only]) => Ok(Some(*only)),
        (None, None, _) => {
            Err(table.wrong_header("a column voltage, too; or the voltage before the file's name: 0.6=FILE"))
        }
    }
}

/// Looks through the rows for the base of words and that of addresses, and for numbers of reads.
pub(super) fn survey(
    source: &Source<'_>,
    table: Table<'_>,
    columns: &Columns,
    (form, location): (Form, Location),
    (chip, options): (&Words<'_>, &LogOptions),
) -> Result<(Radix, Radix), ImportError> {
    let words_at = match form {
        Form::Words { expected, actual } => vec![expected, actual],
        _ => Vec::new(),
    };
    let most = if matches!(location, Location::Word(_)) { chip.last_word() } else { 1 };
    let (address_at, last) = match location.word() {
        Some(WordAt::Address { bank, address }) => (Some(address), chip.last_address(bank.is_some())),
        _ => (None, 0),
    };
    let run_at = columns.at(Role::Run).filter(|_| options.reads.is_none());
    let (mut words, mut addresses) = (Bases::new(most), Bases::new(last));
    let mut runs = BTreeSet::new();
    let mut may_be_header = options.columns.is_some();
    table.for_each(|row| {
        if std::mem::take(&mut may_be_header) && columns.is_header(row) {
            let expected = "rows from the first line on, as columns are named (--columns): leave out the header, or that option";
            return Err(row.wrong(ImportErrorKind::Columns, "a header", expected));
        }
        words_at.iter().for_each(|&at| words.see(row.line(), row.text(at)));
        address_at.iter().for_each(|&at| addresses.see(row.line(), row.text(at)));
        if let Some(run) = run_at {
            runs.insert(row.whole::<u64>(run)?);
        }
        Ok(())
    })?;
    let path = source.path;
    if let Some(run) = run_at {
        return Err(unknown_reads(path, columns.name(run), &runs));
    }
    let word_radix = options.radix.map_or_else(|| words.decide(path, "word", "--radix"), Ok)?;
    let decide = || addresses.decide(path, "address", "--address-radix");
    Ok((word_radix, options.address_radix.map_or_else(decide, Ok)?))
}

/// So many numbers of reads are shown.
const SHOWN: usize = 8;

/// A log of fails does not show how many reads there were.
fn unknown_reads(path: &Path, column: &str, runs: &BTreeSet<u64>) -> ImportError {
    let first: Vec<String> = runs.iter().take(SHOWN).map(ToString::to_string).collect();
    let more = if runs.len() > SHOWN { format!(", …, {} in all", runs.len()) } else { String::new() };
    let found = format!(
        "numbers of reads (`{column}`: {}{more}), but not how many reads there were",
        first.join(", ")
    );
    let reads = runs.len().max(1);
    let expected = format!(
        "it to be said, as a read without a fail leaves no line: --reads N, with --reads {reads} if each read has one; or pass over \
         the column with --ignore {column}"
    );
    ImportError::content(ImportErrorKind::Options, path, Place::File, found, expected)
}
