//! Word codes against words: what a test compares with is made bit by bit, by the definitions.

mod einsim;
mod laws;
mod matrix;
mod named;
mod statistics;

use std::collections::HashMap;

use super::{CodeBit, Outcome, WordCode};

/// Codes of all kinds, of words that are whole bytes, that are not, and of the shortest and longest.
const NAMES: [&str; 24] = [
    "parity:1",
    "parity:8",
    "parity:64",
    "parity:512",
    "hamming:1",
    "hamming:4",
    "hamming:8",
    "hamming:57",
    "hamming:64",
    "hamming:512",
    "secded:1",
    "secded:8",
    "secded:16",
    "secded:32",
    "secded:57",
    "secded:64",
    "secded:128",
    "secded:512",
    "dected:1",
    "dected:8",
    "dected:16",
    "dected:64",
    "dected:128",
    "dected:512",
];

fn named(name: &str) -> WordCode {
    WordCode::named(name).unwrap()
}

/// The code bits of a word.
fn word(code: &WordCode, data: &[u64]) -> Vec<bool> {
    let checks = code.encode(data);
    let bit = |at| match code.held(at).unwrap() {
        CodeBit::Data(bit) => data[bit as usize / 64] >> (bit % 64) & 1 == 1,
        CodeBit::Check(bit) => checks >> bit & 1 == 1,
    };
    (0..code.code_bits()).map(bit).collect()
}

/// H times a word.
fn syndrome(code: &WordCode, word: &[bool]) -> u32 {
    let row = |row: u32| {
        let ones =
            code.columns().iter().zip(word).filter(|&(column, &bit)| bit && column >> row & 1 == 1).count();
        (ones as u32 % 2) << row
    };
    (0..code.check_bits()).map(row).sum()
}

/// What becomes of all words with `errors` (1 to 3) wrong bits.
fn outcomes(code: &WordCode, errors: usize) -> HashMap<Outcome, u64> {
    let mut outcomes = HashMap::new();
    let mut wrong = Vec::with_capacity(8);
    let mut decode = |bits: &[u32]| {
        wrong.clear();
        wrong.extend(bits);
        let outcome = code.residual(&mut wrong);
        check_residual(code, outcome, bits, &wrong);
        *outcomes.entry(outcome).or_default() += 1;
    };
    let n = code.code_bits();
    for a in 0..n {
        match errors {
            1 => decode(&[a]),
            2 => (a + 1..n).for_each(|b| decode(&[a, b])),
            _ => (a + 1..n).for_each(|b| (b + 1..n).for_each(|c| decode(&[a, b, c]))),
        }
    }
    outcomes
}

/// What is left is what the outcome says of it.
fn check_residual(code: &WordCode, outcome: Outcome, before: &[u32], after: &[u32]) {
    let is_data = |&at: &u32| matches!(code.held(at), Some(CodeBit::Data(_)));
    let is_wrong_codeword = || code.syndrome(after) == 0 && after.iter().any(is_data);
    assert!(after.is_sorted_by(|a, b| a < b), "{code}: {before:?} became {after:?}");
    let fits = match outcome {
        Outcome::Clean => before.is_empty() && after.is_empty(),
        Outcome::Corrected => !before.is_empty() && after.is_empty(),
        Outcome::Detected => after == before && code.syndrome(before) != 0,
        Outcome::Undetected => after == before && is_wrong_codeword(),
        Outcome::Miscorrected => after != before && is_wrong_codeword(),
    };
    assert!(fits, "{code}: {before:?} became {after:?}, {outcome:?}");
}
