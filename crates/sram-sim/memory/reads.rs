//! What reports say of reads of a memory.

use std::io::{self, Write};

use nn_bridge::memory::{LinesRead, Memory, Read, ReadCounts};
use serde::{Deserialize, Serialize};

use super::PointFaults;
use super::report::{MemoryReport, energy_in_words};
use crate::output::{grouped, percent};

/// What a read of a network's weights gave: the same in the reports of all commands that read them.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ReadReport {
    #[serde(flatten)]
    pub counts: ReadCounts,
    /// Bit errors to expect by bits of weights, before anything is corrected: of random errors their rate, of a chip the mean of
    /// the flip probabilities that apply to what is stored; protected bits never fail.
    pub expected_ber: f64,
    /// Bits of weights that the network sees wrong.
    pub bit_errors: u64,
    /// The same by bits of weights.
    pub realised_ber: f64,
    /// Mean over all weights of the squared change, as decoded.
    pub mean_squared_change: f64,
    /// Energy of all accesses relative to that of the weights' bits at Vmin, with words that are read again.
    pub energy_relative_to_vmin: Option<f64>,
}

impl ReadReport {
    /// `squared_change` is the sum over all weights.
    pub fn of(memory: &Memory, faults: &PointFaults, read: &Read, squared_change: f64) -> Self {
        let bits = memory.layout().len_bits().max(1) as f64;
        Self {
            counts: read.counts(),
            expected_ber: read.expected_bit_errors() / bits,
            bit_errors: read.errors.count(),
            realised_ber: read.errors.count() as f64 / bits,
            mean_squared_change: squared_change / memory.layout().all_weights().max(1) as f64,
            energy_relative_to_vmin: faults.energy(memory, reread_cells(memory, read)),
        }
    }

    /// What cells did, and what became of words if the memory is no plain one.
    pub fn write_text(&self, memory: &MemoryReport, out: &mut impl Write) -> io::Result<()> {
        let Self { counts, energy_relative_to_vmin, .. } = self;
        writeln!(out, "faults hit     {}  cells of the memory that are faulty", grouped(counts.faults_hit))?;
        if !memory.is_plain {
            let raw = grouped(counts.raw_bit_errors);
            writeln!(out, "raw errors     {raw}  cells that read wrong, check bits among them")?;
            write_counts(counts, "words          ", memory, out)?;
            writeln!(out, "energy         {}", energy_in_words(*energy_relative_to_vmin))?;
        }
        Ok(())
    }
}

/// The columns of reads in CSV.
pub const READ_COLUMNS: [&str; 17] = [
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

/// A row of CSV, under [`READ_COLUMNS`]; lines of Killi are empty without such regions.
pub fn read_row(read: &ReadCounts) -> [String; 17] {
    let ReadCounts { words, lines, .. } = read;
    let of_lines = |of: fn(&LinesRead) -> u64| lines.as_ref().map(of);
    let always = [
        read.faults_hit,
        read.raw_bit_errors,
        words.corrected,
        words.detected,
        words.miscorrected,
        words.undetected,
        read.reread_words,
        read.flagged_bits,
        read.disabled_words,
        read.inverted_words,
        read.patched_words,
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
    std::array::from_fn(|_| numbers.next().flatten().map_or_else(String::new, |number| number.to_string()))
}

/// In words, each line after `head`: of codes if there are some, and of what else happened.
fn write_counts(
    read: &ReadCounts,
    head: &str,
    memory: &MemoryReport,
    out: &mut impl Write,
) -> io::Result<()> {
    let words = read.words;
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
    if read.flagged_bits > 0 {
        writeln!(out, "{head}{} bits flagged by a detector", grouped(read.flagged_bits))?;
    }
    if let Some(LinesRead { states, misses, silent }) = read.lines {
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
        (read.disabled_words, "words of cells not used, for their faulty cells"),
        (read.inverted_words, "words stored inverted"),
        (read.patched_words, "words from a small memory that does not fail"),
    ] {
        if words > 0 {
            writeln!(out, "{head}{} {what}", grouped(words))?;
        }
    }
    if read.reread_words > 0 {
        writeln!(
            out,
            "{head}{} words read again, from memory that does not fail",
            grouped(read.reread_words)
        )?;
    }
    Ok(())
}

/// Cells of the words that were read again.
fn reread_cells(memory: &Memory, read: &Read) -> u64 {
    let regions = memory.regions().iter().zip(&read.regions);
    regions.map(|(region, read)| region.word_cells() * read.reread_words).sum()
}
