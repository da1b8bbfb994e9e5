//! What the lines of a dump look like, before it is decided how to read them.

use std::collections::BTreeMap;
use std::path::Path;

use super::super::ImportError;
use super::address::{Counting, Steps, Tally};
use super::lines::{Line, Lines};
use super::token::Token;
use super::{ByteOrder, HexOptions};

/// Tokens of one length.
#[derive(Clone, Copy, Debug)]
pub(super) struct OfLength<'a> {
    pub(super) count: u64,
    /// The first of them.
    pub(super) first: Token<'a>,
}

/// Tokens by their number of digits.
pub(super) type Lengths<'a> = BTreeMap<usize, OfLength<'a>>;

/// The columns whose steps are followed.
const MOST_COLUMNS: usize = 64;

/// What the lines of a dump look like.
#[derive(Debug)]
pub(super) struct Survey<'a> {
    /// Lines with tokens.
    pub(super) lines: u64,
    /// Those with several.
    pub(super) lines_of_several: u64,
    /// The items (words, or bytes if their order is given) of all tokens, and of those that begin a line.
    pub(super) items: u64,
    pub(super) first_items: u64,
    /// The tokens that begin a line, and the others.
    pub(super) first: Lengths<'a>,
    pub(super) others: Lengths<'a>,
    /// Addresses that say that they are, and the first tokens of lines as if they were.
    pub(super) told: Tally,
    pub(super) told_first: Option<Token<'a>>,
    pub(super) first_column: Tally,
    /// The steps of each column.
    pub(super) columns: Vec<Steps>,
    /// The first line that stands for repetitions, and the first that shows its bytes as characters.
    pub(super) repeats: Option<u64>,
    pub(super) characters: Option<u64>,
}

impl<'a> Survey<'a> {
    pub(super) fn of(
        path: &'a Path,
        bytes: &'a [u8],
        start: usize,
        options: &HexOptions,
    ) -> Result<Self, ImportError> {
        let word_bytes = u64::from(options.word_bytes());
        let countings = || match options.byte_order {
            Some(_) => Counting::of_bytes(word_bytes),
            None => Counting::of_words(word_bytes),
        };
        let mut survey = Self {
            lines: 0,
            lines_of_several: 0,
            items: 0,
            first_items: 0,
            first: Lengths::new(),
            others: Lengths::new(),
            told: Tally::new(countings()),
            told_first: None,
            first_column: Tally::new(countings()),
            columns: Vec::new(),
            repeats: None,
            characters: None,
        };
        let mut lines = Lines::new(path, bytes, start);
        let (mut line, mut repeated, mut items_before) = (Line::default(), None, [0, 0]);
        while lines.next(&mut line)? {
            if line.repeats {
                survey.repeats = survey.repeats.or(Some(line.number));
                repeated = Some(items_before);
            } else {
                items_before = survey.add(&line, repeated.take(), options.byte_order);
            }
        }
        if survey.repeats.is_some() {
            // Words of half bytes are in no such dump.
            let bits = u64::from(options.word_digits() * options.radix.digit_bits());
            let of_word = if bits.is_multiple_of(8) { bits / 8 } else { 0 };
            let of_item = options.byte_order.map_or(of_word, |_| 1);
            survey.told.only_bytes(of_item);
            survey.first_column.only_bytes(of_item);
        }
        Ok(survey)
    }

    /// Adds a line, after repetitions of a line of this number of items, all or but the first. How many this one has, likewise.
    fn add(&mut self, line: &Line<'a>, repeated: Option<[u64; 2]>, order: Option<ByteOrder>) -> [u64; 2] {
        let items_of = |token: &Token<'_>| items_of(*token, order);
        if line.characters && !line.tokens.is_empty() {
            self.characters = self.characters.or(Some(line.number));
        }
        if let Some(address) = line.address {
            self.told_first = self.told_first.or(Some(address));
            self.told.add(address, self.items, repeated.map(|items| items[0]));
        }
        let Some((&first, others)) = line.tokens.split_first() else { return [0, 0] };
        self.first_column.add(first, self.items - self.first_items, repeated.map(|items| items[1]));
        for (column, token) in line.tokens.iter().enumerate().take(MOST_COLUMNS) {
            if column == self.columns.len() {
                self.columns.push(Steps::default());
            }
            self.columns[column].add(*token);
        }
        let add = |lengths: &mut Lengths<'a>, token: Token<'a>| {
            lengths.entry(token.len()).or_insert(OfLength { count: 0, first: token }).count += 1;
        };
        add(&mut self.first, first);
        others.iter().for_each(|&token| add(&mut self.others, token));
        self.lines += 1;
        self.lines_of_several += u64::from(!others.is_empty());
        let all: u64 = line.tokens.iter().map(items_of).sum();
        self.items += all;
        self.first_items += items_of(&first);
        [all, all - items_of(&first)]
    }

    /// The tokens that are words: all, or those that do not begin a line.
    pub(super) fn words(&self, first_column: bool) -> Lengths<'a> {
        let mut words = self.others.clone();
        for (&len, &found) in self.first.iter().filter(|_| !first_column) {
            let of_length = words.entry(len).or_insert(OfLength { count: 0, first: found.first });
            of_length.count += found.count;
            if found.first.at.byte < of_length.first.at.byte {
                of_length.first = found.first;
            }
        }
        words
    }
}

/// The items of a token: itself, or its bytes if words are put together from them.
pub(super) fn items_of(token: Token<'_>, order: Option<ByteOrder>) -> u64 {
    order.map_or(1, |_| token.len() as u64 / 2)
}
