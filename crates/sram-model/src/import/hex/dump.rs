//! Reads one dump to the words that differ from what was written.

use std::path::Path;

use super::super::{ImportError, ImportErrorKind, Place, UTF8_MARK, file_name, read, text};
use super::address::Follower;
use super::lines::{Line, Lines};
use super::reading::{Form, Reading};
use super::survey::{Survey, items_of};
use super::token::{At, Token};
use super::{ByteOrder, HexOptions};
use crate::geometry::Geometry;
use crate::profile::InputFile;

/// The faults of one dump.
pub(super) struct Dump {
    pub(super) input: InputFile,
    /// Words of the dump.
    pub(super) words: u64,
    /// Number of each word that differs from what was written, and the bits in which it does.
    pub(super) faulty_words: Vec<(u64, u128)>,
    /// How it was read, in words.
    pub(super) reading: String,
    /// The first address, if there are any.
    pub(super) base: Option<u64>,
    /// Words of a line, if all lines but the last have as many, and several.
    pub(super) line_words: Option<u64>,
    /// Whether words stand without space between.
    pub(super) packed: bool,
}

/// The most faulty bits that the lines `*` of a dump may stand for: memory goes with the file, not with what it claims.
const MAX_REPEATED: u64 = 1 << 20;

/// The lowest `bits` bits of a word, of at least one.
pub(super) fn ones(bits: u32) -> u128 {
    u128::MAX >> (128 - bits)
}

impl Dump {
    pub(super) fn read(path: &Path, options: &HexOptions) -> Result<Self, ImportError> {
        let bytes = read(path)?;
        let start = if text(path, &bytes)?.len() == bytes.len() { 0 } else { UTF8_MARK.len() };
        let survey = Survey::of(path, &bytes, start, options)?;
        let reading = Reading::decide(path, &survey, options)?;
        let mut words = Words::new(path, reading, options);
        words.read(Lines::new(path, &bytes, start))?;
        words.check_whole(bytes.len())?;
        Ok(Self {
            input: InputFile::new(file_name(path), &bytes),
            words: words.count,
            faulty_words: words.faulty,
            reading: reading.to_string(),
            base: reading.addresses.map(|(_, base)| base),
            line_words: words.of_line.filter(|&words| words > 1),
            packed: reading.form == Form::Packed,
        })
    }
}

/// Words in the making.
struct Words<'a> {
    path: &'a Path,
    options: &'a HexOptions,
    reading: Reading,
    clean: u128,
    count: u64,
    faulty: Vec<(u64, u128)>,
    /// The digits or bytes of a word that has more of them, as far as they are known.
    value: u128,
    parts: u32,
    /// Parts of a word: digits, or bytes.
    parts_of_word: u32,
    /// Items that stand in the file, without those that lines `*` stand for.
    items: u64,
    /// Faulty bits that lines `*` stood for.
    repeated: u64,
    /// Words of a line, if all lines so far but the last have as many.
    of_line: Option<u64>,
    /// Whether a line was not as long as those before.
    ended: bool,
}

impl<'a> Words<'a> {
    fn new(path: &'a Path, reading: Reading, options: &'a HexOptions) -> Self {
        let clean = if options.written { ones(options.word_bits) } else { 0 };
        let parts_of_word = match reading.form {
            Form::Bytes(_) => options.word_bits.div_ceil(8),
            Form::Words | Form::Packed => reading.word_digits as u32,
        };
        let (value, parts) = (0, 0);
        Self {
            path,
            options,
            reading,
            clean,
            count: 0,
            faulty: Vec::new(),
            value,
            parts,
            parts_of_word,
            items: 0,
            repeated: 0,
            of_line: None,
            ended: false,
        }
    }

    fn read(&mut self, mut lines: Lines<'_>) -> Result<(), ImportError> {
        let mut follower = self.reading.addresses.map(|(counting, _)| Follower::new(counting));
        let mut line = Line::default();
        let mut last = Last::default();
        let mut repeats = None;
        while lines.next(&mut line)? {
            if line.repeats {
                repeats = Some(line.number);
                continue;
            }
            let (address, tokens) = match line.tokens.split_first() {
                Some((&first, words)) if self.reading.first_column => (Some(first), words),
                _ => (line.address, &line.tokens[..]),
            };
            if let (Some(address), Some(follower)) = (address, &mut follower) {
                let repeated = repeats.map(|_| last.items);
                let items = follower.add(address, self.items, repeated);
                if let Some(number) = repeats.take() {
                    self.repeat(&last, items, number)?;
                }
            }
            let start = (self.count, self.faulty.len(), self.items, self.parts);
            tokens.iter().try_for_each(|&token| self.add(token))?;
            self.end_line(self.count - start.0);
            last = Last {
                words: self.count - start.0,
                faulty: start.1..self.faulty.len(),
                items: self.items - start.2,
                whole: start.3 == 0 && self.parts == 0,
            };
        }
        match repeats {
            Some(number) => {
                let expected = "an address after it, which says for how many lines it stands";
                Err(self.wrong(ImportErrorKind::Form, Place::Line(number), "`*` at the end", expected))
            }
            None => Ok(()),
        }
    }

