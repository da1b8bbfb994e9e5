//! Decides how the tokens of a dump are read. The rule: a token is a word of the declared width, its digits most significant
//! first; a first column that counts up is an address. What could be read in two ways is refused, and both are named.

use std::fmt;
use std::path::Path;

use super::super::{ImportError, ImportErrorKind, Place};
use super::address::{Break, Counting};
use super::advice::Advice;
use super::survey::{Lengths, Survey};
use super::token::Token;
use super::{ByteOrder, FirstColumn, HexOptions, Radix};

/// How a dump is read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reading {
    pub(super) form: Form,
    /// Whether the first token of each line is an address.
    pub(super) first_column: bool,
    /// How addresses count, if there are any, and the first of them.
    pub(super) addresses: Option<(Counting, u64)>,
    pub(super) word_digits: usize,
    radix: Radix,
}

/// What tokens are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// Words.
    Words,
    /// Digits of words without anything between.
    Packed,
    /// Bytes that are put together to words.
    Bytes(ByteOrder),
}

/// A longer row of digits is no word of a memory: it is many words.
const MOST_ROW_DIGITS: usize = 1024;

impl Reading {
    pub(super) fn decide(
        path: &Path,
        survey: &Survey<'_>,
        options: &HexOptions,
    ) -> Result<Self, ImportError> {
        let decision = Decision { path, survey, options, word_digits: word_digits(survey, options) };
        let first_column = decision.has_first_column()?;
        let form = decision.form(first_column)?;
        let tally = if first_column { &survey.first_column } else { &survey.told };
        let addresses = tally.all().and_then(|all| Some((all.counting, all.base?)));
        let has_addresses = first_column || survey.told_first.is_some();
        if has_addresses && addresses.is_none_or(|(counting, _)| !counting.is_upwards() && tally.pairs > 0) {
            return Err(decision.wrong_addresses(first_column));
        }
        let addresses = addresses.filter(|_| has_addresses);
        if let (Some(line), None) = (survey.repeats, addresses) {
            let expected = "addresses, which say for how many lines it stands";
            return Err(decision.wrong(Place::Line(line), "`*`, for repeated lines", expected));
        }
        let word_digits = decision.word_digits;
        Ok(Self { form, first_column, addresses, word_digits, radix: options.radix })
    }

    /// The address of the first word, and by how much each word moves it; if there are addresses.
    pub(super) fn addresses_of_words(&self, options: &HexOptions) -> Option<(u64, u64)> {
        let items = match self.form {
            Form::Words | Form::Packed => 1,
            Form::Bytes(_) => options.word_bytes().into(),
        };
        self.addresses.map(|(counting, base)| (base, counting.step_of(items)))
    }
}

impl fmt::Display for Reading {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (digits, radix) = (self.word_digits, self.radix);
        match self.form {
            Form::Words => write!(f, "one word of {digits} {radix} digits a token")?,
            Form::Packed => write!(f, "words of {digits} {radix} digits without space between")?,
            Form::Bytes(ByteOrder::Big) => write!(f, "words of bytes, most significant first")?,
            Form::Bytes(ByteOrder::Little) => write!(f, "words of bytes, least significant first")?,
        }
        if let Some((counting, base)) = self.addresses {
            let which = if self.first_column { "the first column" } else { "what `:` or `@` marks" };
            write!(f, "; {which} is an address from {} on, {counting}", counting.show(base))?;
        }
        Ok(())
    }
}

/// Digits of a word: those that its bits need, or, if all tokens have them, those of a larger machine word, as loggers print
/// words of 12 bits by `%04x`. The bits above a word's are 0 then, or it is refused.
fn word_digits(survey: &Survey<'_>, options: &HexOptions) -> usize {
    let needed = options.word_digits() as usize;
    if options.digits.is_some() {
        return needed;
    }
    let words = if survey.others.is_empty() { &survey.first } else { &survey.others };
    let alike = match words.keys().collect::<Vec<_>>()[..] {
        [&digits] => digits,
        _ => needed,
    };
    // Digits of several words are that, or may be.
    let of_machine = [8, 16, 32, 64, 128].contains(&(alike * options.radix.digit_bits() as usize));
    let padded = of_machine && alike > needed && !alike.is_multiple_of(needed);
    if padded && options.byte_order.is_none() && !options.packed { alike } else { needed }
}

