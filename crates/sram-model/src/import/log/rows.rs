//! The rows of one log: from text to fails of cells.

use super::cells::{Word, Words};
use super::columns::{Columns, Role};
use super::form::{Form, Location, WordAt};
use super::number::Radix;
use super::tally::{Amount, Tally, Visit};
use super::words::{POLARITIES, VERDICTS, direction_of, is_blank, passed};
use crate::fault::Direction;
use crate::geometry::CellAddress;
use crate::import::{ImportError, ImportErrorKind, Row};
use crate::voltage::{Voltage, VoltageUnit};

/// How the rows of a log are read.
pub(super) struct Rows<'a> {
    pub(super) columns: &'a Columns,
    pub(super) form: Form,
    pub(super) location: Location,
    pub(super) words: &'a Words<'a>,
    /// The base of words, and that of addresses.
    pub(super) word_radix: Radix,
    pub(super) address_radix: Radix,
    pub(super) unit: VoltageUnit,
    /// The voltage of all rows, if they have none of their own.
    pub(super) voltage: Option<Voltage>,
    pub(super) reads: Option<u32>,
}

/// What the rows of a log have shown, but for fails.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Shown {
    pub(super) rows: u64,
    /// Rows of tests that passed.
    pub(super) passes: u64,
    /// Rows of cells that never failed in any read.
    pub(super) never_failing: u64,
    /// Whether a voltage has no unit.
    pub(super) lacks_unit: bool,
    /// Whether stored zeros, and stored ones, were tested.
    pub(super) tested: [bool; 2],
}

/// Where a row is.
enum Spot {
    Word(Word),
    Cell(u64),
}