    /// Follows how many words lines have; a line without any, as of an address alone, says nothing.
    fn end_line(&mut self, words: u64) {
        if words == 0 {
            return;
        }
        let of_all = *self.of_line.get_or_insert(words);
        if self.ended || words > of_all {
            self.of_line = Some(0);
        }
        self.ended = words != of_all;
    }

    fn add(&mut self, token: Token<'_>) -> Result<(), ImportError> {
        self.items += items_of(token, self.options.byte_order);
        let mut digits = token.digits();
        match self.reading.form {
            Form::Words | Form::Packed => {
                digits.try_for_each(|digit| self.part(self.value << 4 | u128::from(digit), token.at))
            }
            Form::Bytes(order) => {
                while let (Some(high), Some(low)) = (digits.next(), digits.next()) {
                    let byte = u128::from(high << 4 | low);
                    let value = match order {
                        ByteOrder::Big => self.value << 8 | byte,
                        ByteOrder::Little => self.value | byte << (8 * self.parts),
                    };
                    self.part(value, token.at)?;
                }
                Ok(())
            }
        }
    }

    /// Takes one digit or byte more of a word.
    fn part(&mut self, value: u128, at: At) -> Result<(), ImportError> {
        self.parts += 1;
        if self.parts < self.parts_of_word {
            self.value = value;
            return Ok(());
        }
        let bits = self.options.word_bits;
        if value & !ones(bits) != 0 {
            let found = format!("the word {value:x}, number {}", self.count);
            return Err(self.wrong(
                ImportErrorKind::Value,
                at.place(),
                found,
                format!("a word of {bits} bits, the bits above them 0"),
            ));
        }
        if value != self.clean {
            self.faulty.push((self.count, value ^ self.clean));
        }
        (self.count, self.value, self.parts) = (self.count + 1, 0, 0);
        Ok(())
    }

    /// Adds the words of the last line again, for this number of items.
    fn repeat(&mut self, last: &Last, items: u64, line: u64) -> Result<(), ImportError> {
        let times = items.checked_div(last.items).unwrap_or(0);
        let of_line: Vec<(u64, u128)> = self.faulty[last.faulty.clone()].to_vec();
        let bits: u64 = of_line.iter().map(|(_, bits)| u64::from(bits.count_ones())).sum();
        let faulty = times.saturating_mul(bits);
        self.repeated = self.repeated.saturating_add(faulty);
        let cells = |words: u64| words.saturating_mul(self.options.word_bits.into());
        let all = times.saturating_mul(last.words).saturating_add(self.count);
        if !last.whole || self.repeated > MAX_REPEATED || cells(all) > Geometry::MAX_CELLS {
            let found =
                format!("`*`, which stands for {times} lines with {faulty} bits that are not as written");
            let expected =
                format!("lines of whole words, and at most {MAX_REPEATED} such bits in all of a dump");
            return Err(self.wrong(ImportErrorKind::Form, Place::Line(line), found, expected));
        }
        for time in 1..=times.min(faulty) {
            let later = |&(word, bits): &(u64, u128)| (word + time * last.words, bits);
            self.faulty.extend(of_line.iter().map(later));
        }
        self.count = all;
        Ok(())
    }

    fn check_whole(&self, len: usize) -> Result<(), ImportError> {
        let HexOptions { rows, word_bits, .. } = *self.options;
        let place = Place::Byte(len as u64);
        if self.parts > 0 {
            let found = format!(
                "{} words and {} of {} parts of one more",
                self.count, self.parts, self.parts_of_word
            );
            return Err(self.wrong(
                ImportErrorKind::Incomplete,
                place,
                found,
                format!("whole words of {word_bits} bits"),
            ));
        }
        if self.count == 0 || !self.count.is_multiple_of(rows.into()) {
            let found = format!("{} words ({})", self.count, self.reading);
            return Err(self.wrong(
                ImportErrorKind::Incomplete,
                place,
                found,
                format!("whole banks of {rows} words of {word_bits} bits"),
            ));
        }
        Ok(())
    }

    fn wrong(
        &self,
        kind: ImportErrorKind,
        place: Place,
        found: impl Into<String>,
        expected: impl Into<String>,
    ) -> ImportError {
        ImportError::content(kind, self.path, place, found, expected)
    }
}

/// The line that was read last.
#[derive(Default)]
struct Last {
    words: u64,
    faulty: std::ops::Range<usize>,
    items: u64,
    /// Whether it begins and ends with a whole word.
    whole: bool,
}