struct Decision<'a> {
    path: &'a Path,
    survey: &'a Survey<'a>,
    options: &'a HexOptions,
    /// Digits of a word.
    word_digits: usize,
}

impl Decision<'_> {
    /// Whether the first token of a line is an address.
    fn has_first_column(&self) -> Result<bool, ImportError> {
        let survey = self.survey;
        if let Some(told) = self.options.first_column {
            return Ok(told == FirstColumn::Address);
        }
        self.check_groups()?;
        if survey.told_first.is_some() || survey.lines_of_several == 0 {
            return Ok(false);
        }
        let words = survey.first.keys().all(|digits| self.may_be_words(*digits));
        if let Some(column) = (1..survey.columns.len()).find(|&j| survey.columns[j].counts().is_some()) {
            let found = format!("numbers that count in column {}", column + 1);
            let expected = "words, with addresses in no column but the first; --first-column address, if these words hold their \
                            addresses (--written address) and have them before them, too; or --first-column word, if all are words";
            return Err(self.wrong(Place::File, found, expected));
        }
        let tally = &survey.first_column;
        let follows = tally.all().is_some_and(|all| all.counting.is_upwards());
        match (follows, words) {
            // A few numbers may count by accident, and one alone always does.
            (true, true) if tally.pairs < 3 => self.by_whole_banks(),
            (true, _) => Ok(true),
            (false, true) if !self.nearly_an_address() => Ok(false),
            // What is wrong with the words may explain it, of the first column, too, if it looks like the others.
            (false, _) => {
                let alike = survey.first.keys().all(|digits| survey.others.contains_key(digits));
                let wrong = self.form(!alike || self.nearly_an_address()).err();
                Err(wrong.unwrap_or_else(|| self.wrong_addresses(true)))
            }
        }
    }

    /// Refuses packed digits in groups that are no whole words: what stands in which order is not known.
    fn check_groups(&self) -> Result<(), ImportError> {
        let (survey, options) = (self.survey, self.options);
        if !options.packed || survey.lines_of_several == 0 {
            return Ok(());
        }
        let words = survey.words(false);
        let Some((_, part)) = words.iter().find(|(digits, _)| !digits.is_multiple_of(self.word_digits))
        else {
            return Ok(());
        };
        let bytes = if options.word_bits.is_multiple_of(8)
            && options.digits.is_none()
            && options.radix == Radix::Hex
        {
            "; or, without --packed, --byte-order big, if they are bytes of words, the most significant first, or \
             --byte-order little, if the least"
        } else {
            ""
        };
        let found = format!("`{}`, {} digits, beside others on a line", part.first.shown(), part.first.len());
        let expected = format!(
            "for --packed, between blanks whole words of {} digits: take the blanks between the digits of a word away, and \
             addresses{bytes}",
            self.word_digits
        );
        Err(self.wrong(part.first.at.place(), found, expected))
    }

    /// Whether a first token of so many digits may be a word, or bytes of one as those after it.
    fn may_be_words(&self, digits: usize) -> bool {
        let others = &self.survey.others;
        match self.options.byte_order {
            Some(_) => digits.is_multiple_of(2) && (others.is_empty() || others.contains_key(&digits)),
            None if self.options.packed => digits.is_multiple_of(self.word_digits),
            None => digits == self.word_digits,
        }
    }

    /// Whether the first column counts, though not as it should.
    fn nearly_an_address(&self) -> bool {
        let tally = &self.survey.first_column;
        let most = |agreed: u64| tally.pairs >= 3 && agreed * 4 >= tally.pairs * 3;
        tally.best().is_some_and(|best| most(best.agreed)) || self.survey.columns[0].counts().is_some()
    }

    /// Decides by the one reading that gives whole banks.
    fn by_whole_banks(&self) -> Result<bool, ImportError> {
        let survey = self.survey;
        let bank = match self.options.byte_order {
            Some(_) => u64::from(self.options.rows) * u64::from(self.options.word_bytes()),
            None => self.options.rows.into(),
        };
        let whole = |items: u64| items > 0 && items.is_multiple_of(bank);
        match (whole(survey.items - survey.first_items) || survey.repeats.is_some(), whole(survey.items)) {
            (true, false) => Ok(true),
            (false, _) => Ok(false),
            (true, true) => {
                let found = "a first column that may be addresses or words";
                let expected = "--first-column address or --first-column word, to say which";
                Err(self.wrong(Place::File, found, expected))
            }
        }
    }

    /// What the tokens are that are no addresses.
    fn form(&self, first_column: bool) -> Result<Form, ImportError> {
        let (survey, options) = (self.survey, self.options);
        let words = survey.words(first_column);
        let addresses = first_column || survey.told_first.is_some();
        if let Some(order) = options.byte_order {
            let odd = words.iter().find(|(digits, _)| !digits.is_multiple_of(2));
            return match odd {
                Some((_, found)) => Err(self.wrong_token(found.first, "whole bytes, two digits each")),
                None => Ok(Form::Bytes(order)),
            };
        }
        if options.packed {
            return match survey.told_first {
                Some(address) => Err(self.wrong_token(address, "no addresses in packed digits")),
                None => Ok(Form::Packed),
            };
        }
        if let (Some(line), true) = (survey.characters, self.word_digits > 2) {
            let found = "bytes, which are shown as characters, too";
            let one = match words.keys().collect::<Vec<_>>()[..] {
                [&digits] if (3..=32).contains(&digits) => {
                    format!(
                        "if each {digits} digits are one word: --word-bits {} --byte-order big; ",
                        digits * 4
                    )
                }
                _ => String::new(),
            };
            return Err(self.wrong(Place::Line(line), found, one + &self.advice().byte_orders()));
        }
        let tokens: u64 = words.values().map(|found| found.count).sum();
        let many_words = |digits: &usize| {
            digits.is_multiple_of(self.word_digits) && (*digits > MOST_ROW_DIGITS || tokens == 1)
        };
        let others = words.iter().filter(|(digits, _)| **digits != self.word_digits);
        match others.map(|(_, found)| found.first).min_by_key(|token| token.at.byte) {
            None => Ok(Form::Words),
            Some(_) if !addresses && words.keys().all(many_words) => Ok(Form::Packed),
            Some(token) => Err(self.wrong_length(&words, token, addresses)),
        }
    }

    /// A token that has not the digits of a word: what it may be.
    fn wrong_length(&self, words: &Lengths<'_>, token: Token<'_>, addresses: bool) -> ImportError {
        self.wrong_token(token, self.advice().for_length(token, words.len() == 1, addresses))
    }

    fn advice(&self) -> Advice {
        let digits_told = self.options.digits.is_some();
        let HexOptions { word_bits, radix, .. } = *self.options;
        Advice { word_bits, word_digits: self.word_digits, digits_told, radix }
    }

    /// Addresses that do not agree with the words between them.
    fn wrong_addresses(&self, first_column: bool) -> ImportError {
        let tally = if first_column { &self.survey.first_column } else { &self.survey.told };
        let hint = if first_column { "; or --first-column word, if it is none" } else { "" };
        match tally.best().map(|best| (best.counting.is_upwards(), &best.first_break)) {
            Some((true, Some(Break { at, found, expected: Some(expected) }))) => {
                let expected = format!("the address {expected}, after the words before it{hint}");
                self.wrong(at.place(), format!("the address {found}"), expected)
            }
            Some((false, _)) => {
                let expected = format!("addresses that count up{hint}");
                self.wrong(Place::File, "addresses that do not count up", expected)
            }
            _ => {
                let found = self.survey.first.values().map(|found| found.first).next();
                let expected =
                    format!("addresses that count up with the words, or {} digits", self.word_digits);
                match found {
                    Some(token) => self.wrong_token(token, expected + hint),
                    None => self.wrong(Place::File, "addresses without words", expected),
                }
            }
        }
    }

    fn wrong_token(&self, token: Token<'_>, expected: impl Into<String>) -> ImportError {
        self.wrong(token.at.place(), format!("`{}`, {} digits", token.shown(), token.len()), expected)
    }

    fn wrong(&self, place: Place, found: impl Into<String>, expected: impl Into<String>) -> ImportError {
        ImportError::content(ImportErrorKind::Form, self.path, place, found, expected)
    }
}
