//! What reports say of reads of a memory.

use std::io::{self, Write};

use nn_bridge::memory::{LinesRead, Memory, Outcomes, Read, RegionRead};
use serde::{Deserialize, Serialize};

use super::report::MemoryReport;
use crate::output::{grouped, percent};

/// What happened in a read, all regions together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ReadReport {
    /// Cells of the memory that are faulty, check bits among them.
    pub faults_hit: u64,
    /// Cells that read wrong, check bits among them, before anything is corrected.
    pub raw_bit_errors: u64,
    /// Words of codes with a wrong bit, by what became of them.
    pub words: Outcomes,
    /// Bits that a detector flagged.
    pub flagged_bits: u64,
    /// Words that were read again.
    pub reread_words: u64,
    /// Words of cells that are not used, in one copy of each region.
    pub disabled_words: u64,
    /// Words that are stored inverted.
    pub inverted_words: u64,
    /// Words that come from a small memory that does not fail.
    pub patched_words: u64,
    /// Lines of 64 bytes whose faults are found by reads (Killi); none without such regions.
    pub lines: Option<LinesRead>,
}

impl ReadReport {
    /// What CSV rows of reads hold; lines of Killi are empty without such regions.
    pub const COLUMNS: [&str; 17] = [
        "faults_hit",
        "raw_bit_errors",
        "corrected_words",
        "detected_words",
        "miscorrected_words",
        "undetected_words",
        "reread_words",
        "flagged_bits",
        "disabled_words",
        "inverted_words",
        "patched_words",
        "clean_lines",
        "one_fault_lines",
        "disabled_lines",
        "unknown_lines",
        "missed_lines",
        "silent_lines",
    ];

    /// A row of CSV, under [`COLUMNS`](Self::COLUMNS).
    pub fn row(&self) -> [String; 17] {
        let Self { words, lines, .. } = self;
        let of_lines = |of: fn(&LinesRead) -> u64| lines.as_ref().map(of);
        let always = [
            self.faults_hit,
            self.raw_bit_errors,
            words.corrected,
            words.detected,
            words.miscorrected,
            words.undetected,
            self.reread_words,
            self.flagged_bits,
            self.disabled_words,
            self.inverted_words,
            self.patched_words,
        ];
        let of_killi = [
            of_lines(|lines| lines.states.clean),
            of_lines(|lines| lines.states.one_fault),
            of_lines(|lines| lines.states.disabled),
            of_lines(|lines| lines.states.unknown),
            of_lines(|lines| lines.misses.all()),
            of_lines(|lines| lines.silent),
        ];
        let mut numbers = always.into_iter().map(Some).chain(of_killi);
        std::array::from_fn(|_| {
            numbers.next().flatten().map_or_else(String::new, |number| number.to_string())
        })
    }

    pub fn of(read: &Read) -> Self {
        let sum = |of: fn(&RegionRead) -> u64| read.regions.iter().map(of).sum();
        Self {
            faults_hit: read.faults(),
            raw_bit_errors: read.raw_bit_errors(),
            words: read.words(),
            flagged_bits: sum(|region| region.flagged_bits),
            reread_words: sum(|region| region.reread_words),
            disabled_words: sum(|region| region.disabled_words),
            inverted_words: sum(|region| region.inverted_words),
            patched_words: sum(|region| region.patched_words),
            lines: lines(read),
        }
    }

    /// A line about codes if there are some.
    pub fn write_text(&self, head: &str, memory: &MemoryReport, out: &mut impl Write) -> io::Result<()> {
        let Self { words, .. } = self;
        if memory.has_codes() {
            writeln!(
                out,
                "{head}{} with a wrong bit: {} corrected, {} detected, {} miscorrected, {} undetected",
                grouped(words.all()),
                grouped(words.corrected),
                grouped(words.detected),
                grouped(words.miscorrected),
                grouped(words.undetected)
            )?;
        }
        if self.flagged_bits > 0 {
            writeln!(out, "{head}{} bits flagged by a detector", grouped(self.flagged_bits))?;
        }
        if let Some(LinesRead { states, misses, silent }) = self.lines {
            writeln!(
                out,
                "{head}lines of 64 bytes: {} clean, {} with one fault, {} not used, {} unknown; capacity {} %; {} misses \
                 ({} not used, {} found, {} detected, {} evicted), {} silent",
                grouped(states.clean),
                grouped(states.one_fault),
                grouped(states.disabled),
                grouped(states.unknown),
                percent(states.capacity()),
                grouped(misses.all()),
                grouped(misses.disabled),
                grouped(misses.found),
                grouped(misses.detected),
                grouped(misses.evicted),
                grouped(silent)
            )?;
        }
        for (words, what) in [
            (self.disabled_words, "words of cells not used, for their faulty cells"),
            (self.inverted_words, "words stored inverted"),
            (self.patched_words, "words from a small memory that does not fail"),
        ] {
            if words > 0 {
                writeln!(out, "{head}{} {what}", grouped(words))?;
            }
        }
        if self.reread_words > 0 {
            writeln!(
                out,
                "{head}{} words read again, from memory that does not fail",
                grouped(self.reread_words)
            )?;
        }
        Ok(())
    }
}

/// The lines of all regions that have some.
fn lines(read: &Read) -> Option<LinesRead> {
    let add = |mut all: LinesRead, one: LinesRead| {
        all.states += one.states;
        all.misses += one.misses;
        all.silent += one.silent;
        all
    };
    read.regions.iter().filter_map(|region| region.lines).reduce(add)
}

/// Cells of the words that were read again.
pub fn reread_cells(memory: &Memory, read: &Read) -> u64 {
    let regions = memory.regions().iter().zip(&read.regions);
    regions.map(|(region, read)| region.word_cells() * read.reread_words).sum()
}
