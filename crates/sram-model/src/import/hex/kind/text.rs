//! Text of words in hex or binary digits: all that is of no other kind.

use super::super::super::{ImportError, ImportErrorKind, Place, UTF8_MARK, check_text, text};
use super::super::address::Follower;
use super::super::collector::{Collector, Keeping};
use super::super::lines::{Line, Lines};
use super::super::reading::{Form, Reading};
use super::super::survey::{Survey, items_of};
use super::super::token::{At, Token};
use super::super::{ByteOrder, Radix};
use super::{Found, Kind, Source};

pub(super) struct Text;

/// What text of digits is called.
pub(in crate::import::hex) const HEX: &str = "hex";
pub(in crate::import::hex) const BINARY: &str = "binary";

impl Kind for Text {
    fn is(&self, _: &Source<'_>) -> bool {
        true
    }

    fn name(&self, source: &Source<'_>) -> &'static str {
        match source.options.radix {
            Radix::Hex => HEX,
            Radix::Binary => BINARY,
        }
    }

    fn read<'a>(&self, source: &Source<'a>) -> Result<Found<'a>, ImportError> {
        let Source { path, bytes, stored, options, keeping } = *source;
        check_text(path, bytes, EXPECTED)?;
        let start = if text(path, bytes)?.len() == bytes.len() { 0 } else { UTF8_MARK.len() };
        let survey = Survey::of(path, bytes, start, options)?;
        let reading = Reading::decide(path, &survey, options)?;
        let clean = stored.clean(reading.addresses_of_words(options), options);
        // Lines that are repeated are copied from what was kept.
        let keeping = if survey.repeats.is_some() { Keeping::All } else { keeping };
        let mut words = Words::new(source, reading, Collector::new(path, options, clean, keeping));
        words.read(Lines::new(path, bytes, start))?;
        words.check_whole(bytes.len())?;
        Ok(Found {
            reading: reading.to_string(),
            missing: None,
            base: reading.addresses.map(|(_, base)| base),
            line_words: words.of_line.filter(|&words| words > 1),
            packed: reading.form == Form::Packed,
            words: words.collector,
        })
    }
}

/// What a file that is of no other kind should be.
pub(in crate::import::hex) const EXPECTED: &str =
    "text in ASCII or UTF-8; or --raw, if these are the bytes of the memory";

/// The most faulty bits that the lines `*` of a dump may stand for: memory goes with the file, not with what it claims.
const MAX_REPEATED: u64 = 1 << 20;

/// Words in the making.
struct Words<'a> {
    source: Source<'a>,
    reading: Reading,
    collector: Collector<'a>,
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
    fn new(source: &Source<'a>, reading: Reading, collector: Collector<'a>) -> Self {
        let parts_of_word = match reading.form {
            Form::Bytes(_) => source.options.word_bytes(),
            Form::Words | Form::Packed => reading.word_digits as u32,
        };
        let (value, parts) = (0, 0);
        let (items, repeated, of_line, ended) = (0, 0, None, false);
        Self {
            source: *source,
            reading,
            collector,
            value,
            parts,
            parts_of_word,
            items,
            repeated,
            of_line,
            ended,
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
            let start = (self.collector.count, self.collector.faulty.len(), self.items, self.parts);
            tokens.iter().try_for_each(|&token| self.add(token))?;
            self.end_line(self.collector.count - start.0);
            last = Last {
                words: self.collector.count - start.0,
                faulty: start.1..self.collector.faulty.len(),
                items: self.items - start.2,
                whole: start.3 == 0 && self.parts == 0,
            };
        }
        match repeats {
            Some(number) => {
                let expected = "an address after it, which says for how many lines it stands";
                Err(self.source.wrong(ImportErrorKind::Form, Place::Line(number), "`*` at the end", expected))
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
        self.items += items_of(token, self.source.options.byte_order);
        let mut digits = token.digits();
        match self.reading.form {
            Form::Words | Form::Packed => {
                let bits = self.source.options.radix.digit_bits();
                digits.try_for_each(|digit| {
                    if digit >> bits != 0 {
                        return Err(self.no_digit(token));
                    }
                    self.part(self.value << bits | u128::from(digit), token.at)
                })
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
        (self.value, self.parts) = (0, 0);
        self.collector.add(value, at.place())
    }

    /// A token with other digits than those of the words.
    fn no_digit(&self, token: Token<'_>) -> ImportError {
        let expected = "binary digits, 0 and 1 and `_` between them (--radix 2), without 0b";
        self.source.wrong(ImportErrorKind::Form, token.at.place(), format!("`{}`", token.shown()), expected)
    }

    /// Adds the words of the last line again, for this number of items.
    fn repeat(&mut self, last: &Last, items: u64, line: u64) -> Result<(), ImportError> {
        if self.collector.clean.repeats_after().is_none_or(|words| !last.words.is_multiple_of(words)) {
            let expected = "all lines, of which each may hold something else: write the dump without it (`hexdump -v`, `od -v`)";
            return Err(self.source.wrong(
                ImportErrorKind::Form,
                Place::Line(line),
                "`*`, for repeated lines",
                expected,
            ));
        }
        let times = items.checked_div(last.items).unwrap_or(0);
        let of_line: Vec<(u64, u128)> = self.collector.faulty[last.faulty.clone()].to_vec();
        let bits: u64 = of_line.iter().map(|(_, bits)| u64::from(bits.count_ones())).sum();
        let faulty = times.saturating_mul(bits);
        self.repeated = self.repeated.saturating_add(faulty);
        let all = times.saturating_mul(last.words).saturating_add(self.collector.count);
        if !last.whole || self.repeated > MAX_REPEATED || self.collector.is_too_large(all) {
            let found =
                format!("`*`, which stands for {times} lines with {faulty} bits that are not as written");
            let expected =
                format!("lines of whole words, and at most {MAX_REPEATED} such bits in all of a dump");
            return Err(self.source.wrong(ImportErrorKind::Form, Place::Line(line), found, expected));
        }
        for time in 1..=times.min(faulty) {
            let later = |&(word, bits): &(u64, u128)| (word + time * last.words, bits);
            self.collector.faulty.extend(of_line.iter().map(later));
        }
        self.collector.count = all;
        Ok(())
    }

    fn check_whole(&self, len: usize) -> Result<(), ImportError> {
        let place = Place::Byte(len as u64);
        if self.parts > 0 {
            let Self { parts, parts_of_word, .. } = self;
            let found =
                format!("{} words and {parts} of {parts_of_word} parts of one more", self.collector.count);
            let expected = format!("whole words of {} bits", self.source.options.word_bits);
            return Err(self.source.wrong(ImportErrorKind::Incomplete, place, found, expected));
        }
        self.collector.check_whole(place, &self.reading.to_string())
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
