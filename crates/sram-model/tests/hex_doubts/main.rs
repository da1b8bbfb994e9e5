//! Dumps that look right and are not: of all of them the true cells, or a refusal that says why. Nothing is imported in silence.

mod columns;
mod copies;
mod folders;
mod names;
mod widths;

use std::fmt::Write;

use sram_model::Content;
use sram_model::import::hex::{HexOptions, HexReport, import_hex};

/// The cells that fail at 0.55 V; the first three of them fail at 0.60 V, too.
const FAULTS: usize = 40;

fn mixed(number: usize) -> usize {
    let mut x = (number as u64).wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    (x ^ (x >> 29)) as usize & 0xff_ffff
}

/// A memory of words in which so many cells fail, of ones.
fn memory(words: usize, bits: usize, faults: usize) -> Vec<u128> {
    let mut memory = vec![u128::MAX >> (128 - bits); words];
    let mut left = faults;
    for number in 0.. {
        let (word, bit) = (mixed(2 * number) % words, mixed(2 * number + 1) % bits);
        if left == 0 {
            break;
        }
        left -= (memory[word] >> bit & 1) as usize;
        memory[word] &= !(1 << bit);
    }
    memory
}

fn options(word_bits: u32) -> HexOptions {
    HexOptions { word_bits, ..HexOptions::default() }
}

/// The faulty cells of each voltage, or what was said.
fn import_files(files: &[(&str, String)], options: &HexOptions) -> Result<(Vec<usize>, HexReport), String> {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    let (draft, report) = import_hex(folder.path(), options).map_err(|error| error.to_string())?;
    let Content::Measured(levels) = draft.content else { panic!("measured") };
    Ok((levels.iter().map(|(_, faults)| faults.len()).collect(), report))
}

/// Imports two dumps of a memory.
fn import(
    words: usize,
    bits: usize,
    text: impl Fn(&[u128]) -> String,
    options: &HexOptions,
) -> Result<Vec<usize>, String> {
    let dump = |faults| text(&memory(words, bits, faults));
    let files = [("sram-0.60V.txt", dump(3)), ("sram-0.55V.txt", dump(FAULTS))];
    import_files(&files, options).map(|(counts, _)| counts)
}

fn lines(words: &[u128], digits: usize, each: usize, line: impl Fn(usize, &str) -> String) -> String {
    let mut text = String::new();
    for (number, words) in words.chunks(each).enumerate() {
        let words: Vec<String> = words.iter().map(|word| format!("{word:0digits$x}")).collect();
        writeln!(text, "{}", line(number, &words.join(" "))).unwrap();
    }
    text
}

fn plain(words: &[u128]) -> String {
    lines(words, 4, 8, |_, words| words.to_owned())
}
