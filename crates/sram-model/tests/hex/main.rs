//! Hex dumps in the forms that people have them in: the same cells from all of them, or a refusal.

mod folders;
mod forms;
mod kinds;
mod patterns;
mod powerup;
mod reads;
mod refusals;

use std::fmt::Write;

use sram_model::import::ImportError;
use sram_model::import::hex::{HexOptions, HexReport, import_hex};
use sram_model::{Between, CellFault, Profile, ProfileDraft};

const ROWS: u32 = 8;

fn options(word_bits: u32) -> HexOptions {
    HexOptions { rows: ROWS, word_bits, anyway: true, ..HexOptions::default() }
}

fn import_files(
    files: &[(&str, &[u8])],
    options: &HexOptions,
) -> Result<(ProfileDraft, HexReport), ImportError> {
    let folder = tempfile::tempdir().unwrap();
    for (name, content) in files {
        std::fs::write(folder.path().join(name), content).unwrap();
    }
    import_hex(folder.path(), options)
}

/// The faults of one dump, in the order of their cells.
fn import(text: &str, options: &HexOptions) -> Result<Vec<CellFault>, String> {
    let (draft, _) =
        import_files(&[("chip-0.60.txt", text.as_bytes())], options).map_err(|e| e.to_string())?;
    let profile = Profile::from_bytes(draft.encode().unwrap(), "test").unwrap();
    Ok(profile.at(profile.range().1, Between::NextLower).unwrap().faults().to_vec())
}

/// Cells whose bits are 0, numbered as a dump of these words has them.
fn faulty_cells(words: &[u128], word_bits: u32) -> Vec<u64> {
    let bits = |word: u128| (0..word_bits).filter(move |bit| word >> bit & 1 == 0);
    let cells = words.iter().zip(0u64..);
    cells
        .flat_map(|(&word, i)| bits(word).map(move |bit| i * u64::from(word_bits) + u64::from(bit)))
        .collect()
}

/// Lines of words, each of `each` of them but the last, which may have fewer; `before` is what stands before them.
fn lines(words: &[u128], digits: usize, each: usize, before: impl Fn(usize) -> String) -> String {
    let mut text = String::new();
    for (line, words) in words.chunks(each).enumerate() {
        let words: Vec<String> = words.iter().map(|word| format!("{word:0digits$x}")).collect();
        writeln!(text, "{}{}", before(line * each), words.join(" ")).unwrap();
    }
    text
}

fn counts(text: &str, options: &HexOptions) -> Result<usize, String> {
    import(text, options).map(|faults| faults.len())
}

/// 16 words of 16 bits, of which the sixth has two faulty bits.
fn words() -> Vec<u128> {
    let mut words = vec![0xffff; 16];
    words[5] = 0xfe7f;
    words
}

/// Words of ones over banks, of which some have bits at 0, few of them next to another.
fn weakened(word_bits: u32, banks: usize, weak: &[(usize, u128)]) -> Vec<u128> {
    let ones = u128::MAX >> (128 - word_bits);
    let mut words = vec![ones; banks * ROWS as usize];
    for &(at, bits) in weak {
        let at = at % words.len();
        words[at] &= !(bits & 0x1001_0000_0000_1000_0001_0000_0000_1001);
    }
    words
}
