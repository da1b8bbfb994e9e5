//! After the last row: what had no effect, what was assumed, and the faults.

use super::LogOptions;
use super::cells::AddressUnit;
use super::columns::plain;
use super::file::Logs;
use super::report::LogReport;
use super::tally::Levels;
use crate::import::{ImportError, ImportErrorKind, Place};

impl Logs<'_> {
    /// The faults, highest voltage first, and what was read and assumed.
    pub(super) fn finish(self) -> Result<(Levels, LogReport), ImportError> {
        self.check_used()?;
        let once =
            "no fail is listed twice, though cells were read several times: is each line a read that failed?";
        let doubts = self.tally.is_hardly_repeated().then(|| once.to_owned()).into_iter().collect();
        let (assumed, first) = (self.assumed(), self.first);
        let levels = self.tally.levels();
        if levels.is_empty() {
            let expected = "rows of fails; or VOLTAGE=FILE, or a line `# voltages: …`, if nothing failed";
            let kind = ImportErrorKind::Incomplete;
            return Err(ImportError::content(kind, first, Place::File, "no voltage", expected));
        }
        Ok((levels, LogReport { files: self.files, levels: Vec::new(), assumed, doubts }))
    }

    /// Refuses options that had nothing to act on: they were meant for something.
    fn check_used(&self) -> Result<(), ImportError> {
        let wrong = |found: String, expected: &str| {
            Err(ImportError::content(ImportErrorKind::Options, self.first, Place::File, found, expected))
        };
        let LogOptions { ignore, interleave, scramble, address_unit, word_bits, address_radix, .. } =
            self.options;
        if let Some(name) = ignore.iter().find(|name| !self.ignored.contains(&plain(name))) {
            let expected = "the name of a column that is there";
            return wrong(format!("no column `{name}` to pass over"), expected);
        }
        let of_addresses = [
            (*interleave, "--interleave"),
            (!scramble.is_none(), "--scramble"),
            (*address_unit != AddressUnit::Words, "--address-unit"),
            (address_radix.is_some(), "--address-radix"),
            (word_bits.is_some_and(|bits| bits != self.words.geometry.columns()), "--word-bits"),
        ];
        match of_addresses.iter().find(|(is_given, _)| *is_given && !self.has_addresses) {
            Some((_, option)) => wrong(
                format!("{option}, but rows that say bank, row and column"),
                "addresses, for which it is",
            ),
            None => Ok(()),
        }
    }

    /// What was assumed, and what logs of fails cannot say.
    fn assumed(&self) -> Vec<String> {
        let mut notes = if self.has_addresses { self.words.notes() } else { Vec::new() };
        if self.unit.is_none() && self.lacks_unit {
            notes.push("voltages are taken as volts, as nothing says their unit".to_owned());
        }
        if let Some(reads) = self.options.reads {
            notes.push(format!("flip probabilities are shares of {reads} reads"));
        }
        match self.tally.under_several() {
            0 => {}
            1 => notes
                .push("1 fail was seen under several words or patterns written, and counts once".to_owned()),
            count => notes.push(format!(
                "{count} fails were seen under several words or patterns written, and count once each"
            )),
        }
        notes.push("cells that no row lists are taken as good".to_owned());
        match self.tested {
            [true, false] => notes.push(
                "no row is of a stored 1: fails from 1 to 0 were not tested, or none was seen".to_owned(),
            ),
            [false, true] => notes.push(
                "no row is of a stored 0: fails from 0 to 1 were not tested, or none was seen".to_owned(),
            ),
            _ => {}
        }
        notes
    }
}
