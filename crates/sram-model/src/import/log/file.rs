//! The logs of an import, one after another: what is to be settled before the rows of each are read.

use std::collections::BTreeSet;
use std::path::Path;

use super::LogOptions;
use super::cells::Words;
use super::columns::{Columns, Role};
use super::form::{Form, Location, WordAt};
use super::head::Source;
use super::number::Radix;
use super::report::LogFileReport;
use super::rows::{Rows, Shown};
use super::survey::{survey, voltage_of};
use super::tally::Tally;
use crate::geometry::Geometry;
use crate::import::{ImportError, ImportErrorKind, Place, Table, TableDoubts, file_name};
use crate::voltage::{Voltage, VoltageUnit};

/// The logs of an import.
pub(super) struct Logs<'a> {
    pub(super) first: &'a Path,
    pub(super) unit: Option<VoltageUnit>,
    pub(super) options: &'a LogOptions,
    pub(super) words: Words<'a>,
    pub(super) tally: Tally,
    pub(super) files: Vec<LogFileReport>,
    pub(super) tested: [bool; 2],
    pub(super) has_addresses: bool,
    pub(super) lacks_unit: bool,
    pub(super) ignored: BTreeSet<String>,
}

impl<'a> Logs<'a> {
    pub(super) fn new(
        first: &'a Path,
        geometry: Geometry,
        unit: Option<VoltageUnit>,
        options: &'a LogOptions,
    ) -> Result<Self, ImportError> {
        Ok(Self {
            first,
            unit,
            options,
            words: Words::new(first, geometry, options)?,
            tally: Tally::new(geometry, options.reads),
            files: Vec::new(),
            tested: [false; 2],
            has_addresses: false,
            lacks_unit: false,
            ignored: BTreeSet::new(),
        })
    }

    /// Reads a log whose head lists these voltages.
    pub(super) fn read(&mut self, source: &Source<'_>, listed: &[Voltage]) -> Result<(), ImportError> {
        let (path, options) = (source.path, self.options);
        let table = source.table(options)?;
        let open_line = table.open_line();
        let columns = Columns::find(&table, &options.ignore)?;
        let form = Form::find(&table, &columns)?;
        let location = Location::find(&table, &columns, form, self.words.geometry)?;
        self.check_reads(&table, &columns, form)?;
        let voltage = voltage_of(&table, &columns, source, listed)?;
        self.check_words(path, form, location)?;
        let (word_radix, address_radix) =
            survey(source, table, &columns, (form, location), (&self.words, options))?;
        self.tally.begin(file_name(path));
        listed.iter().chain(&voltage).for_each(|&voltage| self.tally.tested(voltage));
        let mut shown = Shown::default();
        let (tally, unit) = (&mut self.tally, self.unit.unwrap_or(VoltageUnit::Volt));
        let rows = Rows {
            columns: &columns,
            form,
            location,
            words: &self.words,
            word_radix,
            address_radix,
            unit,
            voltage,
            reads: options.reads,
        };
        source.table(options)?.for_each(|row| rows.read(row, &mut shown, tally))?;
        self.lacks_unit |= shown.lacks_unit;
        self.tested = [self.tested[0] | shown.tested[0], self.tested[1] | shown.tested[1]];
        self.ignored.extend(columns.ignored.iter().cloned());
        self.files.push(LogFileReport {
            file: file_name(path),
            form: self.described(form, location, word_radix, address_radix),
            rows: shown.rows,
            passes: shown.passes,
            ignored: columns.ignored,
            doubts: TableDoubts { never_failing: shown.never_failing, open_line },
        });
        Ok(())
    }

    /// Refuses reads that are numbered and counted, and counts of an unknown number of reads.
    fn check_reads(&self, table: &Table<'_>, columns: &Columns, form: Form) -> Result<(), ImportError> {
        let name = |role| columns.at(role).map(|at| columns.name(at));
        let is_counted = matches!(form, Form::Counts { .. } | Form::CountsOfBits { .. });
        if let (Some(pattern), None, Some(_)) = (name(Role::Pattern), name(Role::Run), self.options.reads) {
            return Err(table.wrong_header(&format!(
                "reads of one pattern, or with numbers, where --reads says how many there were, as fails of several patterns would \
                 count as reads: take the rows of one pattern, and pass over `{pattern}` with --ignore"
            )));
        }
        match (name(Role::Run), name(Role::Reads)) {
            (Some(run), _) if form.counts() => Err(table.wrong_header(&format!(
                "rows of one read each, or rows that count reads, not both: pass over `{run}` with --ignore if it means nothing"
            ))),
            (_, Some(reads)) if !is_counted => Err(table.wrong_header(&format!(
                "no number of reads where rows count none: pass over `{reads}` with --ignore, and say it with --reads N"
            ))),
            (_, None) if is_counted && self.options.reads.is_none() => {
                Err(table.wrong_header("a column reads, too; or the number of reads of each cell (--reads N)"))
            }
            _ => Ok(()),
        }
    }

    /// Refuses options that do not fit how rows say where they are.
    fn check_words(&mut self, path: &Path, form: Form, location: Location) -> Result<(), ImportError> {
        let wrong = |found: String, expected: &str| {
            Err(ImportError::content(ImportErrorKind::Options, path, Place::File, found, expected))
        };
        if matches!((form, location), (Form::Words { .. }, Location::Word(_))) {
            self.words.check_width(path)?;
        }
        match location.word() {
            Some(WordAt::Row { .. }) if self.words.word_bits != self.words.geometry.columns() => {
                let found = format!("rows of several words of {} bits", self.words.word_bits);
                return wrong(found, "an address, or the column, which say the word of a row");
            }
            Some(WordAt::Address { bank, .. }) => {
                self.has_addresses = true;
                let words = self.words.count(bank.is_some());
                let of = if bank.is_some() { "banks" } else { "a chip" };
                if let Err(found) = self.options.scramble.check(words) {
                    let expected = "a scramble of as many as there are: a power of two, masks below it, and each bit of an \
                                    address once";
                    return wrong(format!("{of} of {found}"), expected);
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn described(&self, form: Form, location: Location, word_radix: Radix, address_radix: Radix) -> String {
        let bits = self.words.word_bits;
        let what = match (form, location) {
            (Form::Words { .. }, Location::Word(_)) => {
                format!("words of {bits} bits in {word_radix}, written and read")
            }
            _ => form.describe().to_owned(),
        };
        match location.word() {
            Some(WordAt::Address { .. }) => format!("{what}, addresses in {address_radix}"),
            _ => what,
        }
    }
}