impl Rows<'_> {
    /// Reads a row.
    pub(super) fn read(&self, row: Row<'_>, shown: &mut Shown, tally: &mut Tally) -> Result<(), ImportError> {
        shown.rows += 1;
        let (voltage, is_in_volts) = self.voltage(row)?;
        shown.lacks_unit |= !is_in_volts;
        tally.tested(voltage);
        let run = self.columns.at(Role::Run).map(|run| row.whole(run)).transpose()?;
        if let Some(run) = run {
            tally.run(row, voltage, run)?;
        }
        let spot = self.spot(row)?;
        let passed = self.passed(row)?;
        let fails = match (self.form, &spot) {
            (Form::Words { expected, actual }, spot) => {
                self.differing(row, spot, [expected, actual], shown)?
            }
            (_, &Spot::Cell(cell)) => self.told(row, cell, passed, shown)?,
            // Refused before any row is read: which bit of the word?
            (_, Spot::Word(_)) => Vec::new(),
        };
        let is_count = self.form.counts();
        match passed {
            Some(true) if !fails.is_empty() => {
                let expected = "a pass where words agree, or no read fails";
                return Err(row.wrong(
                    ImportErrorKind::Value,
                    "a row that says pass, but shows a fail",
                    expected,
                ));
            }
            Some(false) if fails.is_empty() => {
                let expected = "a fail where words differ, or a read fails";
                return Err(row.wrong(
                    ImportErrorKind::Value,
                    "a row that says fail, but shows none",
                    expected,
                ));
            }
            None if fails.is_empty() && is_count => shown.never_failing += 1,
            _ => shown.passes += u64::from(fails.is_empty()),
        }
        if let (None, Some((cell, written))) = (run, self.written(row, &spot, &fails)) {
            let pattern = self.columns.at(Role::Pattern).map(|at| tally.pattern(row.text(at)));
            tally.visit(row, voltage, Visit { cell, written, pattern }, !fails.is_empty())?;
        }
        for (cell, direction, share) in fails {
            let amount = share.map_or(Amount::Read { run }, Amount::Share);
            tally.add(row, voltage, (cell, direction), amount)?;
        }
        Ok(())
    }

    /// The first cell of a row's word, and what was written there, where the row is of one read and says that.
    fn written(&self, row: Row<'_>, spot: &Spot, fails: &[Fail]) -> Option<(u64, u128)> {
        let cell = match *spot {
            Spot::Word(word) => self.words.cell(word, 0),
            Spot::Cell(cell) => cell,
        };
        match (self.form, fails) {
            (Form::Words { expected, .. }, _) => Some((cell, self.word_radix.parse(row.text(expected))?)),
            (Form::Stuck { .. }, &[(cell, direction, _)]) => Some((cell, direction.index() as u128)),
            _ => None,
        }
    }

    fn voltage(&self, row: Row<'_>) -> Result<(Voltage, bool), ImportError> {
        match (&self.columns.voltage, self.voltage) {
            (Some(column), _) => column.read(row, self.unit),
            (None, Some(voltage)) => Ok((voltage, false)),
            // Refused before any row is read.
            (None, None) => Err(row.wrong(ImportErrorKind::Incomplete, "no voltage", "one")),
        }
    }

    fn passed(&self, row: Row<'_>) -> Result<Option<bool>, ImportError> {
        let Some(at) = self.columns.at(Role::Result) else { return Ok(None) };
        passed(row.text(at)).map(Some).ok_or_else(|| row.wrong_value(at, VERDICTS))
    }

    fn spot(&self, row: Row<'_>) -> Result<Spot, ImportError> {
        match self.location {
            Location::Word(word) => self.word(row, word).map(Spot::Word),
            Location::Bit { word, bit } => {
                let word = self.word(row, word)?;
                let bits = self.words.word_bits;
                let bit_number: u32 = row.whole(bit)?;
                if bit_number >= bits {
                    return Err(row.wrong_value(bit, &format!("a bit of a word of {bits}, counted from 0")));
                }
                Ok(Spot::Cell(self.words.cell(word, bit_number)))
            }
            Location::Cell { bank, row: row_at, column } => {
                let at = CellAddress {
                    bank: number(row, bank)?,
                    row: row.whole(row_at)?,
                    column: row.whole(column)?,
                };
                let cell = self.words.geometry.cell(at);
                cell.map(Spot::Cell).ok_or_else(|| {
                    let found = format!("bank {} row {} column {}", at.bank, at.row, at.column);
                    row.wrong(ImportErrorKind::OutsideChip, found, self.a_chip("a cell"))
                })
            }
        }
    }

    fn word(&self, row: Row<'_>, word: WordAt) -> Result<Word, ImportError> {
        match word {
            WordAt::Row { bank, row: row_at } => {
                let (bank, number): (u32, u32) = (number(row, bank)?, row.whole(row_at)?);
                self.words.at_row(bank, number).ok_or_else(|| {
                    let found = format!("bank {bank} row {number}");
                    row.wrong(ImportErrorKind::OutsideChip, found, self.a_chip("a row"))
                })
            }
            WordAt::Address { bank, address } => {
                let bank: Option<u32> = bank.map(|bank| row.whole(bank)).transpose()?;
                let banks = self.words.geometry.banks();
                if let Some(bank) = bank.filter(|&bank| bank >= banks) {
                    let found = format!("bank {bank}");
                    return Err(row.wrong(ImportErrorKind::OutsideChip, found, self.a_chip("a bank")));
                }
                let expected = |radix| format!("an address in {radix} (--address-radix)");
                let number = self.address_radix.parse(row.text(address));
                let number = number.ok_or_else(|| row.wrong_value(address, &expected(self.address_radix)))?;
                self.words.at_address(number, bank).map_err(|expected| {
                    let found = format!("address `{}`", row.text(address));
                    row.wrong(ImportErrorKind::OutsideChip, found, expected)
                })
            }
        }
    }

    fn a_chip(&self, what: &str) -> String {
        format!("{what} of a chip of {} (banks x rows x columns)", self.words.geometry)
    }

    /// The bits that were read otherwise than they were written.
    fn differing(
        &self,
        row: Row<'_>,
        spot: &Spot,
        [expected, actual]: [usize; 2],
        shown: &mut Shown,
    ) -> Result<Vec<Fail>, ImportError> {
        let bits = match spot {
            Spot::Word(_) => self.words.word_bits,
            Spot::Cell(_) => 1,
        };
        let most = if bits == 1 { 1 } else { self.words.last_word() };
        let word = |at: usize| {
            let number = self.word_radix.parse(row.text(at)).filter(|&number| number <= most);
            number.ok_or_else(|| {
                let what =
                    if bits == 1 { "a bit, 0 or 1".to_owned() } else { format!("a word of {bits} bits") };
                row.wrong_value(at, &format!("{what}, in {} (--radix)", self.word_radix))
            })
        };
        let (written, read) = (word(expected)?, word(actual)?);
        shown.tested[0] |= written != most;
        shown.tested[1] |= written != 0;
        let differing = written ^ read;
        let fail = |bit: u32| {
            let cell = match *spot {
                Spot::Word(word) => self.words.cell(word, bit),
                Spot::Cell(cell) => cell,
            };
            let is_one = written >> bit & 1 == 1;
            (cell, if is_one { Direction::OneToZero } else { Direction::ZeroToOne }, None)
        };
        Ok((0..bits).filter(|bit| differing >> bit & 1 == 1).map(fail).collect())
    }

    /// The fails that a row tells of its cell.
    fn told(
        &self,
        row: Row<'_>,
        cell: u64,
        passed: Option<bool>,
        shown: &mut Shown,
    ) -> Result<Vec<Fail>, ImportError> {
        let both: [Option<f32>; 2] = match self.form {
            // Told by the bits.
            Form::Words { .. } => return Ok(Vec::new()),
            Form::Stuck { polarity } => {
                if passed == Some(true) && is_blank(row.text(polarity)) {
                    return Ok(Vec::new());
                }
                let direction = self.direction(row, polarity)?;
                shown.tested[direction.index()] = true;
                return Ok(vec![(cell, direction, None)]);
            }
            Form::Counts { fails, polarity } => {
                let share = self.share(row, fails)?;
                if share == 0.0 && is_blank(row.text(polarity)) {
                    return Ok(Vec::new());
                }
                let direction = self.direction(row, polarity)?;
                let mut both = [None; 2];
                if let Some(slot) = both.get_mut(direction.index()) {
                    *slot = Some(share);
                }
                both
            }
            Form::CountsOfBits { of_0, of_1 } => {
                let share = |at: Option<usize>| at.map(|at| self.share(row, at)).transpose();
                [share(of_0)?, share(of_1)?]
            }
            Form::Probabilities { p01, p10 } => {
                [Some(row.probability(p01, self.reads)?), Some(row.probability(p10, self.reads)?)]
            }
        };
        let mut fails = Vec::new();
        for (direction, share) in Direction::ALL.into_iter().zip(both) {
            shown.tested[direction.index()] |= share.is_some();
            fails.extend(share.filter(|&share| share > 0.0).map(|share| (cell, direction, Some(share))));
        }
        Ok(fails)
    }

    fn direction(&self, row: Row<'_>, polarity: usize) -> Result<Direction, ImportError> {
        let found = direction_of(row.text(polarity), self.columns.name(polarity));
        found.ok_or_else(|| row.wrong_value(polarity, POLARITIES))
    }

    /// The share of reads that failed.
    fn share(&self, row: Row<'_>, fails: usize) -> Result<f32, ImportError> {
        let of_row = match self.columns.at(Role::Reads) {
            Some(at) => {
                let reads: u32 = row.whole(at)?;
                if reads == 0 || self.reads.is_some_and(|told| told != reads) {
                    let told =
                        self.reads.map_or(String::new(), |told| format!(", {told} of them by --reads"));
                    return Err(row.wrong_value(at, &format!("the number of reads, at least 1{told}")));
                }
                Some(reads)
            }
            None => self.reads,
        };
        // Without a number of reads the log was refused before.
        row.probability(fails, Some(of_row.unwrap_or(1)))
    }
}

/// A direction of a cell that failed, and the share of reads that did, if the row tells that.
type Fail = (u64, Direction, Option<f32>);

/// A number of a column that may not be there.
fn number(row: Row<'_>, column: Option<usize>) -> Result<u32, ImportError> {
    column.map_or(Ok(0), |column| row.whole(column))
}
